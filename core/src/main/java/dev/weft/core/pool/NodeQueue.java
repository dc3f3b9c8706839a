// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import dev.weft.core.net.Family;
import dev.weft.core.pool.BlockRequest.Need;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;
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
    Stream<BlockRequest> first =
        requests(nodes, Need.FIRST, pools, blocksByNode, List::isEmpty)
            .filter(request -> !request.pools().isEmpty());
    Stream<BlockRequest> further =
        requests(nodes, Need.FURTHER, pools, blocksByNode, NodeQueue::isPressed);
    return new NodeQueue(
        Stream.concat(first, further).toList(),
        nodes.stream()
            .filter(node -> !blocksByNode.containsKey(node.name()))
            .filter(node -> pools.stream().noneMatch(pool -> pool.selects(node)))
            .toList());
  }

  /** Of the nodes and families that need one by their blocks. */
  private static Stream<BlockRequest> requests(
      List<ClusterNode> nodes,
      Need need,
      List<Pool> pools,
      Map<String, List<Block>> blocksByNode,
      Predicate<List<Block>> isNeeded) {
    Function<ClusterNode, Stream<BlockRequest>> ofNode =
        node ->
            Arrays.stream(Family.values())
                .filter(family -> isNeeded.test(blocks(node, family, blocksByNode)))
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

  private static List<Block> blocks(
      ClusterNode node, Family family, Map<String, List<Block>> blocksByNode) {
    return blocksByNode.getOrDefault(node.name(), List.of()).stream()
        .filter(block -> block.cidr().family() == family)
        .toList();
  }
}
