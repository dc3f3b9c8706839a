// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import static dev.weft.core.pool.PoolSamples.TIMES;
import static dev.weft.core.pool.PoolSamples.allocated;
import static dev.weft.core.pool.PoolSamples.at;
import static dev.weft.core.pool.PoolSamples.block;
import static dev.weft.core.pool.PoolSamples.claimed;
import static dev.weft.core.pool.PoolSamples.deleting;
import static dev.weft.core.pool.PoolSamples.node;
import static dev.weft.core.pool.PoolSamples.pool;
import static dev.weft.core.pool.PoolSamples.remembered;
import static dev.weft.core.pool.PoolSamples.remembering;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.net.Cidr;
import dev.weft.core.node.Machine;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Remembered blocks whose IPAllocation is gone, though nobody saw it released. */
class MissingBlocksTest {
  private static final Pool POOL = pool("default", "10.244.0.0/16", 24, "10.244.0.0/24");
  private static final ClusterNode NODE1 = node("node1", 1);
  private static final ClusterNode NODE2 = node("node2", 2);
  private static final RememberedBlock BLOCK = remembered("10.244.1.0/24", NODE1, "default");

  private static AllocationPlan plan(ClusterState state) {
    return AllocationPlanner.plan(state, TIMES, at(1));
  }

  private static AllocationPlan plan(List<Pool> pools, List<ClusterNode> nodes, Block... blocks) {
    return plan(new ClusterState(pools, nodes, List.of(blocks), List.of(BLOCK), List.of()));
  }

  private static void assertKeeps(AllocationPlan plan, boolean missing) {
    assertThat(plan.missing()).isEqualTo(missing ? Set.of(BLOCK.cidr()) : Set.of());
    assertThat(plan.lost()).isEqualTo(missing ? Set.of() : Set.of(BLOCK.cidr()));
    assertThat(plan.forget()).isEmpty();
  }

  @Test
  void oneOfANodeThatIsThereIsMissingAndKeptFromOthers() {
    AllocationPlan plan = plan(List.of(POOL), List.of(NODE1, NODE2));
    assertKeeps(plan, true);
    assertThat(allocated(plan))
        .isEqualTo(Map.of("10.244.2.0/24", "node1", "10.244.3.0/24", "node2"));
  }

  @Test
  void oneOfANodeThatIsGoneOrAnotherMachineIsLostAndKeptFromOthers() {
    ClusterNode other = node("node1", "new-uid", 50, new Machine("other", "boot"));
    for (ClusterNode there : List.of(NODE2, other)) {
      AllocationPlan plan = plan(List.of(POOL), List.of(there));
      assertKeeps(plan, false);
      assertThat(allocated(plan)).isEqualTo(Map.of("10.244.2.0/24", there.name()));
    }
  }

  @Test
  void oneThatExistsOrIsClaimedIsNeither() {
    for (Block there :
        List.of(
            block("10.244.1.0/24", NODE1, "default"),
            claimed(block("10.244.1.0/24", NODE1, "default")))) {
      AllocationPlan plan = plan(List.of(POOL), List.of(NODE1), there);
      assertThat(plan.missing()).isEmpty();
      assertThat(plan.lost()).isEmpty();
      assertThat(plan.forget()).isEmpty();
    }
  }

  @Test
  void oneIsVoidWhereAnotherBlockOverlapsIt() {
    for (String other : List.of("10.244.0.0/20", "10.244.1.128/25")) {
      AllocationPlan plan =
          plan(List.of(POOL), List.of(NODE1, NODE2), block(other, NODE2, "default"));
      assertThat(plan.forget()).containsExactly(BLOCK.cidr());
      assertThat(plan.missing()).isEmpty();
    }
  }

  @Test
  void oneOfAPoolThatIsGoneOrGoesIsAllocatedToNobodyElseAndNotWaitedFor() {
    Pool renamed = pool("renamed", "10.244.0.0/16", 24, "10.244.0.0/24");
    for (List<Pool> pools : List.of(List.<Pool>of(), List.of(deleting(POOL)), List.of(renamed))) {
      AllocationPlan plan = plan(pools, List.of(NODE1));
      assertThat(plan.missing()).as(pools.toString()).isEmpty();
      assertThat(plan.lost()).as(pools.toString()).isEmpty();
      assertThat(plan.forget()).as(pools.toString()).isEmpty();
    }
    assertThat(allocated(plan(List.of(renamed), List.of(NODE1))))
        .isEqualTo(Map.of("10.244.2.0/24", "node1"));
  }

  @Test
  void oneIsVoidWhereItsRangeIsDividedIntoBlocksOfAnotherSize() {
    AllocationPlan plan =
        plan(remembering(List.of(pool("default", "10.244.1.0/24", 26)), List.of(NODE1), BLOCK));
    assertThat(plan.forget()).containsExactly(BLOCK.cidr());
    assertThat(plan.missing()).isEmpty();
    assertThat(allocated(plan)).isEqualTo(Map.of("10.244.1.0/26", "node1"));
  }

  @Test
  void ofTwoThatOverlapTheFirstByAddressIsKept() {
    AllocationPlan plan =
        plan(
            remembering(
                List.of(POOL),
                List.of(NODE1, NODE2),
                remembered("10.244.1.128/25", NODE2, "x"),
                BLOCK));
    assertKeepsOnly(plan);
  }

  private static void assertKeepsOnly(AllocationPlan plan) {
    assertThat(plan.missing()).containsExactly(BLOCK.cidr());
    assertThat(plan.forget()).containsExactly(Cidr.parse("10.244.1.128/25"));
  }

  @Test
  void aListWithoutAnyNodeMakesNoneALostOne() {
    assertKeeps(plan(List.of(POOL), List.of()), true);
  }
}
