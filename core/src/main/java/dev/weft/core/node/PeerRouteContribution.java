// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import dev.weft.core.dataplane.NodeState;
import dev.weft.core.dataplane.Route;
import dev.weft.core.net.Cidr;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The routes to the other nodes' blocks. */
final class PeerRouteContribution implements Contribution {
  @Override
  public void addTo(NodeState.Builder desired, NodeInput node) {
    for (PeerReport peer : node.peers()) {
      peer.route().ifPresent(route -> desired.add(Route.KIND, route));
    }
    desired.addAll(Route.KIND, unknown(node, desired.of(Route.KIND)));
  }

  /**
   * The routes in the kernel to blocks that are in no list, as far as they stay. None lies over a
   * block of this node.
   */
  private static Set<Route> unknown(NodeInput node, Set<Route> desired) {
    Peers peers = node.view().peers();
    List<Route> others =
        node.actual().of(Route.KIND).stream()
            .filter(route -> route.purpose() == Route.Purpose.PEER && !desired.contains(route))
            .toList();
    if (!peers.keepOthers() || others.isEmpty()) {
      return Set.of();
    }
    Set<Cidr> known = new HashSet<>(peers.released());
    peers.known().forEach(peer -> known.add(peer.block()));
    List<Cidr> own = node.view().blocks().stream().map(OwnBlock::cidr).toList();
    Set<Route> kept = new HashSet<>();
    for (Route route : others) {
      Cidr block = route.destination();
      if (!known.contains(block)
          && known.stream().noneMatch(block::overlaps)
          && own.stream().noneMatch(block::overlaps)) {
        kept.add(route);
      }
    }
    return kept;
  }
}
