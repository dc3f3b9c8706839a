// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent;

import dev.weft.agent.dataplane.CachedRead;
import dev.weft.agent.dataplane.Dataplane;
import dev.weft.agent.dataplane.DropReason;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * What the anti-spoofing filter and the rules of tunnels dropped, by reason: a scrape reads it from
 * the kernel (one dump of a few counters), at most once a second.
 */
final class DropMetrics {
  private final CachedRead<Map<DropReason, Long>> dropped;

  /**
   * One that has read nothing yet. A registry holds its meters' objects weakly: to be kept by the
   * caller.
   *
   * @param source where the figures come from: {@link Dataplane#dropped}
   * @param nanoTime a monotonic clock
   */
  DropMetrics(CachedRead.Source<Map<DropReason, Long>> source, LongSupplier nanoTime) {
    dropped = new CachedRead<>("counts of dropped packets", Map.of(), source, nanoTime);
  }

  void bindTo(MeterRegistry registry) {
    for (DropReason reason : DropReason.values()) {
      FunctionCounter.builder(name(reason), this, all -> all.packets(reason))
          .description(
              reason.isOfTunnels()
                  ? "Packets that were no other node's on their way into or out of a tunnel"
                  : "Frames of this node's pods that the anti-spoofing filter dropped")
          .tag("reason", reason.label())
          .register(registry);
    }
  }

  private static String name(DropReason reason) {
    return reason.isOfTunnels() ? "weft.tunnel.dropped.packets" : "weft.antispoof.dropped.packets";
  }

  private double packets(DropReason reason) {
    return dropped.get().getOrDefault(reason, 0L);
  }
}
