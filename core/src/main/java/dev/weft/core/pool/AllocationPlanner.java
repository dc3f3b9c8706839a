// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import dev.weft.core.net.Cidr;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Decides which node gets which block.
 *
 * <p>A node that an agent can run on should have a block of each family that some pool offers it
 * and that it has an InternalIP of, since without one no other node reaches its pods; and one more
 * while all it has of a family are under pressure. Nodes are served by (creationTimestamp, name),
 * those without a block first, each from the oldest pool that selects it and has a block left,
 * lowest block first. A block whose IPAllocation was deleted while its node lives is restored to
 * that node before anybody is served. Nothing that exists, is reserved or is remembered, and no
 * block around a node's own address, is ever allocated to another.
 *
 * <p>Costs O(n log n) in nodes and blocks, whatever the pools' sizes.
 */
public final class AllocationPlanner {
  private AllocationPlanner() {}

  /** What should be done now. The same input gives the same plan. */
  public static AllocationPlan plan(ClusterState state, ReleaseTimes times, Instant now) {
    NodeIndex nodes = NodeIndex.of(state.nodes());
    Releases releases = Releases.of(state.blocks(), nodes, times, now);
    Map<Cidr, Block> overlapping = BlockOverlaps.losers(state.blocks());
    Map<Pool, PoolVerdict> verdicts = PoolVerdicts.of(state);
    NodeAddresses nodeAddresses = NodeAddresses.of(state.nodes());

    PoolSpace space = PoolSpace.of(verdicts.keySet());
    nodeAddresses.ranges().forEach(space::occupy);
    state.blocks().forEach(block -> space.occupy(block.cidr()));
    Restorations restored = Restorations.of(state, nodes, space);

    NodeQueue queue =
        NodeQueue.of(
            state,
            List.copyOf(verdicts.keySet()),
            blocksByNode(state, releases, overlapping, restored));
    List<BlockAnswer> answers = new ArrayList<>();
    for (BlockRequest request : queue.requests()) {
      answers.add(BlockAnswer.to(request, verdicts, space));
    }

    List<NewBlock> create =
        Stream.concat(
                restored.create().stream(),
                answers.stream().flatMap(answer -> answer.block().stream()))
            .toList();
    return new AllocationPlan(
        create,
        releases.steps(),
        releases.delete(),
        overlapping,
        releases.owners(),
        restored.forget(),
        restored.lost(),
        waiting(answers, queue),
        PoolReports.of(state.blocks(), create, answers, verdicts, space, nodeAddresses),
        releases.wakeAt());
  }

  private static List<Waiting> waiting(List<BlockAnswer> answers, NodeQueue queue) {
    return Stream.concat(
            answers.stream().flatMap(answer -> answer.waiting().stream()),
            queue.unselected().stream()
                .map(node -> new Waiting(node.name(), "no valid IPPool selects this node")))
        .toList();
  }

  /** The blocks that count, by the name of the node that they belong to. */
  private static Map<String, List<Block>> blocksByNode(
      ClusterState state, Releases releases, Map<Cidr, Block> overlapping, Restorations restored) {
    Map<String, List<Block>> byNode = new HashMap<>();
    for (Block block : state.blocks()) {
      ClusterNode owner = releases.owners().get(block.cidr());
      if (owner != null && !overlapping.containsKey(block.cidr())) {
        byNode.computeIfAbsent(owner.name(), name -> new ArrayList<>()).add(block);
      }
    }
    for (NewBlock block : restored.create()) {
      byNode.computeIfAbsent(block.node().name(), name -> new ArrayList<>()).add(block.asBlock());
    }
    return byNode;
  }
}
