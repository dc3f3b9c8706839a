// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.path;

import dev.weft.agent.reconcile.ReconcileReport;
import dev.weft.core.dataplane.VxlanDevice;
import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import dev.weft.core.node.PeerReport;
import dev.weft.core.node.Tunnel;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The path to another node in one family, as a probe takes it.
 *
 * @param id whose it is
 * @param kind direct or through a tunnel
 * @param gateways between the first blocks of the two nodes, as what pods send goes
 * @param carrierBytes the longest packet that carries one of a tunnel, by this node's link; 0 where
 *     it is direct
 * @param nodes between the nodes' own addresses, as what carries it goes; empty where the other
 *     node's is not known
 */
record ProbedPath(
    Id id, PeerReport.Path kind, Ends gateways, int carrierBytes, Optional<Ends> nodes) {
  /** Whose path it is. */
  record Id(String node, Family family) {
    static Id of(PeerReport peer) {
      return new Id(peer.peer().node(), peer.peer().block().family());
    }
  }

  /** Where a datagram comes from, and where it goes. */
  record Ends(IpAddress from, IpAddress to) {}

  /** Whose paths can be probed: a route leads by them, and this node has a gateway to send from. */
  static Stream<Id> ids(ReconcileReport report) {
    Set<Family> own = gateways(report).keySet();
    return report.calculation().peers().stream()
        .filter(peer -> peer.path() != PeerReport.Path.NONE)
        .map(Id::of)
        .filter(id -> own.contains(id.family()));
  }

  /** Those of the paths that can be probed that are wanted. */
  static Map<Id, ProbedPath> of(ReconcileReport report, Predicate<Id> wanted) {
    Map<Family, IpAddress> own = gateways(report);
    Map<Id, ProbedPath> paths = new LinkedHashMap<>();
    for (PeerReport peer : report.calculation().peers()) {
      Id id = Id.of(peer);
      boolean routed = peer.path() != PeerReport.Path.NONE && own.containsKey(id.family());
      if (routed && wanted.test(id) && !paths.containsKey(id)) {
        Ends gateways = new Ends(own.get(id.family()), peer.peer().gateway());
        Optional<Ends> nodes = nodes(peer, report.view().nodeAddresses());
        paths.put(id, new ProbedPath(id, peer.path(), gateways, carrierBytes(peer), nodes));
      }
    }
    return paths;
  }

  private static int carrierBytes(PeerReport peer) {
    return peer.tunnel()
        .map(Tunnel::device)
        .map(device -> device.mtuBytes() + VxlanDevice.overheadBytes(device.underlay()))
        .orElse(0);
  }

  private static Map<Family, IpAddress> gateways(ReconcileReport report) {
    Map<Family, IpAddress> own = new EnumMap<>(Family.class);
    report.blocks().stream()
        .filter(block -> block.state().isProgrammed())
        .map(block -> block.gateway().address())
        .forEach(gateway -> own.putIfAbsent(gateway.family(), gateway));
    return own;
  }

  private static Optional<Ends> nodes(PeerReport peer, List<IpAddress> own) {
    Optional<IpAddress> other =
        peer.path() == PeerReport.Path.DIRECT
            ? peer.route().get().nextHop()
            : peer.tunnel().map(Tunnel::remote);
    return other.flatMap(
        to ->
            own.stream()
                .filter(from -> from.family() == to.family())
                .findFirst()
                .map(from -> new Ends(from, to)));
  }
}
