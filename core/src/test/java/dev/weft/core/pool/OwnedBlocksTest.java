// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import static dev.weft.core.pool.PoolSamples.accepted;
import static dev.weft.core.pool.PoolSamples.block;
import static dev.weft.core.pool.PoolSamples.claimed;
import static dev.weft.core.pool.PoolSamples.created;
import static dev.weft.core.pool.PoolSamples.deleting;
import static dev.weft.core.pool.PoolSamples.draining;
import static dev.weft.core.pool.PoolSamples.noNewBlocks;
import static dev.weft.core.pool.PoolSamples.node;
import static dev.weft.core.pool.PoolSamples.pool;
import static dev.weft.core.pool.PoolSamples.state;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.net.Family;
import dev.weft.core.node.Machine;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class OwnedBlocksTest {
  private static final Pool POOL = pool("main", "10.1.0.0/16", 24, "10.1.0.0/24");
  private static final ClusterNode NODE = node("node1", 1);
  private static final Block BLOCK = block("10.1.1.0/24", NODE, "main");

  private static OwnedBlocks owned(List<Pool> pools, Block... blocks) {
    ClusterState state = state(pools, List.of(NODE), List.of(blocks));
    Map<Pool, PoolVerdict> verdicts = PoolVerdicts.of(state);
    NodeIndex index = NodeIndex.of(state.nodes());
    Claims claims = Claims.of(state, index, verdicts, NodeAddresses.of(state.nodes()));
    return OwnedBlocks.of(state, index, verdicts, claims, BlockOverlaps.losers(List.of(blocks)));
  }

  private static void assertOwnsNone(OwnedBlocks owned) {
    assertThat(owned.of("node1", Family.IPV4)).isEmpty();
    assertThat(owned.keepsNone("node1")).isTrue();
  }

  @Test
  void aNodeUsesItsBlocksOfEachFamily() {
    Block ofSix = block("fd00:244::/64", NODE, "six");
    OwnedBlocks owned = owned(List.of(POOL, pool("six", "fd00:244::/48", 64)), ofSix, BLOCK);
    assertThat(owned.of("node1", Family.IPV4)).containsExactly(BLOCK);
    assertThat(owned.of("node1", Family.IPV6)).containsExactly(ofSix);
    assertThat(owned.keepsNone("node1")).isFalse();
    assertThat(owned(List.of(pool("six", "fd00:244::/48", 64)), ofSix).keepsNone("node1"))
        .isFalse();
    assertThat(owned.keepsNone("node2")).isTrue();
  }

  @Test
  void aBlockOutsideItsPoolsRangeInForceIsNobodys() {
    assertOwnsNone(owned(List.of(POOL), block("8.8.8.0/24", NODE, "main")));
    assertOwnsNone(owned(List.of(POOL), block("10.1.1.0/24", NODE, "gone")));
    Pool other = pool("other", "10.2.0.0/16", 24);
    assertOwnsNone(owned(List.of(POOL, other), block("10.1.1.0/24", NODE, "other")));
    Pool moved = accepted(pool("main", "10.2.0.0/16", 24), "10.1.0.0/16");
    assertThat(owned(List.of(moved), BLOCK).of("node1", Family.IPV4)).containsExactly(BLOCK);
  }

  @Test
  void aBlockOfAnotherMachineOrThatOverlapsAnOlderOneIsNotTheNodes() {
    ClusterNode earlier = node("node1", "old-uid", 1, new Machine("other", "boot"));
    assertOwnsNone(owned(List.of(POOL), block("10.1.1.0/24", earlier, "main")));
    Block younger = created(block("10.1.0.0/20", NODE, "main"), 50);
    assertThat(owned(List.of(POOL), younger, BLOCK).of("node1", Family.IPV4))
        .containsExactly(BLOCK);
  }

  @Test
  void aClaimCountsOnceItIsAccepted() {
    Block accepted = claimed(BLOCK);
    assertThat(owned(List.of(POOL), accepted).of("node1", Family.IPV4)).containsExactly(accepted);
    assertOwnsNone(owned(List.of(POOL), claimed(block("10.1.0.0/24", NODE, "main"))));
  }

  @Test
  void theStateOfABlocksPoolDecidesWhetherItLeavesAndMayBeReplaced() {
    assertThat(owned(List.of(POOL), BLOCK).isLeaving(BLOCK)).isFalse();
    assertThat(owned(List.of(POOL), BLOCK).isReplaceable(BLOCK)).isTrue();
    assertThat(owned(List.of(noNewBlocks(POOL)), BLOCK).isLeaving(BLOCK)).isFalse();
    assertThat(owned(List.of(noNewBlocks(POOL)), BLOCK).isReplaceable(BLOCK)).isFalse();
    for (Pool leaving : List.of(draining(POOL), deleting(POOL))) {
      assertThat(owned(List.of(leaving), BLOCK).isLeaving(BLOCK)).isTrue();
      assertThat(owned(List.of(leaving), BLOCK).isReplaceable(BLOCK)).isFalse();
    }
    Pool elsewhere = PoolSamples.selecting(POOL, "zone", "b");
    assertThat(owned(List.of(elsewhere), BLOCK).isLeaving(BLOCK)).isTrue();
    assertThat(owned(List.of(elsewhere), BLOCK).isReplaceable(BLOCK)).isTrue();
  }
}
