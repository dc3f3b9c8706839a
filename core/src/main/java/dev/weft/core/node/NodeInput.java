// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import dev.weft.core.dataplane.HostPort;
import dev.weft.core.dataplane.NodeFacts;
import dev.weft.core.dataplane.NodeState;
import dev.weft.core.dataplane.VxlanDevice;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/**
 * What is known when a node's desired state is calculated.
 *
 * @param view of the cluster
 * @param networks what the node's own network leaves us
 * @param facts of the node's network that is not ours
 * @param attachments the pods' interfaces
 * @param hostPorts the host ports that lead to them
 * @param actual the state as it is: what stays of it depends on what is known
 * @param blocks this node's blocks, as far as the node's own network lets them be served
 * @param peers how the other nodes' blocks are reached
 * @param devices the VXLAN devices that tunnels to other nodes need
 */
record NodeInput(
    ClusterView view,
    NodeNetworks networks,
    NodeFacts facts,
    List<Attachment> attachments,
    Set<HostPort> hostPorts,
    NodeState actual,
    List<OwnBlock> blocks,
    List<PeerReport> peers,
    Set<VxlanDevice> devices) {
  /** What is known before anything is calculated. */
  static NodeInput of(
      ClusterView view,
      TunnelSettings tunnels,
      NodeFacts facts,
      Collection<Attachment> attachments,
      Set<HostPort> hostPorts,
      NodeState actual) {
    NodeNetworks networks = new NodeNetworks(facts);
    PeerRoutes peerRoutes =
        new PeerRoutes(view, networks, new Tunnels(view, networks, tunnels), actual);
    List<PeerReport> reports = view.peers().known().stream().map(peerRoutes::report).toList();
    Set<VxlanDevice> devices = Collections.newSetFromMap(new IdentityHashMap<>());
    for (PeerReport report : reports) {
      report
          .tunnel()
          .map(Tunnel::device)
          .or(() -> peerRoutes.deviceTo(report.peer()))
          .ifPresent(devices::add);
    }
    return new NodeInput(
        view,
        networks,
        facts,
        List.copyOf(attachments),
        hostPorts,
        actual,
        view.blocks().stream()
            .map(block -> block.state().isProgrammed() ? networks.unlessInTheWay(block) : block)
            .toList(),
        reports,
        Set.copyOf(devices));
  }
}
