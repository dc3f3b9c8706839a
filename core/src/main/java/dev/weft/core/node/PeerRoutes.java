// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import dev.weft.core.dataplane.NodeState;
import dev.weft.core.dataplane.Route;
import dev.weft.core.dataplane.VxlanDevice;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.CidrSet;
import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * How the other nodes' blocks are reached. A path belongs to a node and a family: it follows the
 * strictest routing of the pools that either node has blocks of.
 */
final class PeerRoutes {
  /** Of a node that reports this endpoint: why nothing is sent there, or the tunnel. */
  private record Known(Endpoint endpoint, Optional<Blocker> refused, Optional<Tunnel> tunnel) {}

  private final ClusterView view;
  private final NodeNetworks networks;
  private final Tunnels tunnels;
  private final Map<Family, Routing> own;
  private final Map<Family, Map<String, Routing>> others = new EnumMap<>(Family.class);

  /** By node. Most nodes have a block of each family, and one endpoint for both. */
  private final Map<String, Known> known = new HashMap<>();

  private final Map<Cidr, Route> actual = new HashMap<>();
  private final Set<String> devices;
  private final TunnelSettings settings;
  private final List<Cidr> ownNetworks;

  private final Endpoints endpoints;

  PeerRoutes(
      ClusterView view,
      NodeNetworks networks,
      Tunnels tunnels,
      TunnelSettings settings,
      NodeState actual) {
    this.view = view;
    this.settings = settings;
    devices =
        actual.of(VxlanDevice.KIND).stream().map(VxlanDevice::name).collect(Collectors.toSet());
    this.networks = networks;
    this.tunnels = tunnels;
    ownNetworks = networks.networksOf(view.nodeAddresses());
    own = ownRouting(view);
    List<Cidr> all = new ArrayList<>();
    view.blocks().forEach(block -> all.add(block.cidr()));
    List<Peer> counting =
        view.peers().known().stream().filter(peer -> peer.reachable() && peer.counts()).toList();
    counting.forEach(peer -> all.add(peer.block()));
    endpoints = new Endpoints(new CidrSet(all));
    for (Family family : Family.values()) {
      others.put(family, new HashMap<>());
    }
    counting.forEach(
        peer -> {
          routingsOf(peer).merge(peer.node(), peer.routing(), Routing::stricter);
          endpoints.add(peer.node(), peer.endpoint());
        });
    for (Route route : actual.of(Route.KIND)) {
      if (route.purpose() == Route.Purpose.PEER) {
        this.actual.put(route.destination(), route);
      }
    }
  }

  /** The strictest routing of the pools that this node has blocks of, by family. */
  static Map<Family, Routing> ownRouting(ClusterView view) {
    Map<Family, Routing> own = new EnumMap<>(Family.class);
    view.blocks()
        .forEach(block -> own.merge(block.cidr().family(), block.routing(), Routing::stricter));
    return own;
  }

  /** How a peer's block is reached, or why it is not. */
  PeerReport report(Peer peer) {
    PeerReport report = path(peer);
    return report.blocker().isPresent() ? report : report.with(endpoints.warning(peer.endpoint()));
  }

  private PeerReport path(Peer peer) {
    if (!peer.reachable()) {
      return noRoute(peer, peer.state() == Peer.State.RELEASING ? RELEASING : OVERLAPPING);
    }
    if (!peer.counts()) {
      return new PeerReport(
          peer, Optional.ofNullable(actual.get(peer.block())), Optional.of(NOT_IN_POOL));
    }
    if (!peer.endpoint().isKnown()) {
      return untold(peer);
    }
    Optional<Blocker> refused = known(peer).refused();
    if (refused.isPresent()) {
      return noRoute(peer, refused.get());
    }
    return switch (routing(peer)) {
      case DIRECT -> direct(peer);
      case AUTO -> isOnLink(peer) ? direct(peer) : tunnelled(peer);
      case VXLAN -> tunnelled(peer);
    };
  }

  /** Why this node sends nothing to what another reports as its addresses. */
  private Optional<Blocker> refused(Endpoint endpoint) {
    if (endpoint.addresses().stream().anyMatch(networks::isLocal)) {
      String message = "its endpoint %s is an address of this node".formatted(endpoint.addresses());
      return Optional.of(new Blocker(Blocker.NEXT_HOP_IS_THIS_NODE, message));
    }
    return endpoints.refused(endpoint);
  }

  private Map<String, Routing> routingsOf(Peer peer) {
    return others.get(peer.block().family());
  }

  private Routing routing(Peer peer) {
    return routingsOf(peer)
        .getOrDefault(peer.node(), peer.routing())
        .stricter(own.getOrDefault(peer.block().family(), Routing.DIRECT));
  }

  /**
   * Whether this node and the peer's are on each other's link, by the block's family: by what the
   * kernel answers here, and by what each of the two reports of itself, so that both find the same.
   */
  private boolean isOnLink(Peer peer) {
    Family family = peer.block().family();
    Optional<IpAddress> there = nextHop(peer).filter(hop -> networks.linkTo(hop).isPresent());
    return there.isPresent()
        && (peer.endpoint().onLink().isEmpty()
            || ownNetworks.stream().anyMatch(network -> network.contains(there.get())))
        && view.nodeAddresses().stream()
            .filter(address -> address.family() == family)
            .anyMatch(peer.endpoint()::hasOnLink);
  }

