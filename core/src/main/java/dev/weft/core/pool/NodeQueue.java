// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import dev.weft.core.net.Family;
import dev.weft.core.pool.BlockRequest.Need;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The nodes that should have a block, in the order in which they are served: by (creationTimestamp,
 * name), those without a block of a family first, then those that are to give their last back.
 *
 * @param requests in this order
 * @param unselected nodes that no pool with a layout selects and that have no block that they are
 *     to keep, in this order
 */
record NodeQueue(List<BlockRequest> requests, List<ClusterNode> unselected) {

  /**
   * Reads who needs a block.
   *
   * @param pools oldest first
   */
  static NodeQueue of(ClusterState state, List<Pool> pools, OwnedBlocks owned, Drains drains) {
    List<ClusterNode> nodes =
        state.nodes().stream()
            .filter(node -> state.platforms().include(node.labels()))
            .sorted(ClusterNode.BY_AGE)
            .toList();
    Map<Need, List<BlockRequest>> requests = new EnumMap<>(Need.class);
    for (ClusterNode node : nodes) {
      for (Family family : Family.values()) {
        List<Block> blocks = owned.of(node.name(), family);
        need(blocks, owned, drains)
            .ifPresent(
                need ->
                    requests
                        .computeIfAbsent(need, any -> new ArrayList<>())
                        .add(
                            new BlockRequest(
                                node,
                                family,
                                need,
                                pools.stream().filter(pool -> pool.offers(family, node)).toList(),
                                leaving(blocks, owned),
                                blocks.stream()
                                    .collect(
                                        Collectors.groupingBy(
                                            Block::pool, Collectors.counting())))));
      }
    }
    return new NodeQueue(
        requests.values().stream()
            .flatMap(List::stream)
            .filter(request -> request.need() != Need.FIRST || !request.pools().isEmpty())
            .toList(),
        nodes.stream()
            .filter(node -> owned.keepsNone(node.name()))
            .filter(node -> pools.stream().noneMatch(pool -> pool.selects(node)))
            .toList());
  }

  /** Why a node needs a block besides these of one family; empty: it does not. */
  private static Optional<Need> need(List<Block> blocks, OwnedBlocks owned, Drains drains) {
    if (blocks.isEmpty()) {
      return Optional.of(Need.FIRST);
    }
    List<Block> kept =
        blocks.stream()
            .filter(block -> !owned.isLeaving(block))
            .filter(block -> drains.wanted(block) != Block.State.DRAINING)
            .toList();
    if (kept.isEmpty()) {
      return Optional.of(Need.REPLACEMENT);
    }
    return kept.stream().allMatch(block -> block.report().pressure())
        ? Optional.of(Need.FURTHER)
        : Optional.empty();
  }

  private static Set<String> leaving(List<Block> blocks, OwnedBlocks owned) {
    return blocks.stream()
        .filter(owned::isLeaving)
        .map(Block::pool)
        .collect(Collectors.toUnmodifiableSet());
  }
}
