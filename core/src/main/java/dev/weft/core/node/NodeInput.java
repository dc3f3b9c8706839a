// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import dev.weft.core.dataplane.Bridge;
import dev.weft.core.dataplane.HostPort;
import dev.weft.core.dataplane.NodeFacts;
import dev.weft.core.dataplane.NodeState;
import dev.weft.core.dataplane.VxlanDevice;
import dev.weft.core.net.Family;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/**
 * What is known when a node's desired state is calculated.
 *
 * @param view of the cluster
 * @param settings what nodes agree on for packets between them
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
    TunnelSettings settings,
    NodeNetworks networks,
    NodeFacts facts,
    List<Attachment> attachments,
    Set<HostPort> hostPorts,
    NodeState actual,
    List<OwnBlock> blocks,
    List<PeerReport> peers,
    Set<VxlanDevice> devices) {
  /** The MTU of pods where neither a setting, a link nor an earlier bridge has one. */
  private static final int DEFAULT_MTU_BYTES = 1500;

  /** What is known before anything is calculated. */
  static NodeInput of(
      ClusterView view,
      TunnelSettings settings,
      NodeFacts facts,
      Collection<Attachment> attachments,
      Set<HostPort> hostPorts,
      NodeState actual) {
    NodeNetworks networks = new NodeNetworks(facts);
    PeerRoutes peerRoutes =
        new PeerRoutes(
            view, networks, new Tunnels(view, facts, networks, settings), settings, actual);
    int mtuBytes = podMtuBytes(view, settings, networks, actual);
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
        settings,
        networks,
        facts,
        List.copyOf(attachments),
        hostPorts,
        actual,
        view.blocks().stream()
            .map(
                block ->
                    block.state().isProgrammed()
                        ? unlessTooSmall(networks.unlessInTheWay(block), mtuBytes)
                        : block)
            .toList(),
        reports,
        Set.copyOf(devices));
  }

  /** The MTU of a new pod: the setting, else that of the links that carry the node's addresses. */
  int podMtuBytes() {
    return podMtuBytes(view, settings, networks, actual);
  }

  private static int podMtuBytes(
      ClusterView view, TunnelSettings settings, NodeNetworks networks, NodeState actual) {
    if (settings.mtuBytes() != 0) {
      return settings.mtuBytes();
    }
    int before = actual.only(Bridge.KIND).map(Bridge::mtuBytes).orElse(DEFAULT_MTU_BYTES);
    return networks.mtuOf(view.nodeAddresses()).orElse(before);
  }

  private static OwnBlock unlessTooSmall(OwnBlock block, int mtuBytes) {
    return block.cidr().family() == Family.IPV6 && mtuBytes < Tunnels.LEAST_MTU_BYTES
        ? block.with(
            BlockState.MTU_TOO_SMALL,
            "pods would have MTU %d, and IPv6 needs %d: set a larger `mtu`, or raise that of the node's link"
                .formatted(mtuBytes, Tunnels.LEAST_MTU_BYTES))
        : block;
  }
}
