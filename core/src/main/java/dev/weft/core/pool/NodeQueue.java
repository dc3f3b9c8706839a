// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import dev.weft.core.net.Family;
import dev.weft.core.pool.BlockRequest.Need;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * The nodes that should have a block, in the order in which they are served: by (creationTimestamp,
 * name), those without a block of a family first.
 *
 * @param requests in this order
 * @param unselected nodes that no pool with a layout selects and that have no block, in this order
 */
record NodeQueue(List<BlockRequest> requests, List<ClusterNode> unselected) {

  /**
   * Reads who needs a block.
   *
   * @param pools oldest first
   * @param blocksByNode the blocks that count, by the name of the node that they belong to
   */
  static NodeQueue of(ClusterState state, List<Pool> pools, Map<String, List<Block>> blocksByNode) {
    List<ClusterNode> nodes =
        state.nodes().stream()
            .filter(node -> state.platforms().include(node.labels()))
            .sorted(ClusterNode.BY_AGE)
            .toList();
    List<BlockRequest> first =
        requests(nodes, Need.FIRST, pools)
            .filter(request -> blocks(request, blocksByNode).isEmpty())
            .toList();
    List<BlockRequest> further =
        requests(nodes, Need.FURTHER, pools)
            .filter(request -> isPressed(blocks(request, blocksByNode)))
            .toList();
    return new NodeQueue(
        Stream.of(first, further).flatMap(List::stream).toList(),
        nodes.stream()
            .filter(node -> !blocksByNode.containsKey(node.name()))
            .filter(node -> pools.stream().noneMatch(pool -> pool.selects(node)))
            .toList());
  }

  private static Stream<BlockRequest> requests(
      List<ClusterNode> nodes, Need need, List<Pool> pools) {
    Function<ClusterNode, Stream<BlockRequest>> ofNode =
        node ->
            Arrays.stream(Family.values())
                .map(
                    family ->
                        new BlockRequest(
                            node,
                            family,
                            need,
                            pools.stream().filter(pool -> pool.offers(family, node)).toList()));
    return nodes.stream().flatMap(ofNode);
  }

  private static boolean isPressed(List<Block> blocks) {
    return !blocks.isEmpty() && blocks.stream().allMatch(Block::pressure);
  }

  private static List<Block> blocks(BlockRequest request, Map<String, List<Block>> blocksByNode) {
    return blocksByNode.getOrDefault(request.node().name(), List.of()).stream()
        .filter(block -> block.cidr().family() == request.family())
        .toList();
  }
}
