// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import static dev.weft.core.pool.PoolSamples.TIMES;
import static dev.weft.core.pool.PoolSamples.allocated;
import static dev.weft.core.pool.PoolSamples.at;
import static dev.weft.core.pool.PoolSamples.block;
import static dev.weft.core.pool.PoolSamples.node;
import static dev.weft.core.pool.PoolSamples.pool;
import static dev.weft.core.pool.PoolSamples.pressed;
import static dev.weft.core.pool.PoolSamples.state;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** IPv4 and IPv6 blocks are needed and allocated apart. */
class AllocationFamiliesTest {
  private static final Pool FOUR = pool("four", "10.244.0.0/16", 24);
  private static final Pool SIX = pool("six", "fd00:244::/48", 64);
  private static final ClusterNode NODE = node("node1", 1);
  private static final Block OF_FOUR = block("10.244.0.0/24", NODE, "four");
  private static final Block OF_SIX = block("fd00:244::/64", NODE, "six");

  private static AllocationPlan plan(Block... blocks) {
    return AllocationPlanner.plan(
        state(List.of(FOUR, SIX), List.of(NODE), List.of(blocks)), TIMES, at(100));
  }

  @Test
  void aNodeWithABlockOfOneFamilyGetsItsFirstOfTheOther() {
    assertThat(allocated(plan(OF_FOUR))).containsOnlyKeys("fd00:244::/64");
    assertThat(allocated(plan(OF_SIX))).containsOnlyKeys("10.244.0.0/24");
  }

  @Test
  void aNodeUnderPressureInOneFamilyGetsAFurtherBlockOfThatOneOnly() {
    assertThat(allocated(plan(pressed(OF_FOUR), OF_SIX))).containsOnlyKeys("10.244.1.0/24");
    assertThat(allocated(plan(OF_FOUR, pressed(OF_SIX)))).containsOnlyKeys("fd00:244:0:1::/64");
    assertThat(plan(OF_FOUR, OF_SIX).create()).isEmpty();
  }

  @Test
  void aNodeGetsNoMoreBlocksOfAPoolThanThatLetsItHaveWhateverItReports() {
    Pool few = PoolSamples.atMost(2, FOUR);
    Block second = block("10.244.1.0/24", NODE, "four");
    assertThat(allocated(plan(few, pressed(OF_FOUR)))).containsOnlyKeys("10.244.1.0/24");
    AllocationPlan plan = plan(few, pressed(OF_FOUR), pressed(second));
    assertThat(plan.create()).isEmpty();
    assertThat(plan.waiting())
        .containsExactly(
            new Waiting(
                "node1",
                "no further IPv4 block for this node: IPPool four: the node has 2 blocks of it, as"
                    + " many as spec.maxBlocksPerNode lets it have"));
    assertThat(plan.pools().get("four").exhausted()).isFalse();
  }

  private static AllocationPlan plan(Pool four, Block... blocks) {
    return AllocationPlanner.plan(
        state(List.of(four), List.of(NODE), List.of(blocks)), TIMES, at(100));
  }
}
