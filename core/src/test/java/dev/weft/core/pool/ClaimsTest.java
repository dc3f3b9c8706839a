// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import static dev.weft.core.pool.PoolSamples.TIMES;
import static dev.weft.core.pool.PoolSamples.addressed;
import static dev.weft.core.pool.PoolSamples.allocated;
import static dev.weft.core.pool.PoolSamples.at;
import static dev.weft.core.pool.PoolSamples.block;
import static dev.weft.core.pool.PoolSamples.claimed;
import static dev.weft.core.pool.PoolSamples.created;
import static dev.weft.core.pool.PoolSamples.draining;
import static dev.weft.core.pool.PoolSamples.labelled;
import static dev.weft.core.pool.PoolSamples.node;
import static dev.weft.core.pool.PoolSamples.pool;
import static dev.weft.core.pool.PoolSamples.remembered;
import static dev.weft.core.pool.PoolSamples.selecting;
import static dev.weft.core.pool.PoolSamples.state;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.net.Cidr;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ClaimsTest {
  private static final Pool POOL =
      pool("default", "10.244.0.0/16", 24, "10.244.0.0/24", "10.244.9.128/25");
  private static final ClusterNode NODE1 = node("node1", 1);
  private static final ClusterNode NODE2 = node("node2", 2);

  private static AllocationPlan plan(List<Pool> pools, List<Block> blocks) {
    return plan(state(pools, List.of(NODE1, NODE2), blocks));
  }

  private static AllocationPlan plan(ClusterState state) {
    return AllocationPlanner.plan(state, TIMES, at(100));
  }

  private static Block claim(String cidr, ClusterNode node) {
    return claimed(block(cidr, node, "default"));
  }

  private static void assertRefused(AllocationPlan plan, Block claim, String reason) {
    assertThat(plan.refused()).isEqualTo(Map.of(claim.cidr(), reason));
    assertThat(plan.states()).doesNotContainKey(claim.cidr());
    assertThat(plan.delete()).isEmpty();
    assertThat(plan.steps()).isEmpty();
  }

  @Test
  void aClaimOfABlockThatIsFreeBecomesActiveAndIsItsNodesOwn() {
    for (String cidr : List.of("10.244.7.0/24", "10.244.9.0/24")) {
      Block claim = claim(cidr, NODE1);
      AllocationPlan plan = plan(List.of(POOL), List.of(claim));
      assertThat(plan.states()).isEqualTo(Map.of(claim.cidr(), Block.State.ACTIVE));
      assertThat(plan.refused()).isEmpty();
      assertThat(plan.delete()).isEmpty();
      assertThat(allocated(plan)).isEqualTo(Map.of("10.244.1.0/24", "node2"));
    }
  }

  @Test
  void aClaimWhosePoolHasNoRangeInForceYetWaitsAndKeepsNothing() {
    Pool newer = created(pool("newer", "10.244.0.0/22", 24), 9);
    for (String pool : List.of("gone", "newer")) {
      Block claim = claimed(block("10.244.1.0/24", NODE1, pool));
      AllocationPlan plan = plan(List.of(POOL, newer), List.of(claim));
      assertThat(plan.refused()).isEmpty();
      assertThat(plan.states()).isEmpty();
      assertThat(allocated(plan))
          .isEqualTo(Map.of("10.244.1.0/24", "node1", "10.244.2.0/24", "node2"));
    }
  }

  @Test
  void aClaimOfANodeThatItsPoolDoesNotSelectIsRefusedUnlessItIsRememberedAsThatNodes() {
    Pool selective = selecting(POOL, "zone", "a");
    Block claim = claim("10.244.7.0/24", NODE1);
    assertRefused(
        plan(List.of(selective), List.of(claim)),
        claim,
        "IPPool default does not select node node1");
    AllocationPlan own =
        plan(
            new ClusterState(
                List.of(selective),
                List.of(NODE1, NODE2),
                List.of(claim),
                List.of(remembered("10.244.7.0/24", NODE1, "default")),
                List.of()));
    assertThat(own.states()).isEqualTo(Map.of(claim.cidr(), Block.State.ACTIVE));
    ClusterNode inZone = labelled(NODE1, "zone", "a");
    assertThat(plan(state(List.of(selective), List.of(inZone), List.of(claim))).states())
        .isEqualTo(Map.of(claim.cidr(), Block.State.ACTIVE));
  }

  @Test
  void aClaimOutsideItsPoolsRangeInForceIsRefused() {
    Block claim = claim("8.8.8.0/24", NODE1);
    assertRefused(
        plan(List.of(POOL), List.of(claim)),
        claim,
        "it lies outside 10.244.0.0/16, the range in force of IPPool default");
  }

  @Test
  void aClaimOfTheWrongSizeIsRefused() {
    for (String cidr : List.of("10.244.7.0/25", "10.244.6.0/23")) {
      Block claim = claim(cidr, NODE1);
      assertRefused(plan(List.of(POOL), List.of(claim)), claim, "blocks of IPPool default are /24");
    }
  }

  @Test
  void aClaimOfAReservedBlockIsRefused() {
    Block claim = claim("10.244.0.0/24", NODE1);
    assertRefused(plan(List.of(POOL), List.of(claim)), claim, "it is reserved in IPPool default");
  }

  @Test
  void aClaimAroundANodesOwnAddressIsRefused() {
    Block claim = claim("10.244.7.0/24", NODE1);
    AllocationPlan plan =
        plan(state(List.of(POOL), List.of(NODE1, addressed(NODE2, "10.244.7.9")), List.of(claim)));
    assertThat(plan.refused().get(claim.cidr()))
        .startsWith("10.244.7.0/24 contains 10.244.7.9 of node node2;");
    assertThat(plan.states()).isEmpty();
  }

  @Test
  void aClaimThatOverlapsAnAllocatedBlockIsRefusedWhicheverIsLarger() {
    Block claim = claim("10.244.7.0/24", NODE1);
    for (String cidr : List.of("10.244.0.0/20", "10.244.7.128/25", "10.244.7.0/25")) {
      Block other = created(block(cidr, NODE2, "default"), 50);
      assertRefused(
          plan(List.of(POOL), List.of(claim, other)),
          claim,
          "it overlaps %s of node node2".formatted(cidr));
    }
    for (String cidr : List.of("10.244.6.0/24", "10.244.8.0/24")) {
      AllocationPlan beside = plan(List.of(POOL), List.of(claim, block(cidr, NODE2, "default")));
      assertThat(beside.refused()).isEmpty();
    }
  }

  @Test
  void aClaimOfANodeThatNoAgentCanRunOnIsRefused() {
    ClusterNode windows = labelled(NODE1, "kubernetes.io/os", "windows");
    Block claim = claim("10.244.7.0/24", windows);
    assertRefused(
        plan(state(List.of(POOL), List.of(windows), List.of(claim))),
        claim,
        "no agent can run on node node1");
  }

  @Test
  void ofClaimsThatOverlapTheOlderWins() {
    Pool halves = created(pool("halves", "10.244.4.0/22", 25), 9);
    Block large = created(claim("10.244.7.0/24", NODE1), 20);
    Block small = created(claimed(block("10.244.7.128/25", NODE2, "halves")), 10);
    List<Block> inUse =
        List.of(block("10.244.1.0/24", NODE1, "default"), block("10.244.4.0/25", NODE2, "halves"));
    List<Block> blocks = new ArrayList<>(inUse);
    blocks.addAll(List.of(large, small));
    assertRefused(
        plan(List.of(POOL, halves), blocks), large, "it overlaps 10.244.7.128/25 of node node2");

    Block older = created(large, 5);
    blocks.set(2, older);
    assertRefused(
        plan(List.of(POOL, halves), blocks), small, "it overlaps 10.244.7.0/24 of node node1");
  }

  @Test
  void aNodeGetsNoMoreByClaimsThanItsPoolLetsItHaveAndTheYoungestAreRefused() {
    List<Block> blocks = new ArrayList<>();
    blocks.add(block("10.244.50.0/24", NODE1, "default"));
    for (int i = 1; i <= 17; i++) {
      blocks.add(created(claim("10.244.%d.0/24".formatted(i + 20), NODE1), 100 - i));
    }
    blocks.add(created(claim("10.244.60.0/24", NODE2), 200));
    blocks.add(created(claimed(block("fd00:244:0:7::/64", NODE1, "six")), 200));
    AllocationPlan plan = plan(List.of(POOL, pool("six", "fd00:244::/48", 64)), blocks);
    assertThat(plan.refused())
        .isEqualTo(
            Map.of(
                Cidr.parse("10.244.21.0/24"),
                    "its node has 16 blocks of IPPool default already (spec.maxBlocksPerNode)",
                Cidr.parse("10.244.22.0/24"),
                    "its node has 16 blocks of IPPool default already (spec.maxBlocksPerNode)"));
    assertThat(plan.states())
        .hasSize(17)
        .containsKeys(blocks.get(18).cidr(), blocks.get(19).cidr());
  }

  @Test
  void refusedClaimsTakeNoOneOfTheSixteen() {
    List<Block> blocks = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      blocks.add(claim("8.8.%d.0/24".formatted(i), NODE1));
    }
    Block good = created(claim("10.244.7.0/24", NODE1), 50);
    blocks.add(good);
    assertThat(plan(List.of(POOL), blocks).states()).containsOnlyKeys(good.cidr());
  }

  @Test
  void claimsThatWaitAreCountedAndThoseBeyondAreRefused() {
    for (ClusterNode node : List.of(NODE1, node("node3", 3))) {
      List<Block> blocks = new ArrayList<>();
      for (int i = 0; i < 17; i++) {
        String gone = "gone%d".formatted(i);
        blocks.add(created(claimed(block("10.244.%d.0/24".formatted(i), node, gone)), i));
      }
      assertThat(plan(List.of(POOL), blocks).refused())
          .isEqualTo(
              Map.of(
                  blocks.get(16).cidr(),
                  "16 claims of its node wait for pools that are not there"));
    }
  }

  @Test
  void aClaimOfANodeThatIsGoneIsNotDecidedOnAndEndsAsALostBlock() {
    AllocationPlan plan =
        plan(state(List.of(POOL), List.of(NODE2), List.of(claim("10.244.7.0/24", NODE1))));
    assertThat(plan.states()).isEmpty();
    assertThat(plan.refused()).isEmpty();
    assertThat(plan.steps()).extracting(ReleaseStep::to).containsExactly(Block.Release.GRACE);
  }

  @Test
  void aClaimOnAPoolThatIsDrainedIsAcceptedFirst() {
    Block claim = claim("10.244.7.0/24", NODE1);
    Block other = PoolSamples.served(block("10.1.0.0/24", NODE1, "other"), 5);
    AllocationPlan plan =
        plan(List.of(draining(POOL), pool("other", "10.1.0.0/16", 24)), List.of(claim, other));
    assertThat(plan.states()).isEqualTo(Map.of(claim.cidr(), Block.State.ACTIVE));
  }

  @Test
  void aRefusedClaimKeepsNoBlockFromOthers() {
    for (String cidr : List.of("10.244.0.0/17", "10.244.0.0/20", "10.244.1.0/25")) {
      Block claim = claim(cidr, NODE1);
      AllocationPlan plan = plan(List.of(POOL), List.of(claim));
      assertThat(plan.refused()).containsOnlyKeys(claim.cidr());
      assertThat(allocated(plan))
          .isEqualTo(Map.of("10.244.1.0/24", "node1", "10.244.2.0/24", "node2"));
      assertThat(plan.pools().get("default").allocated()).isEqualTo(2);
      assertThat(plan.overlapping()).isEmpty();
    }
  }

  @Test
  void aClaimThatWaitsForItsNodeKeepsItsBlockAndNoMore() {
    ClusterNode unknown = node("node3", 3);
    assertThat(allocated(plan(List.of(POOL), List.of(claim("10.244.1.0/24", unknown)))))
        .isEqualTo(Map.of("10.244.2.0/24", "node1", "10.244.3.0/24", "node2"));
    assertThat(allocated(plan(List.of(POOL), List.of(claim("10.244.0.0/20", unknown)))))
        .isEqualTo(Map.of("10.244.1.0/24", "node1", "10.244.2.0/24", "node2"));
  }

  @Test
  void aClaimOnABlockThatIsRememberedAsAnotherNodesIsRefusedWhicheverOfTheNodesIsThere() {
    Block claim = claim("10.244.7.0/24", NODE2);
    List<RememberedBlock> memory = List.of(remembered("10.244.7.0/24", NODE1, "default"));
    for (List<ClusterNode> there : List.of(List.of(NODE1, NODE2), List.of(NODE2), List.of(NODE1))) {
      AllocationPlan plan =
          plan(new ClusterState(List.of(POOL), there, List.of(claim), memory, List.of()));
      assertThat(plan.refused()).isEqualTo(Map.of(claim.cidr(), "it was node node1's before"));
      assertThat(plan.states()).isEmpty();
    }
    AllocationPlan own =
        plan(
            new ClusterState(
                List.of(POOL),
                List.of(NODE1, NODE2),
                List.of(claim("10.244.7.0/24", NODE1)),
                memory,
                List.of()));
    assertThat(own.states()).containsOnlyKeys(claim.cidr());
  }

  @Test
  void aNodeKeepsTheBlocksThatItIsRememberedToHaveThoughItsPoolLetsItHaveFewerByNow() {
    Pool few = PoolSamples.atMost(1, POOL);
    List<Block> claims = List.of(claim("10.244.7.0/24", NODE1), claim("10.244.8.0/24", NODE1));
    assertThat(plan(List.of(few), claims).states()).hasSize(1);
    List<RememberedBlock> memory =
        List.of(
            remembered("10.244.7.0/24", NODE1, "default"),
            remembered("10.244.8.0/24", NODE1, "default"));
    assertThat(
            plan(new ClusterState(List.of(few), List.of(NODE1), claims, memory, List.of()))
                .states())
        .hasSize(2);
  }

  @Test
  void ofSmallBlocksNoMoreAreAcceptedThanOfLargeOnes() {
    Pool small = pool("small", "10.9.0.0/16", 29);
    List<Block> claims = new ArrayList<>();
    for (int i = 0; i < 34; i++) {
      claims.add(claimed(block(Cidr.parse("10.9.0.0/16").sub(29, i).toString(), NODE1, "small")));
    }
    AllocationPlan plan = plan(List.of(small), claims);
    assertThat(plan.states()).hasSize(16);
    assertThat(plan.refused()).hasSize(18);
  }
}
