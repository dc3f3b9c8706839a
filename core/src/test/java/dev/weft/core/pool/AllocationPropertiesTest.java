// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.net.Cidr;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class AllocationPropertiesTest {
  @Property(tries = 150)
  void overAnyHistoryNoAddressIsTwoPodsAndNoBlockInUseIsReleasedAndEveryDrainEnds(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 120) int steps) {
    ClusterSimulation cluster = new ClusterSimulation(seed);
    for (int i = 0; i < steps; i++) {
      cluster.step();
    }
    cluster.assertIdempotent();
    cluster.settle();
    cluster.assertSettled();
  }

  @Property(tries = 20)
  void joiningNodesGetDistinctBlocksWhateverTheirNumber(
      @ForAll @IntRange(min = 1, max = 5_000) int count) {
    AllocationPlan plan =
        AllocationPlanner.plan(
            PoolSamples.state(
                List.of(
                    PoolSamples.pool("four", "10.0.0.0/8", 24),
                    PoolSamples.pool("six", "fd00:244::/48", 64)),
                PoolSamples.nodes(count),
                List.of()),
            PoolSamples.TIMES,
            PoolSamples.at(0));
    Set<Cidr> given = new HashSet<>();
    plan.create().forEach(block -> given.add(block.cidr()));
    assertThat(given).hasSize(2 * count);
    assertThat(plan.waiting()).isEmpty();
  }
}