  private PeerReport direct(Peer peer) {
    return nextHop(peer).map(hop -> via(peer, hop)).orElseGet(() -> untold(peer));
  }

  /**
   * Until both nodes have their ends of the tunnel, a route that is there stays, unless it leads to
   * an address that is not that node's any more.
   */
  private PeerReport tunnelled(Peer peer) {
    Optional<Tunnel> tunnel = known(peer).tunnel();
    Optional<Blocker> inWay = networks.inWayOfPeer(peer.block());
    Optional<Route> there =
        Optional.ofNullable(actual.get(peer.block()))
            .filter(
                route ->
                    route
                        .nextHop()
                        .filter(
                            hop -> hop.isLinkLocal() || peer.endpoint().addresses().contains(hop))
                        .isPresent());
    boolean made = tunnel.filter(to -> devices.contains(to.device().name())).isPresent();
    if (tunnel.isPresent() && inWay.isEmpty() && (made || there.isEmpty())) {
      return new PeerReport(
          peer, Optional.of(tunnel.get().routeTo(peer.block())), Optional.empty(), tunnel);
    }
    Blocker blocker =
        inWay
            .or(() -> tunnel.map(to -> notMade(to.device().name())))
            .orElseGet(() -> tunnels.blocker(peer.node(), peer.endpoint()));
    return new PeerReport(peer, there, Optional.of(blocker), tunnel);
  }

  private static Blocker notMade(String device) {
    return new Blocker(Blocker.NO_TUNNEL, "this node does not have %s (yet)".formatted(device));
  }

  private Known known(Peer peer) {
    Known before = known.get(peer.node());
    if (before != null && before.endpoint().equals(peer.endpoint())) {
      return before;
    }
    Optional<Blocker> refused = refused(peer.endpoint());
    Known found =
        new Known(
            peer.endpoint(),
            refused,
            refused.isEmpty() ? tunnels.to(peer.endpoint()) : Optional.empty());
    known.put(peer.node(), found);
    return found;
  }

  /** The device that this node needs for the tunnel to a peer; empty where none leads there. */
  Optional<VxlanDevice> deviceTo(Peer peer) {
    boolean tunnelled =
        peer.reachable()
            && peer.counts()
            && peer.endpoint().isKnown()
            && known(peer).refused().isEmpty()
            && (routing(peer) == Routing.VXLAN || routing(peer) == Routing.AUTO && !isOnLink(peer));
    return tunnelled ? tunnels.deviceTo(peer.endpoint()) : Optional.empty();
  }

  /** The address of the block's family that its node's agent reported. */
  static Optional<IpAddress> nextHop(Peer peer) {
    return peer.endpoint().address(peer.block().family());
  }

  /**
   * What an agent just restarted left in the kernel stays: an IPAllocation that was re-created has
   * no endpoint until its owner's agent writes it.
   */
  private PeerReport untold(Peer peer) {
    Blocker blocker = endpoints.refused(peer.endpoint()).orElse(NO_ENDPOINT);
    return peer.state() == Peer.State.NEW_OWNER
        ? noRoute(peer, blocker)
        : new PeerReport(peer, Optional.ofNullable(actual.get(peer.block())), Optional.of(blocker));
  }

  private PeerReport via(Peer peer, IpAddress nextHop) {
    Optional<Blocker> inWay = networks.inWayOfPeer(peer.block());
    Optional<String> device = networks.linkTo(nextHop);
    if (inWay.isEmpty() && device.isPresent()) {
      Route route = Route.toPeer(peer.block(), nextHop, device.get()).withMtu(settings.mtuBytes());
      return new PeerReport(peer, Optional.of(route), Optional.empty());
    }
    Blocker blocker = inWay.orElseGet(() -> notOnLink(peer, nextHop));
    Optional<Route> there =
        Optional.ofNullable(actual.get(peer.block()))
            .filter(route -> route.nextHop().equals(Optional.of(nextHop)));
    return new PeerReport(peer, there, Optional.of(blocker));
  }

  private static Blocker notOnLink(Peer peer, IpAddress nextHop) {
    String message =
        "address %s of node %s is on no network that this node is connected to;"
                .formatted(nextHop, peer.node())
            + " set the pool's spec.routing to Auto or VXLAN";
    return new Blocker(Blocker.NEXT_HOP_NOT_ON_LINK, message);
  }

  private static final Blocker RELEASING =
      new Blocker(Blocker.RELEASING, "its node lost the block");
  private static final Blocker OVERLAPPING =
      new Blocker(Blocker.OVERLAPPING, "it overlaps an older block");
  private static final Blocker NOT_IN_POOL =
      new Blocker(Blocker.NOT_IN_POOL, "it lies outside its IPPool's range in force");
  private static final Blocker NO_ENDPOINT =
      new Blocker(
          Blocker.NO_ENDPOINT, "its node's agent has not reported an address of this family");

  private static PeerReport noRoute(Peer peer, Blocker blocker) {
    return new PeerReport(peer, Optional.empty(), Optional.of(blocker));
  }
}
