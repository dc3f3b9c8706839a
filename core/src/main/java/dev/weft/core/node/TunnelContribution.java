// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import dev.weft.core.dataplane.Gateway;
import dev.weft.core.dataplane.Kind;
import dev.weft.core.dataplane.NextHop;
import dev.weft.core.dataplane.NodeState;
import dev.weft.core.dataplane.Route;
import dev.weft.core.dataplane.TunnelAddress;
import dev.weft.core.dataplane.TunnelEnd;
import dev.weft.core.dataplane.TunnelNeighbour;
import dev.weft.core.dataplane.TunnelPeer;
import dev.weft.core.dataplane.TunnelRules;
import dev.weft.core.dataplane.VxlanDevice;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.IpAddress;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What the routes to the other nodes' blocks lead through: their next hops; and where these are
 * tunnels, a VXLAN device for each family that they lead over, with the gateways' addresses, and
 * where it sends what. What a route needs that stays, stays.
 */
final class TunnelContribution implements Contribution {
  @Override
  public void addTo(NodeState.Builder desired, NodeInput node) {
    Set<NextHop> hops = new HashSet<>();
    desired.of(Route.KIND).forEach(route -> route.sharedNextHop().ifPresent(hops::add));
    desired.addAll(NextHop.KIND, hops);
    Set<Tunnel> tunnels = Collections.newSetFromMap(new IdentityHashMap<>());
    node.peers().forEach(peer -> peer.tunnel().ifPresent(tunnels::add));
    for (Tunnel tunnel : tunnels) {
      desired.add(TunnelEnd.KIND, tunnel.end());
      desired.add(TunnelNeighbour.KIND, tunnel.neighbour());
    }
    keep(desired, node, hops);
    Set<VxlanDevice> devices = devices(desired, node, hops);
    if (!devices.isEmpty()) {
      addRules(desired, node, devices);
    }
    for (VxlanDevice device : devices) {
      desired.add(VxlanDevice.KIND, device);
      for (Gateway gateway : desired.of(Gateway.KIND)) {
        desired.add(
            TunnelAddress.KIND, new TunnelAddress(device.name(), gateway.address().address()));
      }
    }
  }

  /** Entries in the kernel by which a route goes on that no tunnel of a peer is known for. */
  private static void keep(NodeState.Builder desired, NodeInput node, Set<NextHop> hops) {
    List<TunnelNeighbour> others =
        node.actual().of(TunnelNeighbour.KIND).stream()
            .filter(entry -> !desired.of(TunnelNeighbour.KIND).contains(entry))
            .filter(entry -> hops.contains(new NextHop(entry.address(), entry.device())))
            .toList();
    if (others.isEmpty()) {
      return;
    }
    Set<Object> known = keys(TunnelNeighbour.KIND, desired.of(TunnelNeighbour.KIND));
    Set<Object> knownEnds = keys(TunnelEnd.KIND, desired.of(TunnelEnd.KIND));
    Set<TunnelEnd.Key> kept = new HashSet<>();
    for (TunnelNeighbour entry : others) {
      if (!known.contains(TunnelNeighbour.KIND.key(entry))) {
        desired.add(TunnelNeighbour.KIND, entry);
        kept.add(new TunnelEnd.Key(entry.device(), entry.mac()));
      }
    }
    node.actual().of(TunnelEnd.KIND).stream()
        .filter(end -> kept.contains(end.key()) && !knownEnds.contains(end.key()))
        .forEach(end -> desired.add(TunnelEnd.KIND, end));
  }

  private static <T> Set<Object> keys(Kind<T> kind, Set<T> objects) {
    return objects.stream().map(kind::key).collect(Collectors.toSet());
  }

  /**
   * Where packets of tunnels come from: the pools, and blocks outside of them that are served or
   * have a route. What leads there stays although its pool is gone, and after a restart no pool
   * that is gone is known.
   */
  private static Set<Cidr> sources(NodeState.Builder desired, Set<Cidr> own, Set<Cidr> pools) {
    Set<Cidr> sources = new HashSet<>(pools);
    Stream<Cidr> others =
        desired.of(Route.KIND).stream()
            .filter(route -> route.purpose() == Route.Purpose.PEER)
            .map(Route::destination);
    Stream.concat(own.stream(), others)
        .filter(block -> pools.stream().noneMatch(pool -> pool.contains(block)))
        .forEach(sources::add);
    return sources;
  }

  /** Who may send into the tunnels: while that is not known, who did. */
  private static void addRules(
      NodeState.Builder desired, NodeInput node, Set<VxlanDevice> devices) {
    Optional<TunnelRules> before = node.actual().only(TunnelRules.KIND);
    Set<Cidr> own =
        desired.of(Gateway.KIND).stream()
            .map(gateway -> gateway.address().network())
            .collect(Collectors.toSet());
    int port = devices.iterator().next().port();
    Set<IpAddress> ends = devices.stream().map(VxlanDevice::local).collect(Collectors.toSet());
    node.view()
        .masquerade()
        .map(known -> sources(desired, own, known.pools()))
        .map(sources -> TunnelRules.of(new TunnelRules.Content(port, ends, own, sources)))
        .or(() -> before)
        .ifPresent(rules -> desired.add(TunnelRules.KIND, rules));
    node.peers().stream()
        .filter(report -> report.peer().counts() && report.isEndpointAccepted())
        .flatMap(report -> report.peer().endpoint().addresses().stream())
        .forEach(address -> desired.add(TunnelPeer.KIND, new TunnelPeer(address)));
    Set<IpAddress> needed =
        desired.of(TunnelEnd.KIND).stream().map(TunnelEnd::remote).collect(Collectors.toSet());
    node.actual().of(TunnelPeer.KIND).stream()
        .filter(peer -> !node.view().listed() || needed.contains(peer.address()))
        .forEach(peer -> desired.add(TunnelPeer.KIND, peer));
  }

  private static Set<VxlanDevice> devices(
      NodeState.Builder desired, NodeInput node, Set<NextHop> hops) {
    Set<VxlanDevice> devices = new HashSet<>(node.devices());
    for (VxlanDevice device : node.actual().of(VxlanDevice.KIND)) {
      boolean used = hops.stream().anyMatch(hop -> hop.device().equals(device.name()));
      boolean made = devices.stream().anyMatch(one -> one.underlay() == device.underlay());
      if (!made && (used || !node.view().listed())) {
        devices.add(device);
      }
    }
    return devices;
  }
}
