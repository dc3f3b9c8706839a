// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import static dev.weft.core.pool.PoolSamples.TIMES;
import static dev.weft.core.pool.PoolSamples.addressed;
import static dev.weft.core.pool.PoolSamples.at;
import static dev.weft.core.pool.PoolSamples.block;
import static dev.weft.core.pool.PoolSamples.created;
import static dev.weft.core.pool.PoolSamples.deleting;
import static dev.weft.core.pool.PoolSamples.draining;
import static dev.weft.core.pool.PoolSamples.invalid;
import static dev.weft.core.pool.PoolSamples.noNewBlocks;
import static dev.weft.core.pool.PoolSamples.node;
import static dev.weft.core.pool.PoolSamples.pool;
import static dev.weft.core.pool.PoolSamples.pressed;
import static dev.weft.core.pool.PoolSamples.selecting;
import static dev.weft.core.pool.PoolSamples.state;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.net.Cidr;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class PoolReportTest {
  private static final Pool POOL = pool("default", "10.244.0.0/21", 24, "10.244.0.0/24");
  private static final ClusterNode NODE1 = node("node1", 1);
  private static final ClusterNode NODE2 = node("node2", 2);

  private static AllocationPlan plan(ClusterState state) {
    return AllocationPlanner.plan(state, TIMES, at(100));
  }

  private static PoolVerdict verdict(Pool pool, Pool... others) {
    List<Pool> pools = Stream.concat(Stream.of(others), Stream.of(pool)).toList();
    return plan(state(pools, List.of(), List.of())).pools().get(pool.name()).verdict();
  }

  private static void assertVerdict(PoolVerdict verdict, PoolVerdict.Kind kind, String message) {
    assertThat(verdict.kind()).isEqualTo(kind);
    assertThat(verdict.message()).isEqualTo(message);
  }

  @Test
  void countsBlocksThatExistAndThoseJustAllocatedWithoutReservedOnes() {
    Block held = block("10.244.3.0/24", NODE2, "default");
    PoolReport report =
        plan(state(List.of(POOL), List.of(NODE1, NODE2), List.of(held))).pools().get("default");
    assertThat(report.total()).isEqualTo(7);
    assertThat(report.allocated()).isEqualTo(2);
    assertThat(report.free()).isEqualTo(5);
    assertThat(report.owners()).containsExactly("node1", "node2");
    assertThat(report.waiting()).isEmpty();
    assertThat(report.nodeAddresses()).isEmpty();
    assertVerdict(report.verdict(), PoolVerdict.Kind.READY, "blocks are allocated");
  }

  @Test
  void aPoolWithoutALayoutHasNoBlocks() {
    PoolReport report =
        plan(state(List.of(invalid("bad", "why")), List.of(NODE1), List.of())).pools().get("bad");
    assertThat(report.total()).isZero();
    assertThat(report.free()).isZero();
    assertThat(report.nodeAddresses()).isEmpty();
    assertThat(report.exhausted()).isFalse();
  }

  @Test
  void oldestPoolsAreReportedFirstAndTiesByName() {
    Pool a = pool("a", "10.1.0.0/16", 24);
    Pool b = pool("b", "10.2.0.0/16", 24);
    Pool oldest = created(pool("z", "10.3.0.0/16", 24), -1);
    assertThat(plan(state(List.of(b, a, oldest), List.of(), List.of())).pools().keySet())
        .containsExactly("z", "a", "b");
  }

  @Test
  void beingDeletedGoesBeforeAnOverlapAndThatBeforeTheUsersState() {
    Pool newer = created(pool("newer", "10.244.4.0/22", 24), 9);
    assertVerdict(
        verdict(deleting(newer), POOL),
        PoolVerdict.Kind.DELETING,
        "the pool is being deleted: nothing new is allocated from it");
    assertVerdict(
        verdict(deleting(draining(newer))),
        PoolVerdict.Kind.DELETING,
        "the pool is being deleted: nothing new is allocated from it");
    assertThat(verdict(noNewBlocks(newer), POOL).kind()).isEqualTo(PoolVerdict.Kind.OVERLAPPING);
    assertThat(verdict(draining(newer), POOL).kind()).isEqualTo(PoolVerdict.Kind.OVERLAPPING);
    assertVerdict(
        verdict(noNewBlocks(newer)),
        PoolVerdict.Kind.NO_NEW_BLOCKS,
        "spec.state is NoNewBlocks (or spec.disabled true): nothing new is allocated");
    assertVerdict(
        verdict(draining(newer)),
        PoolVerdict.Kind.DRAINING,
        "spec.state is Draining: nothing new is allocated");
  }

  @Test
  void aPoolThatIsBeingDeletedKeepsItsRangeFromNewerPools() {
    Pool newer = created(pool("newer", "10.244.4.0/22", 24), 9);
    assertThat(verdict(newer, deleting(POOL)).message())
        .isEqualTo("10.244.4.0/22 overlaps IPPool default (10.244.0.0/21); choose another range");
  }

  @Test
  void ofSeveralServiceCidrsInAPoolTheLowestIsNamed() {
    AllocationPlan plan =
        plan(
            new ClusterState(
                List.of(POOL),
                List.of(),
                List.of(),
                List.of(),
                List.of(
                    Cidr.parse("10.244.5.0/24"),
                    Cidr.parse("10.244.1.0/24"),
                    Cidr.parse("10.96.0.0/12"))));
    assertThat(plan.pools().get("default").verdict().message())
        .isEqualTo("10.244.0.0/21 overlaps the Service CIDR 10.244.1.0/24; choose another range");
  }

  @Test
  void aWaitingNodeIsReportedWithTheReasonOfEachPool() {
    Pool tiny = pool("tiny", "10.1.0.0/24", 24);
    Pool off = noNewBlocks(created(pool("off", "10.2.0.0/16", 24), 5));
    Block full = pressed(block("10.1.0.0/24", NODE1, "tiny"));
    AllocationPlan plan = plan(state(List.of(off, tiny), List.of(NODE1, NODE2), List.of(full)));
    String refusals =
        "IPPool tiny: no block is left;"
            + " IPPool off: spec.state is NoNewBlocks (or spec.disabled true): nothing new is allocated";
    assertThat(plan.waiting())
        .containsExactly(
            new Waiting("node2", "no IPv4 block for this node: " + refusals),
            new Waiting("node1", "no further IPv4 block for this node: " + refusals));
    assertThat(plan.pools().get("tiny").waiting()).containsExactly("node1", "node2");
    assertThat(plan.pools().get("off").waiting()).containsExactly("node1", "node2");
  }

  @Test
  void aNodeUnderPressureThatNoPoolSelectsAnyMoreWaitsForAPoolAlone() {
    Pool elsewhere = selecting(pool("elsewhere", "10.1.0.0/16", 24), "zone", "b");
    Block full = pressed(block("10.1.0.0/24", NODE1, "elsewhere"));
    AllocationPlan plan = plan(state(List.of(elsewhere), List.of(NODE1), List.of(full)));
    assertThat(plan.create()).isEmpty();
    assertThat(plan.waiting()).extracting(Waiting::node).containsExactly("node1");
  }

  @Test
  void oneNodesAddressInAPoolIsNamedAloneAndOfSeveralTheFirstNodes() {
    ClusterNode first = addressed(NODE1, "10.244.1.1");
    ClusterNode second = addressed(NODE2, "10.244.2.1");
    assertThat(nodeAddresses(first))
        .isEqualTo(
            "10.244.0.0/21 contains 10.244.1.1 of node node1; the blocks around nodes' addresses"
                + " are not allocated; if this is the nodes' own network, choose another range");
    assertThat(nodeAddresses(second, first)).contains("10.244.1.1 of node node1 and 1 more;");
  }

  private static String nodeAddresses(ClusterNode... nodes) {
    return plan(state(List.of(POOL), List.of(nodes), List.of()))
        .pools()
        .get("default")
        .nodeAddresses();
  }

  @Test
  void whatIsRememberedOfABlockThatExistsIsLeftAsItIs() {
    AllocationPlan plan =
        plan(
            new ClusterState(
                List.of(POOL),
                List.of(NODE2),
                List.of(block("10.244.1.0/24", NODE1, "default")),
                List.of(PoolSamples.remembered("10.244.1.0/24", NODE1, "default")),
                List.of()));
    assertThat(plan.forget()).isEmpty();
    assertThat(plan.lost()).isEmpty();
    assertThat(plan.missing()).isEmpty();
  }

  @Test
  void ofOverlappingBlocksOfOneAgeTheFirstByNameCounts() {
    Block large = block("10.244.0.0/22", NODE1, "default");
    Block small = block("10.244.1.0/24", NODE2, "default");
    assertThat(
            plan(state(List.of(POOL), List.of(NODE1, NODE2), List.of(small, large))).overlapping())
        .containsOnlyKeys(small.cidr())
        .containsValue(large);
  }
}
