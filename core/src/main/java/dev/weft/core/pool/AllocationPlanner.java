// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import dev.weft.core.net.Cidr;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Decides which node gets which block.
 *
 * <p>A node that an agent can run on should have a block of each family that some pool offers it
 * and that it has an InternalIP of, since without one no other node reaches its pods; one of
 * another pool before it gives back the last of a pool that is being drained; and one more while
 * all it keeps of a family are under pressure. Nodes are served by (creationTimestamp, name), those
 * without a block first, each from the oldest pool that selects it and has a block left, lowest
 * block first, those last that were just released. Nothing that exists, is reserved or is
 * remembered, and no block around a node's own address, is ever allocated to another.
 *
 * <p>Costs O(n log n) in nodes and blocks, whatever the pools' sizes.
 */
public final class AllocationPlanner {
  private static final String SETTLING =
      "nothing new is allocated for now: allocations may have been lost, and agents claim again what"
          + " they serve (--settle-time)";

  private AllocationPlanner() {}

  /** What should be done now. The same input gives the same plan. */
  public static AllocationPlan plan(ClusterState state, ReleaseTimes times, Instant now) {
    NodeIndex nodes = NodeIndex.of(state.nodes());
    Map<Pool, PoolVerdict> verdicts = PoolVerdicts.of(state);
    NodeAddresses nodeAddresses = NodeAddresses.of(state.nodes());
    Map<Cidr, Block> overlapping =
        BlockOverlaps.losers(
            state.blocks().stream().filter(block -> block.state() != Block.State.CLAIMED).toList());
    Claims claims = Claims.of(state, nodes, verdicts, nodeAddresses);
    OwnedBlocks owned = OwnedBlocks.of(state, nodes, verdicts, claims, overlapping);
    Drains drains = Drains.of(owned, state.history().surplusSince(), now);
    Set<Cidr> returned = returned(state.blocks(), drains);
    Releases releases = Releases.of(state.blocks(), nodes, returned, times, now);

    PoolSpace space = PoolSpace.of(verdicts);
    nodeAddresses.ranges().forEach(space::occupy);
    state.blocks().stream()
        .filter(block -> block.state() != Block.State.CLAIMED || isKept(block, claims, space))
        .forEach(block -> space.occupy(block.cidr()));
    MissingBlocks missing = MissingBlocks.of(state, nodes, space);
    space.takeLast(state.history().released());

    NodeQueue queue = NodeQueue.of(state, List.copyOf(verdicts.keySet()), owned, drains);
    List<BlockAnswer> answers = new ArrayList<>();
    for (BlockRequest request : queue.requests()) {
      answers.add(
          state.settling()
              ? BlockAnswer.none(request, SETTLING)
              : BlockAnswer.to(request, verdicts, space));
    }

    List<NewBlock> create = answers.stream().flatMap(answer -> answer.block().stream()).toList();
    return new AllocationPlan(
        create,
        drains.states(),
        claims.refused(),
        returned,
        drains.surplus(),
        releases.steps(),
        releases.delete(),
        overlapping,
        releases.owners(),
        missing.forget(),
        missing.lost(),
        missing.missing(),
        waiting(answers, queue),
        PoolReports.of(state, drains, create, answers, verdicts, space, nodeAddresses),
        Stream.of(releases.wakeAt(), drains.wakeAt())
            .flatMap(Optional::stream)
            .min(Comparator.naturalOrder()));
  }

  /**
   * Whether a claim keeps its block from others: one that is accepted, and one that only waits for
   * its node.
   */
  private static boolean isKept(Block claim, Claims claims, PoolSpace space) {
    return claims.accepted().contains(claim.cidr())
        || claims.nodeless().contains(claim.cidr()) && !space.poolsWith(claim.cidr()).isEmpty();
  }

  /** The blocks that are to be given back, and that no pod has an address of any more. */
  private static Set<Cidr> returned(List<Block> blocks, Drains drains) {
    return blocks.stream()
        .filter(block -> block.report().drained() && block.state() == Block.State.DRAINING)
        .filter(block -> drains.wanted(block) == Block.State.DRAINING)
        .map(Block::cidr)
        .collect(Collectors.toUnmodifiableSet());
  }

  private static List<Waiting> waiting(List<BlockAnswer> answers, NodeQueue queue) {
    return Stream.concat(
            answers.stream().flatMap(answer -> answer.waiting().stream()),
            queue.unselected().stream()
                .map(
                    node ->
                        new Waiting(
                            node.name(),
                            "no valid IPPool selects this node: make one, or change the nodeSelector of one;"
                                + " blocks that it has stay until then")))
        .toList();
  }
}
