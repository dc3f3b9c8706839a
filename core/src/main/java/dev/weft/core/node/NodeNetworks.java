// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import dev.weft.core.dataplane.NodeFacts;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.InterfaceAddress;
import dev.weft.core.net.IpAddress;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;

/** What the node is connected to, in our own types. */
final class NodeNetworks {
  private record Connected(String device, InterfaceAddress address, Cidr network) {}

  private final NodeFacts facts;
  private final List<Connected> connected;
  private final Set<IpAddress> own;

  NodeNetworks(NodeFacts facts) {
    this.facts = facts;
    this.connected =
        facts.interfaces().stream()
            .flatMap(
                link ->
                    link.addresses().stream().map(a -> new Connected(link.name(), a, a.network())))
            .toList();
    this.own = connected.stream().map(c -> c.address().address()).collect(Collectors.toSet());
  }

  /** The link over which the kernel reaches an address without a gateway. */
  Optional<String> linkTo(IpAddress address) {
    return Optional.ofNullable(facts.onLink().get(address));
  }

  /** The largest packet to an address, in bytes, where the kernel knows it. */
  OptionalInt pathMtuTo(IpAddress address) {
    Integer known = facts.pathMtus().get(address);
    return known == null ? OptionalInt.empty() : OptionalInt.of(known);
  }

  boolean isLocal(IpAddress address) {
    return own.contains(address);
  }

  /** The link that carries an address of this node. */
  Optional<NodeFacts.Interface> linkOf(IpAddress local) {
    return facts.interfaces().stream()
        .filter(link -> link.addresses().stream().anyMatch(a -> a.address().equals(local)))
        .findFirst();
  }

  /** The networks that some of this node's addresses are on. */
  List<Cidr> networksOf(Collection<IpAddress> addresses) {
    return connected.stream()
        .filter(c -> addresses.contains(c.address().address()))
        .map(Connected::network)
        .distinct()
        .toList();
  }

  /** The least MTU of the links that carry one of the addresses. */
  OptionalInt mtuOf(Collection<IpAddress> addresses) {
    return facts.interfaces().stream()
        .filter(link -> link.addresses().stream().anyMatch(a -> addresses.contains(a.address())))
        .mapToInt(NodeFacts.Interface::mtuBytes)
        .min();
  }

  /** A block of this node as it is, unless something on the node keeps this node from it. */
  OwnBlock unlessInTheWay(OwnBlock block) {
    Cidr cidr = block.cidr();
    return connectedTo(cidr)
        .map(blocker -> block.with(BlockState.NODE_NETWORK, blocker.message()))
        .or(
            () ->
                facts.foreignRoutes().stream()
                    .filter(cidr::contains)
                    .sorted()
                    .findFirst()
                    .map(
                        route ->
                            block.with(
                                BlockState.FOREIGN_ROUTE,
                                "a route to %s that is not ours lies in block %s"
                                    .formatted(route, cidr))))
        .orElse(block);
  }

  /** Why no route of ours can lead to another node's block. */
  Optional<Blocker> inWayOfPeer(Cidr block) {
    if (facts.foreignRoutes().contains(block)) {
      String message = "a route to %s that is not ours is there already".formatted(block);
      return Optional.of(new Blocker(Blocker.FOREIGN_ROUTE, message));
    }
    return connectedTo(block);
  }

  private Optional<Blocker> connectedTo(Cidr block) {
    for (Connected link : connected) {
      if (link.network().overlaps(block)) {
        return Optional.of(
            new Blocker(
                Blocker.NODE_NETWORK,
                "block %s overlaps the network of %s on %s"
                    .formatted(block, link.address(), link.device())));
      }
    }
    return Optional.empty();
  }
}
