// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import dev.weft.core.node.BlockUsage;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.ToIntFunction;

/**
 * What is counted of CNI: {@code weft.cni.request.duration} by verb and result ("ok", a CNI error
 * code, or "client_gone" where it closed its connection before the answer), {@code
 * weft.cni.attachments.in.flight}, and {@code weft.addresses.used} and {@code .free} of each block.
 */
public final class CniMetrics implements MeterBinder {
  private static final Duration[] BUCKETS = {
    Duration.ofMillis(1),
    Duration.ofMillis(2),
    Duration.ofMillis(5),
    Duration.ofMillis(20),
    Duration.ofMillis(100),
    Duration.ofMillis(500),
    Duration.ofSeconds(2),
    Duration.ofSeconds(10)
  };

  /** The result of a call that succeeded. */
  static final String OK = "ok";

  /** The result of a call whose client closed its connection before the answer. */
  static final String CLIENT_GONE = "client_gone";

  private final Attachments attachments;
  private volatile Bound bound;

  /** Metrics of a node's attachments; nothing is counted before they are bound to a registry. */
  public CniMetrics(Attachments attachments) {
    this.attachments = attachments;
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    Gauge.builder("weft.cni.attachments.in.flight", attachments, Attachments::inFlightCount)
        .description("Attachments that an ADD or DEL is working on")
        .register(registry);
    bound =
        new Bound(
            Timer.builder("weft.cni.request.duration")
                .description("CNI calls, from the complete request to the answer")
                .serviceLevelObjectives(BUCKETS)
                .withRegistry(registry),
            MultiGauge.builder("weft.addresses.used")
                .description("Addresses of a block that pods have")
                .register(registry),
            MultiGauge.builder("weft.addresses.free")
                .description("Addresses of a block that no pod has")
                .register(registry));
    for (Verb verb : Verb.values()) {
      bound.calls.withTags("verb", verb.name(), "result", OK);
    }
    blocksChanged();
  }

  /**
   * To be called after the node's blocks changed: each has gauges of its own, which stay as long as
   * it does. By one thread at a time, else a block has them twice.
   */
  public synchronized void blocksChanged() {
    Bound current = bound;
    if (current != null) {
      List<BlockUsage> blocks = attachments.usage();
      current.used.register(rows(blocks, BlockUsage::used), false);
      current.free.register(rows(blocks, BlockUsage::free), false);
    }
  }

  void served(String verb, String result, long nanos) {
    Bound current = bound;
    if (current != null) {
      current.calls.withTags("verb", verb, "result", result).record(nanos, TimeUnit.NANOSECONDS);
    }
  }

  private List<MultiGauge.Row<?>> rows(List<BlockUsage> blocks, ToIntFunction<BlockUsage> value) {
    return blocks.stream()
        .<MultiGauge.Row<?>>map(
            block ->
                MultiGauge.Row.of(
                    Tags.of("block", block.cidr().toString()),
                    attachments,
                    table -> table.usage(block.cidr()).map(value::applyAsInt).orElse(0)))
        .toList();
  }

  private record Bound(Meter.MeterProvider<Timer> calls, MultiGauge used, MultiGauge free) {}
}
