// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.policy;

import dev.weft.agent.dataplane.CachedRead;
import dev.weft.agent.dataplane.policy.PolicyDataplane;
import dev.weft.core.policy.Direction;
import dev.weft.core.policy.PolicyProgram;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;

/**
 * What policies cost and drop on this node. What was dropped is read from the kernel at a scrape,
 * at most once a second. A registry holds its meters' objects weakly: to be kept by the caller.
 */
final class PolicyMetrics {
  private final CachedRead<Map<Direction, Long>> dropped;
  private final Timer lag;
  private final Timer missing;
  private final Counter failures;
  private volatile PolicyProgram program = PolicyProgram.NONE;
  private volatile int closedPods;

  /**
   * Registers the meters.
   *
   * @param watches how many there are
   */
  PolicyMetrics(
      MeterRegistry registry,
      PolicyDataplane dataplane,
      LongSupplier nanoTime,
      IntSupplier watches) {
    dropped =
        new CachedRead<>("counts of what policies dropped", Map.of(), dataplane::dropped, nanoTime);
    for (Direction direction : Direction.values()) {
      FunctionCounter.builder("weft.policy.dropped.packets", this, all -> all.dropped(direction))
          .description(
              "Packets of this node's pods that no network policy accepted: dropped, or in audit"
                  + " mode only counted")
          .tag("direction", direction.toString())
          .register(registry);
    }
    gauge(registry, "groups", "Groups of this node's pods with the same policies", this::groups);
    gauge(registry, "set.elements", "Members of all sets of peers", this::elements);
    gauge(registry, "watches", "Watches of policies and what they name", watches::getAsInt);
    gauge(registry, "closed.pods", "Pods of this node that are closed", () -> closedPods);
    lag =
        Timer.builder("weft.policy.lag")
            .description("From an event of the API server to the kernel")
            .publishPercentiles(0.5, 0.99)
            .register(registry);
    missing =
        Timer.builder("weft.policy.table.missing")
            .description(
                "How long the rules were not as they should be after somebody else changed them")
            .register(registry);
    failures =
        Counter.builder("weft.policy.failures")
            .description("Runs after which the kernel had not all rules that it should")
            .register(registry);
  }

  private static void gauge(
      MeterRegistry registry, String name, String description, LongSupplier value) {
    Gauge.builder("weft.policy." + name, value::getAsLong)
        .description(description)
        .register(registry);
  }

  void lag(long nanos) {
    lag.record(nanos, TimeUnit.NANOSECONDS);
  }

  void repaired(long nanos) {
    missing.record(nanos, TimeUnit.NANOSECONDS);
  }

  void failed() {
    failures.increment();
  }

  void programmed(PolicyProgram now) {
    program = now;
  }

  void closed(int pods) {
    closedPods = pods;
  }

  private long groups() {
    return program.groups().size();
  }

  private long elements() {
    return program.sets().values().stream().mapToLong(set -> set.members().size()).sum();
  }

  private double dropped(Direction direction) {
    return dropped.get().getOrDefault(direction, 0L);
  }
}
