// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import dev.weft.core.pool.AllocationPlan;
import dev.weft.core.pool.PoolReport;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

/** What the operator counts. */
final class ClusterMetrics {
  private final MultiGauge blocks;
  private final AtomicInteger nodes = new AtomicInteger();
  private final AtomicInteger waiting = new AtomicInteger();
  private final AtomicInteger invalid = new AtomicInteger();
  private final Timer passes;
  private final Counter failedPasses;
  private volatile Map<String, PoolReport> pools = Map.of();

  /**
   * @param refused how many writes the API server refuses now
   */
  ClusterMetrics(MeterRegistry registry, Supplier<Number> refused) {
    blocks =
        MultiGauge.builder("weft.pool.blocks")
            .description("Blocks of each pool: total without the reserved ones, allocated, free.")
            .register(registry);
    registry.gauge("weft.nodes", nodes);
    registry.gauge("weft.nodes.waiting", waiting);
    registry.gauge("weft.objects.invalid", invalid);
    Gauge.builder("weft.writes.refused", refused).register(registry);
    passes =
        Timer.builder("weft.allocation.passes")
            .description("Allocation passes over the whole cluster, with their writes.")
            .register(registry);
    failedPasses =
        Counter.builder("weft.allocation.passes.failed")
            .description("Those of them that the API server did not answer, or that broke.")
            .register(registry);
  }

  /**
   * Takes what a pass decided. A pool's gauges stay as long as it does: one that is registered
   * again while the text is written is missing there, or in it twice, and then all of it is
   * refused.
   */
  void show(AllocationPlan plan, int nodeCount) {
    nodes.set(nodeCount);
    waiting.set((int) plan.waiting().stream().map(w -> w.node()).distinct().count());
    pools = plan.pools();
    List<MultiGauge.Row<?>> rows = new ArrayList<>();
    for (String pool : pools.keySet()) {
      rows.add(row(pool, "total", PoolReport::total));
      rows.add(row(pool, "allocated", PoolReport::allocated));
      rows.add(row(pool, "free", PoolReport::free));
    }
    blocks.register(rows, false);
  }

  /** Takes how many Nodes and IPAllocations cannot be read in full. */
  void invalid(int count) {
    invalid.set(count);
  }

  /** Counts a pass. */
  void passDone(long nanos, boolean success) {
    passes.record(nanos, TimeUnit.NANOSECONDS);
    if (!success) {
      failedPasses.increment();
    }
  }

  private MultiGauge.Row<?> row(String pool, String state, ToLongFunction<PoolReport> count) {
    return MultiGauge.Row.of(
        Tags.of("pool", pool, "state", state), this, metrics -> metrics.count(pool, count));
  }

  private long count(String pool, ToLongFunction<PoolReport> count) {
    PoolReport report = pools.get(pool);
    return report == null ? 0 : count.applyAsLong(report);
  }
}
