// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import dev.weft.core.dataplane.Change;
import dev.weft.core.dataplane.NodeFacts;
import dev.weft.core.dataplane.NodeState;
import dev.weft.core.dataplane.Route;
import dev.weft.core.dataplane.TunnelEnd;
import dev.weft.core.dataplane.TunnelPeer;
import dev.weft.core.net.IpAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What can be written at once for nodes that have other addresses now, before all is read and
 * compared, which takes some 10 ms in a large cluster: the new ends of their tunnels. Only tunnels
 * whose routes stay as they are; and nothing is removed. The run of the loop that follows makes the
 * rest, and finds out whether this was right.
 */
public final class MovedPeers {
  private MovedPeers() {}

  /**
   * Calculates it.
   *
   * @param last the view of the last run
   * @param tunnels what this cluster's tunnels are like
   * @param facts of the last run
   * @param programmed the state that the last run left
   * @param moved every block of nodes that moved, as they are now
   */
  public static List<Change<?>> changes(
      ClusterView last,
      TunnelSettings tunnels,
      NodeFacts facts,
      NodeState programmed,
      List<Peer> moved) {
    ClusterView view =
        new ClusterView(
            last.listed(),
            last.blocks(),
            new Peers(moved, Set.of(), false),
            last.masquerade(),
            last.pending(),
            last.nodeAddresses(),
            last.nodeUid(),
            last.tunnelUid());
    NodeNetworks networks = new NodeNetworks(facts);
    PeerRoutes routes =
        new PeerRoutes(
            view, networks, new Tunnels(view, facts, networks, tunnels), tunnels, NodeState.EMPTY);
    Set<TunnelEnd> ends = new HashSet<>();
    Set<IpAddress> addresses = new HashSet<>();
    for (Peer peer : moved) {
      PeerReport report = routes.report(peer);
      boolean sameRoute =
          report.blocker().isEmpty()
              && report.route().filter(programmed.of(Route.KIND)::contains).isPresent();
      if (sameRoute && report.tunnel().isPresent()) {
        ends.add(report.tunnel().get().end());
        addresses.addAll(peer.endpoint().addresses());
      }
    }
    List<Change<?>> changes = new ArrayList<>();
    for (IpAddress address : addresses) {
      TunnelPeer peer = new TunnelPeer(address);
      if (!programmed.of(TunnelPeer.KIND).contains(peer)) {
        changes.add(Change.add(TunnelPeer.KIND, peer));
      }
    }
    for (TunnelEnd end : ends) {
      programmed.of(TunnelEnd.KIND).stream()
          .filter(there -> there.mac().equals(end.mac()) && there.device().equals(end.device()))
          .filter(there -> !there.equals(end))
          .forEach(there -> changes.add(Change.replace(TunnelEnd.KIND, there, end)));
    }
    return changes;
  }
}
