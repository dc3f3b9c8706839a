// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import dev.weft.core.pool.AllocationPlan;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** What the operator counts. */
final class ClusterMetrics {
  private final MultiGauge blocks;
  private final AtomicInteger nodes = new AtomicInteger();
  private final AtomicInteger waiting = new AtomicInteger();
  private final AtomicInteger invalid = new AtomicInteger();
  private final AtomicInteger refused = new AtomicInteger();
  private final Timer rounds;
  private final Counter failedRounds;

  ClusterMetrics(MeterRegistry registry) {
    blocks =
        MultiGauge.builder("weft.pool.blocks")
            .description("Blocks of each pool: total without the reserved ones, allocated, free.")
            .register(registry);
    registry.gauge("weft.nodes", nodes);
    registry.gauge("weft.nodes.waiting", waiting);
    registry.gauge("weft.objects.invalid", invalid);
    registry.gauge("weft.writes.refused", refused);
    rounds =
        Timer.builder("weft.rounds")
            .description("Looks at the whole cluster, with their writes.")
            .register(registry);
    failedRounds =
        Counter.builder("weft.rounds.failed")
            .description("Those of them that the API server did not answer, or that broke.")
            .register(registry);
  }

  /** Takes what a round decided. */
  void show(AllocationPlan plan, int nodeCount) {
    nodes.set(nodeCount);
    waiting.set((int) plan.waiting().stream().map(w -> w.node()).distinct().count());
    List<MultiGauge.Row<?>> rows = new ArrayList<>();
    plan.pools()
        .forEach(
            (pool, report) -> {
              rows.add(row(pool, "total", report.total()));
              rows.add(row(pool, "allocated", report.allocated()));
              rows.add(row(pool, "free", report.free()));
            });
    blocks.register(rows, true);
  }

  /**
   * Takes what went wrong with single objects.
   *
   * @param invalidCount Nodes and IPAllocations that cannot be read whole
   * @param refusedCount writes that the API server refuses
   */
  void show(int invalidCount, int refusedCount) {
    invalid.set(invalidCount);
    refused.set(refusedCount);
  }

  /** Counts a round. */
  void roundDone(long nanos, boolean success) {
    rounds.record(nanos, TimeUnit.NANOSECONDS);
    if (!success) {
      failedRounds.increment();
    }
  }

  private static MultiGauge.Row<?> row(String pool, String state, long value) {
    return MultiGauge.Row.of(Tags.of("pool", pool, "state", state), value);
  }
}
