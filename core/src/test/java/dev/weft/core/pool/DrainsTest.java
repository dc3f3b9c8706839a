// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import static dev.weft.core.pool.PoolSamples.TIMES;
import static dev.weft.core.pool.PoolSamples.allocated;
import static dev.weft.core.pool.PoolSamples.at;
import static dev.weft.core.pool.PoolSamples.block;
import static dev.weft.core.pool.PoolSamples.created;
import static dev.weft.core.pool.PoolSamples.deleting;
import static dev.weft.core.pool.PoolSamples.drained;
import static dev.weft.core.pool.PoolSamples.draining;
import static dev.weft.core.pool.PoolSamples.noNewBlocks;
import static dev.weft.core.pool.PoolSamples.node;
import static dev.weft.core.pool.PoolSamples.pool;
import static dev.weft.core.pool.PoolSamples.releasing;
import static dev.weft.core.pool.PoolSamples.reporting;
import static dev.weft.core.pool.PoolSamples.served;
import static dev.weft.core.pool.PoolSamples.state;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.weft.core.net.Cidr;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class DrainsTest {
  private static final Pool OLD = pool("old", "10.1.0.0/16", 24);
  private static final Pool NEW = created(pool("new", "10.2.0.0/16", 24), 5);
  private static final ClusterNode NODE = node("node1", 1);
  private static final Block OF_OLD = served(block("10.1.0.0/24", NODE, "old"), 20);
  private static final Block OF_NEW = served(block("10.2.0.0/24", NODE, "new"), 20);
  private static final Block SECOND = served(block("10.2.1.0/24", NODE, "new"), 0);
  private static final Block THIRD = served(block("10.2.2.0/24", NODE, "new"), 0);

  private static AllocationPlan plan(List<Pool> pools, Block... blocks) {
    return planAt(100, Map.of(), pools, blocks);
  }

  private static AllocationPlan planAt(
      long now, Map<Cidr, Instant> surplusSince, List<Pool> pools, Block... blocks) {
    ClusterState state = state(pools, List.of(NODE), List.of(blocks));
    return AllocationPlanner.plan(
        PoolSamples.with(state, new History(surplusSince, List.of())), TIMES, at(now));
  }

  private static Map<Cidr, Block.State> becomes(Block block, Block.State state) {
    return Map.of(block.cidr(), state);
  }

  @Test
  void aNodeGivesBackTheBlockOfADrainedPoolOnceItServesAnother() {
    for (Pool old : List.of(draining(OLD), deleting(OLD), deleting(draining(OLD)))) {
      AllocationPlan plan = plan(List.of(old, NEW), OF_OLD, OF_NEW);
      assertThat(plan.states()).isEqualTo(becomes(OF_OLD, Block.State.DRAINING));
      assertThat(plan.create()).isEmpty();
      assertThat(plan.pools().get("old").stuck()).isEmpty();
    }
  }

  @Test
  void aBlockOfAPoolThatGivesNoNewBlocksServesInPlaceOfADrainedOne() {
    assertThat(plan(List.of(draining(OLD), noNewBlocks(NEW)), OF_OLD, OF_NEW).states())
        .isEqualTo(becomes(OF_OLD, Block.State.DRAINING));
  }

  @Test
  void aNodeGetsABlockOfAnotherPoolBeforeItGivesTheLastOfADrainedOneBack() {
    AllocationPlan plan = plan(List.of(draining(OLD), NEW), OF_OLD);
    assertThat(allocated(plan)).isEqualTo(Map.of("10.2.0.0/24", "node1"));
    assertThat(plan.states()).isEmpty();
    assertThat(plan.waiting()).isEmpty();
    assertThat(plan.pools().get("old").stuck()).isEmpty();
  }

  @Test
  void untilTheOtherBlockIsServedNothingIsGivenBackAndNoMoreAllocated() {
    AllocationPlan plan =
        plan(List.of(draining(OLD), NEW), OF_OLD, reporting(OF_NEW, BlockReport.NONE));
    assertThat(plan.states()).isEmpty();
    assertThat(plan.create()).isEmpty();
    assertThat(plan.pools().get("old").unserved()).containsExactly("node1");
    assertThat(plan(List.of(draining(OLD), NEW), OF_OLD, OF_NEW).pools().get("old").unserved())
        .isEmpty();
  }

  @Test
  void withoutAnotherPoolTheNodeKeepsItsBlockAndTheDrainReportsIt() {
    for (List<Pool> pools :
        List.of(
            List.of(draining(OLD)),
            List.of(draining(OLD), noNewBlocks(NEW)),
            List.of(draining(OLD), PoolSamples.selecting(NEW, "zone", "b")))) {
      AllocationPlan plan = plan(pools, OF_OLD);
      assertThat(plan.states()).isEmpty();
      assertThat(plan.create()).isEmpty();
      assertThat(plan.pools().get("old").stuck()).containsExactly("node1");
      assertThat(plan.pools().get("old").waiting()).isEmpty();
      assertThat(plan.waiting()).isEmpty();
    }
  }

  @Test
  void aNodeThatItsPoolSelectsNoMoreGivesItsBlockBackAsFromADrainedOne() {
    Pool elsewhere = PoolSamples.selecting(OLD, "zone", "b");
    AllocationPlan first = plan(List.of(elsewhere, NEW), OF_OLD);
    assertThat(allocated(first)).isEqualTo(Map.of("10.2.0.0/24", "node1"));
    assertThat(first.states()).isEmpty();
    assertThat(plan(List.of(elsewhere, NEW), OF_OLD, OF_NEW).states())
        .isEqualTo(becomes(OF_OLD, Block.State.DRAINING));
    assertThat(plan(List.of(OLD, NEW), draining(OF_OLD), OF_NEW).states())
        .isEqualTo(becomes(OF_OLD, Block.State.ACTIVE));
    assertThat(plan(List.of(elsewhere, NEW), drained(draining(OF_OLD)), OF_NEW).returned())
        .containsExactly(OF_OLD.cidr());
  }

  @Test
  void aNodeThatNoPoolSelectsAnyMoreKeepsItsBlockAndIsReported() {
    AllocationPlan plan = plan(List.of(PoolSamples.selecting(OLD, "zone", "b")), OF_OLD);
    assertThat(plan.states()).isEmpty();
    assertThat(plan.waiting())
        .extracting(Waiting::reason)
        .singleElement()
        .asString()
        .startsWith("no valid IPPool selects this node:");
  }

  @Test
  void aNodeThatHasNoBlockOfADrainedPoolIsNotStuck() {
    AllocationPlan plan = plan(List.of(draining(OLD), NEW), OF_NEW);
    assertThat(plan.states()).isEmpty();
    assertThat(plan.pools().get("old").stuck()).isEmpty();
    assertThat(plan.pools().get("new").stuck()).isEmpty();
  }

  @Test
  void theDrainIsCancelledWhereTheOtherBlockIsLost() {
    Block leaving = draining(OF_OLD);
    List<Pool> pools = List.of(draining(OLD), NEW);
    Block inGrace = served(block("10.2.0.0/24", NODE, "new", Block.Release.GRACE, 0), 20);
    for (List<Block> others :
        List.of(
            List.<Block>of(),
            List.of(releasing(OF_NEW, 90)),
            List.of(inGrace),
            List.of(reporting(OF_NEW, BlockReport.NONE)))) {
      Block[] blocks = Stream.concat(Stream.of(leaving), others.stream()).toArray(Block[]::new);
      assertThat(plan(pools, blocks).states()).isEqualTo(becomes(leaving, Block.State.ACTIVE));
    }
    assertThat(plan(pools, leaving, OF_NEW).states()).isEmpty();
  }

  @Test
  void aDrainThatIsCancelledDuringTheHoldTakesTheReleaseBack() {
    Block leaving = releasing(drained(draining(OF_OLD)), 0);
    AllocationPlan plan = plan(List.of(draining(OLD), NEW), leaving);
    assertThat(plan.states()).isEqualTo(becomes(leaving, Block.State.ACTIVE));
    assertThat(plan.returned()).isEmpty();
    assertThat(plan.delete()).isEmpty();
    assertThat(plan.steps())
        .extracting(ReleaseStep::reason, ReleaseStep::to)
        .containsExactly(tuple("DrainCancelled", Block.Release.NONE));
  }

  @Test
  void aBlockIsReturnedOnceItIsDrainingAndItsAgentReportsItDrained() {
    List<Pool> pools = List.of(draining(OLD), NEW);
    AllocationPlan plan = plan(pools, drained(draining(OF_OLD)), OF_NEW);
    assertThat(plan.returned()).containsExactly(OF_OLD.cidr());
    assertThat(plan.steps())
        .extracting(ReleaseStep::reason, ReleaseStep::to)
        .containsExactly(tuple("Drained", Block.Release.RELEASING));
    assertThat(plan(pools, draining(OF_OLD), OF_NEW).returned()).isEmpty();
    assertThat(plan(pools, drained(OF_OLD), OF_NEW).returned()).isEmpty();
  }

  @Test
  void twoPoolsThatDrainIntoEachOtherAreBothStuckAndGiveNothingBack() {
    AllocationPlan plan = plan(List.of(draining(OLD), draining(NEW)), OF_OLD, draining(OF_NEW));
    assertThat(plan.states()).isEqualTo(becomes(OF_NEW, Block.State.ACTIVE));
    assertThat(plan.create()).isEmpty();
    assertThat(plan.pools().get("old").stuck()).containsExactly("node1");
    assertThat(plan.pools().get("new").stuck()).containsExactly("node1");
  }

  @Test
  void blocksOfAnotherFamilyDoNotServeInPlaceOfADrainedOne() {
    Pool six = pool("six", "fd00:244::/48", 64);
    Block ofSix = served(block("fd00:244::/64", NODE, "six"), 5);
    AllocationPlan plan = plan(List.of(draining(OLD), six), OF_OLD, ofSix);
    assertThat(plan.states()).isEmpty();
    assertThat(plan.pools().get("old").stuck()).containsExactly("node1");
  }

  @Test
  void aSurplusIsGivenBackAfterTenMinutesAndNotBefore() {
    AllocationPlan first = plan(List.of(NEW), OF_NEW, SECOND);
    assertThat(first.surplus()).containsExactly(SECOND.cidr());
    assertThat(first.states()).isEmpty();
    assertThat(first.wakeAt()).hasValue(at(700));

    Map<Cidr, Instant> since = Map.of(SECOND.cidr(), at(100));
    AllocationPlan before = planAt(699, since, List.of(NEW), OF_NEW, SECOND);
    assertThat(before.states()).isEmpty();
    assertThat(before.wakeAt()).hasValue(at(700));
    AllocationPlan then = planAt(700, since, List.of(NEW), OF_NEW, SECOND);
    assertThat(then.states()).isEqualTo(becomes(SECOND, Block.State.DRAINING));
    assertThat(then.create()).isEmpty();
    assertThat(then.wakeAt()).isEmpty();
  }

  @Test
  void afterAClockThatJumpsBackASurplusIsNoSurplusForLess() {
    Map<Cidr, Instant> since = Map.of(SECOND.cidr(), at(3_700));
    AllocationPlan plan = planAt(100, since, List.of(NEW), OF_NEW, SECOND);
    assertThat(plan.states()).isEmpty();
    assertThat(plan.surplus()).containsExactly(SECOND.cidr());
    assertThat(planAt(4_299, since, List.of(NEW), OF_NEW, SECOND).states()).isEmpty();
    assertThat(planAt(4_300, since, List.of(NEW), OF_NEW, SECOND).states()).hasSize(1);
  }

  @Test
  void aBlockIsASurplusOnlyWhileLessThanHalfOfTheRestIsUsed() {
    assertThat(plan(List.of(NEW), served(OF_NEW, 124), SECOND).surplus())
        .containsExactly(SECOND.cidr());
    assertThat(plan(List.of(NEW), served(OF_NEW, 125), SECOND).surplus()).isEmpty();
    assertThat(plan(List.of(NEW), served(OF_NEW, 126), SECOND).surplus()).isEmpty();
  }

  @Test
  void aBlockIsASurplusOnlyWhereItIsServedAndEmptyAndTheRestIsServed() {
    BlockReport unknown = new BlockReport(true, 0, 0, false, false);
    BlockReport unserved = new BlockReport(false, 250, 0, false, false);
    for (Block other :
        List.of(served(SECOND, 1), reporting(SECOND, unknown), reporting(SECOND, unserved))) {
      assertThat(plan(List.of(NEW), OF_NEW, other).surplus()).isEmpty();
    }
    for (Block rest : List.of(reporting(OF_NEW, unknown), reporting(OF_NEW, unserved))) {
      assertThat(plan(List.of(NEW), rest, SECOND).surplus()).isEmpty();
    }
    assertThat(plan(List.of(NEW), SECOND).surplus()).isEmpty();
  }

  @Test
  void whatIsLeavingIsNoRestThatASurplusCouldRelyOn() {
    AllocationPlan plan = plan(List.of(draining(OLD), NEW), OF_OLD, SECOND);
    assertThat(plan.surplus()).isEmpty();
    assertThat(plan.states()).isEqualTo(becomes(OF_OLD, Block.State.DRAINING));
  }

  @Test
  void surplusBlocksAreGivenBackOneAtATimeTheHighestFirst() {
    Map<Cidr, Instant> since = Map.of(SECOND.cidr(), at(0), THIRD.cidr(), at(0));
    assertThat(planAt(700, since, List.of(NEW), THIRD, OF_NEW, SECOND).states())
        .isEqualTo(becomes(THIRD, Block.State.DRAINING));
    AllocationPlan during = planAt(700, since, List.of(NEW), OF_NEW, SECOND, draining(THIRD));
    assertThat(during.states()).isEmpty();
    assertThat(during.surplus()).isEmpty();
    assertThat(during.wakeAt()).isEmpty();
  }

  @Test
  void aSurplusIsCancelledWhereItIsUsedAfterAllOrTheRestIsHalfUsed() {
    Block returned = draining(SECOND);
    assertThat(plan(List.of(NEW), OF_NEW, returned).states()).isEmpty();
    assertThat(plan(List.of(NEW), OF_NEW, draining(served(SECOND, 1))).states())
        .isEqualTo(becomes(SECOND, Block.State.ACTIVE));
    assertThat(plan(List.of(NEW), served(OF_NEW, 125), returned).states())
        .isEqualTo(becomes(SECOND, Block.State.ACTIVE));
    assertThat(plan(List.of(NEW), served(OF_NEW, 124), drained(returned)).states()).isEmpty();
  }

  @Test
  void aPoolThatGivesNoNewBlocksLosesNone() {
    Map<Cidr, Instant> since = Map.of(SECOND.cidr(), at(0));
    AllocationPlan plan = planAt(700, since, List.of(noNewBlocks(NEW)), OF_NEW, SECOND);
    assertThat(plan.surplus()).isEmpty();
    assertThat(plan.states()).isEmpty();
    assertThat(plan(List.of(noNewBlocks(NEW)), OF_NEW, draining(SECOND)).states())
        .as("begun before the pool's state changed")
        .isEqualTo(becomes(SECOND, Block.State.ACTIVE));
  }

  @Test
  void ofSeveralNodesTheEarliestSurplusIsTheTimeToPlanAgain() {
    ClusterNode other = node("node2", 2);
    Block first = served(block("10.2.8.0/24", other, "new"), 9);
    Block second = served(block("10.2.9.0/24", other, "new"), 0);
    ClusterState state =
        state(List.of(NEW), List.of(NODE, other), List.of(OF_NEW, SECOND, first, second));
    for (Map<Cidr, Instant> since :
        List.of(
            Map.of(SECOND.cidr(), at(50), second.cidr(), at(20)),
            Map.of(SECOND.cidr(), at(20), second.cidr(), at(50)))) {
      History history = new History(since, List.of());
      assertThat(AllocationPlanner.plan(PoolSamples.with(state, history), TIMES, at(100)).wakeAt())
          .hasValue(at(620));
    }
  }

  @Test
  void aBlockThatIsSurplusIsNoneThatANodeUnderPressureRelyOn() {
    Block full = PoolSamples.pressed(OF_NEW);
    assertThat(allocated(plan(List.of(NEW), full, draining(served(SECOND, 1))))).isEmpty();
    assertThat(allocated(plan(List.of(NEW), full))).containsOnlyKeys("10.2.1.0/24");
  }
}
