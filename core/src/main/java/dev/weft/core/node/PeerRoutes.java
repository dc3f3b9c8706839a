// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import dev.weft.core.dataplane.NodeState;
import dev.weft.core.dataplane.Route;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.IpAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** How the other nodes' blocks are reached. */
final class PeerRoutes {
  private final NodeNetworks networks;
  private final Map<Cidr, Route> actual = new HashMap<>();

  PeerRoutes(NodeNetworks networks, NodeState actual) {
    this.networks = networks;
    for (Route route : actual.of(Route.KIND)) {
      if (route.purpose() == Route.Purpose.PEER) {
        this.actual.put(route.destination(), route);
      }
    }
  }

  /** How a peer's block is reached, or why it is not. */
  PeerReport report(Peer peer) {
    if (!peer.reachable()) {
      return noRoute(peer, peer.state() == Peer.State.RELEASING ? RELEASING : OVERLAPPING);
    }
    if (!peer.counts()) {
      return new PeerReport(
          peer,
          Optional.ofNullable(actual.get(peer.block())),
          Optional.of(peer.state() == Peer.State.CLAIMED ? CLAIMED : NOT_IN_POOL));
    }
    return nextHop(peer).map(hop -> via(peer, hop)).orElseGet(() -> untold(peer));
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
    return peer.state() == Peer.State.NEW_OWNER
        ? noRoute(peer, NO_ENDPOINT)
        : new PeerReport(
            peer, Optional.ofNullable(actual.get(peer.block())), Optional.of(NO_ENDPOINT));
  }

  private PeerReport via(Peer peer, IpAddress nextHop) {
    if (networks.isLocal(nextHop)) {
      String message = "its endpoint %s is an address of this node".formatted(nextHop);
      return noRoute(peer, new Blocker(Blocker.NEXT_HOP_IS_THIS_NODE, message));
    }
    Optional<Blocker> inWay = networks.inWayOfPeer(peer.block());
    Optional<String> device = networks.linkTo(nextHop);
    if (inWay.isEmpty() && device.isPresent()) {
      Route route = Route.toPeer(peer.block(), nextHop, device.get());
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
        "address %s of node %s is on no network that this node is connected to"
            .formatted(nextHop, peer.node());
    return new Blocker(Blocker.NEXT_HOP_NOT_ON_LINK, message);
  }

  private static final Blocker RELEASING =
      new Blocker(Blocker.RELEASING, "its node lost the block");
  private static final Blocker OVERLAPPING =
      new Blocker(Blocker.OVERLAPPING, "it overlaps an older block");
  private static final Blocker NOT_IN_POOL =
      new Blocker(Blocker.NOT_IN_POOL, "it lies outside its IPPool's range in force");
  private static final Blocker CLAIMED =
      new Blocker(Blocker.CLAIMED, "its node's agent claims it, and the operator has not agreed");
  private static final Blocker NO_ENDPOINT =
      new Blocker(
          Blocker.NO_ENDPOINT, "its node's agent has not reported an address of this family");

  private static PeerReport noRoute(Peer peer, Blocker blocker) {
    return new PeerReport(peer, Optional.empty(), Optional.of(blocker));
  }
}
