// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent;

import dev.weft.agent.dataplane.Dataplane;
import dev.weft.agent.dataplane.DataplaneException;
import dev.weft.agent.dataplane.DropReason;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Map;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the anti-spoofing filter and the rules of tunnels dropped, by reason: a scrape reads it from
 * the kernel (one dump of a few counters), at most once a second.
 */
final class DropMetrics {
  private static final Logger LOG = LoggerFactory.getLogger(DropMetrics.class);
  private static final long MIN_INTERVAL_NANOS = 1_000_000_000L;

  private final Source source;
  private final LongSupplier nanoTime;
  private Map<DropReason, Long> last = Map.of();
  private long readAtNanos;
  private boolean read;

  /** Where the figures come from: {@link Dataplane#dropped}. */
  interface Source {
    Map<DropReason, Long> dropped() throws DataplaneException;
  }

  /**
   * One that has read nothing yet. A registry holds its meters' objects weakly: to be kept by the
   * caller.
   *
   * @param nanoTime a monotonic clock
   */
  DropMetrics(Source source, LongSupplier nanoTime) {
    this.source = source;
    this.nanoTime = nanoTime;
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

  private synchronized double packets(DropReason reason) {
    long now = nanoTime.getAsLong();
    if (!read || now - readAtNanos >= MIN_INTERVAL_NANOS) {
      read = true;
      readAtNanos = now;
      try {
        last = source.dropped();
      } catch (DataplaneException e) {
        LOG.debug("the metric of dropped packets stays as it was: {}", e.getMessage());
      }
    }
    return last.getOrDefault(reason, 0L);
  }
}
