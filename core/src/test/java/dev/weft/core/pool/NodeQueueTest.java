// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import static dev.weft.core.pool.PoolSamples.block;
import static dev.weft.core.pool.PoolSamples.created;
import static dev.weft.core.pool.PoolSamples.draining;
import static dev.weft.core.pool.PoolSamples.node;
import static dev.weft.core.pool.PoolSamples.pool;
import static dev.weft.core.pool.PoolSamples.pressed;
import static dev.weft.core.pool.PoolSamples.served;
import static dev.weft.core.pool.PoolSamples.state;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.weft.core.net.Family;
import dev.weft.core.pool.BlockRequest.Need;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class NodeQueueTest {
  private static final Pool OLD = draining(pool("old", "10.1.0.0/16", 24));
  private static final Pool NEW = created(pool("new", "10.2.0.0/16", 24), 5);
  private static final ClusterNode NODE1 = node("node1", 1);
  private static final ClusterNode NODE2 = node("node2", 2);
  private static final ClusterNode NODE3 = node("node3", 3);
  private static final ClusterNode NODE4 = node("node4", 4);

  private static NodeQueue queue(List<Pool> pools, List<ClusterNode> nodes, Block... blocks) {
    ClusterState state = state(pools, nodes, List.of(blocks));
    Map<Pool, PoolVerdict> verdicts = PoolVerdicts.of(state);
    NodeIndex index = NodeIndex.of(nodes);
    Claims claims = Claims.of(state, index, verdicts, NodeAddresses.of(nodes));
    OwnedBlocks owned = OwnedBlocks.of(state, index, verdicts, claims, Map.of());
    Drains drains = Drains.of(owned, Map.of(), PoolSamples.at(0));
    return NodeQueue.of(state, List.copyOf(verdicts.keySet()), owned, drains);
  }

  @Test
  void thoseWithoutABlockComeFirstThenReplacementsThenFurtherBlocksEachByAge() {
    NodeQueue queue =
        queue(
            List.of(OLD, NEW),
            List.of(NODE4, NODE3, NODE2, NODE1),
            pressed(block("10.2.0.0/24", NODE1, "new")),
            served(block("10.1.0.0/24", NODE2, "old"), 3));
    assertThat(queue.requests())
        .extracting(BlockRequest::node, BlockRequest::need, BlockRequest::family)
        .containsExactly(
            tuple(NODE3, Need.FIRST, Family.IPV4),
            tuple(NODE4, Need.FIRST, Family.IPV4),
            tuple(NODE2, Need.REPLACEMENT, Family.IPV4),
            tuple(NODE1, Need.FURTHER, Family.IPV4));
    assertThat(queue.requests())
        .extracting(BlockRequest::leaving)
        .containsExactly(Set.of(), Set.of(), Set.of("old"), Set.of());
    assertThat(queue.unselected()).isEmpty();
  }

  @Test
  void ofTheNodesBlocksOnlyThoseThatItKeepsDecideWhetherItNeedsAnother() {
    Block leaving = served(block("10.1.0.0/24", NODE1, "old"), 3);
    Block full = pressed(block("10.2.0.0/24", NODE1, "new"));
    assertThat(queue(List.of(OLD, NEW), List.of(NODE1), leaving, full).requests())
        .extracting(BlockRequest::need)
        .containsExactly(Need.FURTHER);
    Block other = served(block("10.2.1.0/24", NODE1, "new"), 3);
    assertThat(queue(List.of(OLD, NEW), List.of(NODE1), leaving, full, other).requests()).isEmpty();
    assertThat(queue(List.of(OLD, NEW), List.of(NODE1), pressed(leaving), other).requests())
        .isEmpty();
  }

  @Test
  void aNodeThatNoPoolSelectsIsUnselectedWhetherItHasABlockOrNot() {
    Pool elsewhere = PoolSamples.selecting(NEW, "zone", "b");
    NodeQueue queue =
        queue(List.of(elsewhere), List.of(NODE1, NODE2), block("10.2.0.0/24", NODE1, "new"));
    assertThat(queue.requests()).extracting(BlockRequest::need).containsExactly(Need.REPLACEMENT);
    assertThat(queue.unselected()).containsExactly(NODE1, NODE2);
  }
}
