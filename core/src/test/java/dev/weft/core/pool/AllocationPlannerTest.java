// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import static dev.weft.core.pool.PoolSamples.TIMES;
import static dev.weft.core.pool.PoolSamples.addressed;
import static dev.weft.core.pool.PoolSamples.allocated;
import static dev.weft.core.pool.PoolSamples.at;
import static dev.weft.core.pool.PoolSamples.block;
import static dev.weft.core.pool.PoolSamples.created;
import static dev.weft.core.pool.PoolSamples.deleting;
import static dev.weft.core.pool.PoolSamples.invalid;
import static dev.weft.core.pool.PoolSamples.labelled;
import static dev.weft.core.pool.PoolSamples.noNewBlocks;
import static dev.weft.core.pool.PoolSamples.node;
import static dev.weft.core.pool.PoolSamples.pool;
import static dev.weft.core.pool.PoolSamples.pressed;
import static dev.weft.core.pool.PoolSamples.remembered;
import static dev.weft.core.pool.PoolSamples.remembering;
import static dev.weft.core.pool.PoolSamples.selecting;
import static dev.weft.core.pool.PoolSamples.settling;
import static dev.weft.core.pool.PoolSamples.state;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.net.Cidr;
import dev.weft.core.node.Machine;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class AllocationPlannerTest {
  private static final Pool POOL = pool("default", "10.244.0.0/16", 24, "10.244.0.0/24");
  private static final ClusterNode NODE1 = node("node1", 1);
  private static final ClusterNode NODE2 = node("node2", 2);

  private static AllocationPlan plan(ClusterState state, long now) {
    return AllocationPlanner.plan(state, TIMES, at(now));
  }

  private static AllocationPlan plan(
      List<Pool> pools, List<ClusterNode> nodes, List<Block> blocks) {
    return plan(state(pools, nodes, blocks), 100);
  }

  @Test
  void oldestNodeGetsTheLowestBlock() {
    assertThat(
            allocated(
                plan(List.of(POOL), List.of(node("b", 5), node("a", 5), node("z", 1)), List.of())))
        .isEqualTo(Map.of("10.244.1.0/24", "z", "10.244.2.0/24", "a", "10.244.3.0/24", "b"));
  }

  @Test
  void aNodeThatHasABlockGetsNoOther() {
    AllocationPlan plan =
        plan(List.of(POOL), List.of(NODE1), List.of(block("10.244.9.0/24", NODE1, "default")));
    assertThat(plan.create()).isEmpty();
    assertThat(plan.waiting()).isEmpty();
    assertThat(plan.owners()).containsExactly(Map.entry(Cidr.parse("10.244.9.0/24"), NODE1));
  }

  @Test
  void aNewBlockIsRememberedAsItsNodes() {
    assertThat(plan(List.of(POOL), List.of(NODE1), List.of()).create())
        .extracting(NewBlock::remembered)
        .containsExactly(remembered("10.244.1.0/24", NODE1, "default"));
  }

  @Test
  void aPoolOfEachFamilyMakesANodeDualStack() {
    Pool six = pool("six", "fd00:244::/48", null);
    assertThat(allocated(plan(List.of(POOL, six), List.of(NODE1), List.of())))
        .containsOnlyKeys("10.244.1.0/24", "fd00:244::/64");
  }

  @Test
  void aNodeGetsNoBlockOfAFamilyThatItHasNoInternalIpOf() {
    Pool six = pool("six", "fd00:244::/48", null);
    ClusterNode onlyFour = addressed(NODE1, "192.168.1.11");
    AllocationPlan plan = plan(List.of(POOL, six), List.of(onlyFour, NODE2), List.of());
    assertThat(allocated(plan))
        .isEqualTo(
            Map.of("10.244.1.0/24", "node1", "10.244.2.0/24", "node2", "fd00:244::/64", "node2"));
    assertThat(plan.waiting())
        .singleElement()
        .satisfies(waiting -> assertThat(waiting.node()).isEqualTo("node1"))
        .satisfies(
            waiting -> assertThat(waiting.reason()).contains("IPPool six", "no IPv6 InternalIP"));
    assertThat(plan.pools().get("six").unaddressed()).containsExactly("node1");
    assertThat(plan.pools().get("six").reachesNobody()).isFalse();
    assertThat(plan.pools().get("default").unaddressed()).isEmpty();

    AllocationPlan alone = plan(List.of(six), List.of(onlyFour), List.of());
    assertThat(alone.create()).isEmpty();
    assertThat(alone.pools().get("six").reachesNobody()).isTrue();

    ClusterNode onlySix = addressed(NODE1, "fd00:1::11");
    AllocationPlan other = plan(List.of(POOL, six), List.of(onlySix), List.of());
    assertThat(allocated(other)).containsOnlyKeys("fd00:244::/64");
    assertThat(other.waiting()).singleElement().asString().contains("no IPv4 InternalIP");
  }

  @Test
  void aNodeThatLosesItsInternalIpKeepsItsBlock() {
    Pool six = pool("six", "fd00:244::/48", null);
    ClusterNode onlyFour = addressed(NODE1, "192.168.1.11");
    Block held = block("fd00:244::/64", NODE1, "six");
    AllocationPlan keeps = plan(List.of(six), List.of(onlyFour), List.of(held));
    assertThat(keeps.steps()).isEmpty();
    assertThat(keeps.create()).isEmpty();
    assertThat(keeps.waiting()).isEmpty();
    assertThat(keeps.owners()).containsEntry(held.cidr(), onlyFour);
    assertThat(keeps.pools().get("six").reachesNobody()).isFalse();
  }

  @Test
  void aNodeThatNoAgentCanRunOnGetsNoBlockAndWaitsForNone() {
    ClusterNode windows = labelled(NODE1, "kubernetes.io/os", "windows");
    ClusterNode arm = labelled(node("node3", 3), "kubernetes.io/arch", "arm64");
    ClusterNode amd = labelled(node("node4", 4), "kubernetes.io/arch", "amd64");
    ClusterState state =
        new ClusterState(
            List.of(POOL),
            List.of(windows, NODE2, arm, amd),
            List.of(),
            List.of(remembered("10.244.9.0/24", windows, "default")),
            List.of(),
            new AgentPlatforms(Set.of("amd64")),
            History.NONE,
            false);
    AllocationPlan plan = plan(state, 1);
    assertThat(allocated(plan))
        .isEqualTo(Map.of("10.244.1.0/24", "node2", "10.244.2.0/24", "node4"));
    assertThat(plan.waiting()).isEmpty();
    assertThat(plan.forget()).containsExactly(Cidr.parse("10.244.9.0/24"));
    assertThat(plan.pools().get("default").waiting()).isEmpty();
  }

  @Test
  void aNodeThatNoAgentCanRunOnKeepsABlockThatItHas() {
    ClusterNode windows = labelled(NODE1, "kubernetes.io/os", "windows");
    Block held = block("10.244.1.0/24", NODE1, "default");
    AllocationPlan plan = plan(List.of(POOL), List.of(windows, NODE2), List.of(held));
    assertThat(plan.steps()).isEmpty();
    assertThat(allocated(plan)).isEqualTo(Map.of("10.244.2.0/24", "node2"));
  }

  @Test
  void theOldestPoolIsDrawnFromUntilItIsExhausted() {
    Pool small = created(pool("small", "10.1.0.0/23", 24), 0);
    Pool large = created(pool("large", "10.2.0.0/16", 24), 5);
    AllocationPlan plan =
        plan(List.of(large, small), List.of(NODE1, NODE2, node("node3", 3)), List.of());
    assertThat(allocated(plan)).containsOnlyKeys("10.1.0.0/24", "10.1.1.0/24", "10.2.0.0/24");
    assertThat(plan.pools().get("small").exhausted()).isTrue();
    assertThat(plan.pools().get("large").exhausted()).isFalse();
  }

  @Test
  void aPoolIsDrawnFromOnlyByNodesThatItSelects() {
    Pool east = selecting(pool("east", "10.1.0.0/16", 24), "zone", "east");
    AllocationPlan plan =
        plan(List.of(east), List.of(labelled(NODE1, "zone", "east"), NODE2), List.of());
    assertThat(allocated(plan)).isEqualTo(Map.of("10.1.0.0/24", "node1"));
    assertThat(plan.waiting())
        .containsExactly(
            new Waiting(
                "node2",
                "no valid IPPool selects this node: make one, or change the nodeSelector of one;"
                    + " blocks that it has stay until then"));
  }

  @Test
  void anExhaustedPoolReportsWhoWaits() {
    AllocationPlan plan =
        plan(List.of(pool("tiny", "10.1.0.0/24", 24)), List.of(NODE2, NODE1), List.of());
    assertThat(allocated(plan)).isEqualTo(Map.of("10.1.0.0/24", "node1"));
    PoolReport report = plan.pools().get("tiny");
    assertThat(report.exhausted()).isTrue();
    assertThat(report.waiting()).containsExactly("node2");
    assertThat(report.owners()).containsExactly("node1");
    assertThat(plan.waiting())
        .containsExactly(
            new Waiting("node2", "no IPv4 block for this node: IPPool tiny: no block is left"));
  }

  @Test
  void poolsThatGiveNoNewBlocksOrAreDeletedAllocateNothingAndKeepWhatIsInUse() {
    for (Pool pool : List.of(noNewBlocks(POOL), deleting(POOL))) {
      AllocationPlan plan =
          plan(
              List.of(pool),
              List.of(NODE1, NODE2),
              List.of(block("10.244.1.0/24", NODE1, "default")));
      assertThat(plan.create()).isEmpty();
      assertThat(plan.steps()).isEmpty();
      assertThat(plan.delete()).isEmpty();
      assertThat(plan.waiting()).singleElement().extracting(Waiting::node).isEqualTo("node2");
    }
  }

  @Test
  void ofOverlappingPoolsOnlyTheOldestAllocatesAndTheOthersReportWithWhich() {
    Pool newer = created(pool("newer", "10.244.128.0/17", 24), 9);
    AllocationPlan plan = plan(List.of(newer, POOL), List.of(NODE1), List.of());
    assertThat(allocated(plan)).containsOnlyKeys("10.244.1.0/24");
    PoolVerdict verdict = plan.pools().get("newer").verdict();
    assertThat(verdict.kind()).isEqualTo(PoolVerdict.Kind.OVERLAPPING);
    assertThat(verdict.message()).contains("default", "10.244.0.0/16");
    assertThat(plan.pools().get("default").verdict().allocates()).isTrue();
  }

  @Test
  void aPoolOverAServiceCidrAllocatesNothing() {
    AllocationPlan plan =
        plan(
            new ClusterState(
                List.of(POOL),
                List.of(NODE1),
                List.of(),
                List.of(),
                List.of(Cidr.parse("10.244.255.0/24"))),
            1);
    assertThat(plan.create()).isEmpty();
    assertThat(plan.pools().get("default").verdict().message())
        .contains("Service CIDR 10.244.255.0/24");
  }

  @Test
  void aBlockThatContainsANodesAddressIsNeverAllocatedAndThePoolGoesOn() {
    ClusterNode inside = addressed(NODE1, "10.244.1.7");
    AllocationPlan plan = plan(List.of(POOL), List.of(inside, NODE2), List.of());
    assertThat(allocated(plan))
        .isEqualTo(Map.of("10.244.2.0/24", "node1", "10.244.3.0/24", "node2"));
    PoolReport report = plan.pools().get("default");
    assertThat(report.verdict().allocates()).isTrue();
    assertThat(report.nodeAddresses()).contains("10.244.1.7 of node node1");
    assertThat(report.free()).isEqualTo(252);
  }

  @Test
  void ofManyNodesInsideAPoolOneIsNamedAndAllAreLeftOut() {
    ClusterNode a = addressed(NODE1, "10.244.1.1");
    ClusterNode b = addressed(NODE2, "10.244.2.1");
    AllocationPlan plan = plan(List.of(POOL), List.of(b, a), List.of());
    assertThat(allocated(plan))
        .isEqualTo(Map.of("10.244.3.0/24", "node1", "10.244.4.0/24", "node2"));
    assertThat(plan.pools().get("default").nodeAddresses())
        .contains("10.244.1.1 of node node1", "1 more");
  }

  @Test
  void aBlockThatIsInUseStaysWithItsNodeThoughAnotherNodesAddressLiesInIt() {
    AllocationPlan plan =
        plan(
            List.of(POOL),
            List.of(NODE1, addressed(NODE2, "10.244.1.9")),
            List.of(block("10.244.1.0/24", NODE1, "default")));
    assertThat(plan.owners()).containsEntry(Cidr.parse("10.244.1.0/24"), NODE1);
    assertThat(allocated(plan)).isEqualTo(Map.of("10.244.2.0/24", "node2"));
  }

  @Test
  void anInvalidPoolAllocatesNothingAndHindersNobody() {
    AllocationPlan plan = plan(List.of(invalid("bad", "why"), POOL), List.of(NODE1), List.of());
    assertThat(allocated(plan)).containsOnlyKeys("10.244.1.0/24");
    PoolVerdict verdict = plan.pools().get("bad").verdict();
    assertThat(verdict.kind()).isEqualTo(PoolVerdict.Kind.INVALID);
    assertThat(verdict.message()).isEqualTo("why");
    assertThat(plan.pools().get("bad").exhausted()).isFalse();
  }

  @Test
  void blocksOfNoPoolAreLeftOutWhateverTheirSizeAndCountForNobody() {
    AllocationPlan plan =
        plan(
            List.of(POOL),
            List.of(NODE1, NODE2),
            List.of(
                block("10.244.0.0/22", NODE2, "other"), block("10.244.4.16/28", NODE2, "other")));
    assertThat(allocated(plan))
        .isEqualTo(Map.of("10.244.5.0/24", "node1", "10.244.6.0/24", "node2"));
  }

  @Test
  void ofOverlappingBlocksTheOldestCountsAndTheLosersNodeGetsAnother() {
    Block old = block("10.244.1.0/24", NODE1, "default");
    Block young = created(block("10.244.0.0/20", NODE2, "default"), 50);
    AllocationPlan plan = plan(List.of(POOL), List.of(NODE1, NODE2), List.of(young, old));
    assertThat(plan.overlapping()).isEqualTo(Map.of(young.cidr(), old));
    assertThat(allocated(plan)).isEqualTo(Map.of("10.244.16.0/24", "node2"));
  }

  @Test
  void aBlockLosesOnlyAgainstOneThatCountsItself() {
    Block oldest = block("10.244.1.0/24", NODE1, "default");
    Block middle = created(block("10.244.0.0/20", NODE2, "default"), 5);
    Block youngest = created(block("10.244.2.0/24", NODE2, "default"), 9);
    assertThat(BlockOverlaps.losers(List.of(youngest, middle, oldest)))
        .containsOnlyKeys(middle.cidr());
  }

  @Test
  void underPressureInAllItsBlocksANodeGetsOneMoreAfterThoseThatHaveNone() {
    Block full = pressed(block("10.244.1.0/24", NODE1, "default"));
    AllocationPlan plan = plan(List.of(POOL), List.of(NODE1, NODE2), List.of(full));
    assertThat(allocated(plan))
        .isEqualTo(Map.of("10.244.2.0/24", "node2", "10.244.3.0/24", "node1"));
    Block more = block("10.244.3.0/24", NODE1, "default");
    assertThat(plan(List.of(POOL), List.of(NODE1), List.of(full, more)).create()).isEmpty();
  }

  @Test
  void aLostNodesBlockGoesThroughGraceAndReleaseToItsEnd() {
    Block held = block("10.244.1.0/24", NODE1, "default");
    Block other = block("10.244.2.0/24", NODE2, "default");
    AllocationPlan lost = plan(state(List.of(POOL), List.of(NODE2), List.of(held, other)), 100);
    assertThat(lost.steps())
        .singleElement()
        .satisfies(step -> assertThat(step.to()).isEqualTo(Block.Release.GRACE))
        .satisfies(step -> assertThat(step.reason()).isEqualTo("NodeGone"));
    assertThat(lost.wakeAt()).hasValue(at(700));

    Block inGrace = block("10.244.1.0/24", NODE1, "default", Block.Release.GRACE, 100);
    ClusterState during = state(List.of(POOL), List.of(NODE2), List.of(inGrace, other));
    assertThat(plan(during, 699).steps()).isEmpty();
    assertThat(plan(during, 699).wakeAt()).hasValue(at(700));
    assertThat(plan(during, 700).steps())
        .singleElement()
        .satisfies(step -> assertThat(step.to()).isEqualTo(Block.Release.RELEASING));

    Block released = block("10.244.1.0/24", NODE1, "default", Block.Release.RELEASING, 700);
    ClusterState after = state(List.of(POOL), List.of(NODE2), List.of(released));
    assertThat(plan(after, 729).delete()).isEmpty();
    assertThat(allocated(plan(after, 729))).containsOnlyKeys("10.244.2.0/24");
    assertThat(plan(after, 730).delete()).containsExactly(released.cidr());
  }

  @Test
  void aListWithoutAnyNodeIsNotBelieved() {
    Block held = block("10.244.1.0/24", NODE1, "default");
    Block inGrace = block("10.244.2.0/24", NODE2, "default", Block.Release.GRACE, 100);
    Block released = block("10.244.4.0/24", NODE2, "default", Block.Release.RELEASING, 100);
    AllocationPlan plan =
        plan(
            new ClusterState(
                List.of(POOL),
                List.of(),
                List.of(held, inGrace, released),
                List.of(remembered("10.244.3.0/24", NODE1, "default")),
                List.of()),
            100_000);
    assertThat(plan.steps()).isEmpty();
    assertThat(plan.delete()).isEmpty();
    assertThat(plan.forget()).isEmpty();
    assertThat(plan.lost()).isEmpty();
    assertThat(plan.missing()).containsExactly(Cidr.parse("10.244.3.0/24"));
    assertThat(plan.create()).isEmpty();
  }

  @Test
  void aNodeThatIsBackKeepsItsBlockUntilTheBlockIsDeleted() {
    for (Block.Release release : List.of(Block.Release.GRACE, Block.Release.RELEASING)) {
      Block lost = block("10.244.1.0/24", NODE1, "default", release, 100);
      AllocationPlan back = plan(state(List.of(POOL), List.of(NODE1), List.of(lost)), 100_000);
      assertThat(back.delete()).isEmpty();
      assertThat(back.create()).isEmpty();
      assertThat(back.owners()).containsEntry(lost.cidr(), NODE1);
      assertThat(back.steps())
          .singleElement()
          .satisfies(step -> assertThat(step.to()).isEqualTo(Block.Release.NONE))
          .satisfies(step -> assertThat(step.reason()).isEqualTo("NodeBack"));
    }
  }

  @Test
  void anotherMachineOfTheNameOfAReleasedBlocksNodeDoesNotGetItBack() {
    Block released = block("10.244.1.0/24", NODE1, "default", Block.Release.RELEASING, 700);
    ClusterNode rebooted =
        node("node1", "new-uid", 50, new Machine(NODE1.machine().systemUuid(), "boot-2"));
    AllocationPlan plan = plan(state(List.of(POOL), List.of(rebooted), List.of(released)), 701);
    assertThat(plan.steps()).isEmpty();
    assertThat(allocated(plan)).isEqualTo(Map.of("10.244.2.0/24", "node1"));
    assertThat(plan(state(List.of(POOL), List.of(rebooted), List.of(released)), 730).delete())
        .containsExactly(released.cidr());
  }

  @Test
  void theSameRunningMachineUnderANewUidInheritsAndAnotherMachineDoesNot() {
    Block held = block("10.244.1.0/24", NODE1, "default");
    ClusterNode again = node("node1", "new-uid", 50, NODE1.machine());
    AllocationPlan inherited = plan(List.of(POOL), List.of(again), List.of(held));
    assertThat(inherited.steps()).isEmpty();
    assertThat(inherited.create()).isEmpty();
    assertThat(inherited.owners()).containsEntry(held.cidr(), again);

    ClusterNode rebooted =
        node("node1", "new-uid", 50, new Machine(NODE1.machine().systemUuid(), "boot-2"));
    AllocationPlan replaced = plan(List.of(POOL), List.of(rebooted), List.of(held));
    assertThat(replaced.steps())
        .singleElement()
        .extracting(ReleaseStep::reason)
        .isEqualTo("NodeReplaced");
    assertThat(allocated(replaced)).isEqualTo(Map.of("10.244.2.0/24", "node1"));
  }

  @Test
  void machinesThatNobodyKnowsAreNeverTheSame() {
    ClusterNode unknown = node("node1", "old", 1, Machine.UNKNOWN);
    ClusterNode again = node("node1", "new", 2, Machine.UNKNOWN);
    AllocationPlan plan =
        plan(List.of(POOL), List.of(again), List.of(block("10.244.1.0/24", unknown, "default")));
    assertThat(plan.owners()).isEmpty();
    assertThat(plan.steps()).hasSize(1);
  }

  @Test
  void aHandMadeBlockOfAnUnknownNodeIsALostOne() {
    Block foreign = block("10.244.1.0/24", node("nobody", "x", 0, Machine.UNKNOWN), "default");
    AllocationPlan plan = plan(List.of(POOL), List.of(NODE1), List.of(foreign));
    assertThat(plan.steps())
        .singleElement()
        .extracting(ReleaseStep::reason)
        .isEqualTo("NodeUnknown");
    assertThat(allocated(plan)).isEqualTo(Map.of("10.244.2.0/24", "node1"));
  }

  @Test
  void aBlockWhoseAllocationIsMissingIsKeptForItsNodeAndAllocatedToNobody() {
    ClusterState state =
        remembering(
            List.of(POOL),
            List.of(node("first", 0), NODE1),
            remembered("10.244.1.0/24", NODE1, "default"));
    AllocationPlan plan = plan(state, 1);
    assertThat(plan.missing()).containsExactly(Cidr.parse("10.244.1.0/24"));
    assertThat(plan.lost()).isEmpty();
    assertThat(plan.forget()).isEmpty();
    assertThat(allocated(plan))
        .isEqualTo(Map.of("10.244.2.0/24", "first", "10.244.3.0/24", "node1"));
  }

  @Test
  void whileTheClusterSettlesNothingIsAllocatedAndEachNodeIsReportedWithTheReason() {
    Pool other = created(pool("other", "10.1.0.0/16", 24), 5);
    AllocationPlan plan =
        plan(
            settling(
                state(
                    List.of(POOL, other),
                    List.of(NODE1, NODE2),
                    List.of(pressed(block("10.244.1.0/24", NODE1, "default"))))),
            1);
    assertThat(plan.create()).isEmpty();
    String reason =
        "nothing new is allocated for now: allocations may have been lost, and agents claim again"
            + " what they serve (--settle-time)";
    assertThat(plan.waiting())
        .containsExactly(
            new Waiting(
                "node2",
                "no IPv4 block for this node: IPPool default: %s; IPPool other: %s"
                    .formatted(reason, reason)),
            new Waiting(
                "node1",
                "no further IPv4 block for this node: IPPool default: %s; IPPool other: %s"
                    .formatted(reason, reason)));
    assertThat(plan.pools().get("other").waiting()).containsExactly("node1", "node2");
    assertThat(plan.pools().get("other").verdict().allocates()).isTrue();
  }
}
