// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane;

import dev.weft.agent.dataplane.DataplaneException.Reason;
import dev.weft.core.dataplane.NodeFacts;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.Family;
import dev.weft.core.net.InterfaceAddress;
import dev.weft.netlink.NetlinkException;
import dev.weft.netlink.NetlinkSocket;
import dev.weft.netlink.nft.ChainInfo;
import dev.weft.netlink.nft.ForwardChainQuery;
import dev.weft.netlink.route.AddressInfo;
import dev.weft.netlink.route.AddressQuery;
import dev.weft.netlink.route.LinkInfo;
import dev.weft.netlink.route.LinkQuery;
import dev.weft.netlink.route.LinkRef;
import dev.weft.netlink.route.RouteInfo;
import dev.weft.netlink.route.RouteQuery;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Reads what of the node's network is not ours. Nothing of it is ever written. */
final class FactsReader {
  private static final Path IPV4_FORWARDING = Path.of("/proc/sys/net/ipv4/ip_forward");
  private static final Path IPV6_FORWARDING = Path.of("/proc/sys/net/ipv6/conf/all/forwarding");

  private final NetlinkSocket route;
  private final NetlinkSocket nft;

  FactsReader(NetlinkSocket route, NetlinkSocket nft) {
    this.route = route;
    this.nft = nft;
  }

  NodeFacts read() throws NetlinkException, DataplaneException {
    List<LinkInfo> links = route.dump(LinkQuery.all());
    Set<Integer> ours =
        links.stream()
            .filter(link -> Ownership.isBridge(link) || Ownership.isPort(link))
            .map(LinkInfo::index)
            .collect(Collectors.toSet());
    return new NodeFacts(
        interfaces(links, ours), foreignRoutes(ours), forwarding(), forwardDrops());
  }

  private List<NodeFacts.Interface> interfaces(List<LinkInfo> links, Set<Integer> ours)
      throws NetlinkException {
    List<AddressInfo> addresses = route.dump(AddressQuery.all());
    List<NodeFacts.Interface> interfaces = new ArrayList<>();
    for (LinkInfo link : links) {
      if (ours.contains(link.index()) || link.index() == LinkRef.LOOPBACK.index()) {
        continue;
      }
      List<InterfaceAddress> own =
          addresses.stream()
              .filter(address -> address.link() == link.index())
              .map(AddressInfo::address)
              .filter(address -> !address.address().isLinkLocal())
              .toList();
      if (!own.isEmpty()) {
        interfaces.add(new NodeFacts.Interface(link.name(), link.mtuBytes(), own));
      }
    }
    return interfaces;
  }

  /** What lies on our own devices is no fact to live with but for the loop to repair. */
  private Set<Cidr> foreignRoutes(Set<Integer> ours) throws NetlinkException {
    Set<Cidr> destinations = new HashSet<>();
    for (Family family : Family.values()) {
      for (RouteInfo found : route.dump(RouteQuery.main(family))) {
        Cidr destination = found.destination();
        if (!found.ours()
            && !ours.contains(found.link())
            && destination.prefixLength() > 0
            && !destination.address().isLinkLocal()) {
          destinations.add(destination);
        }
      }
    }
    return destinations;
  }

  private List<String> forwardDrops() throws NetlinkException {
    return nft.dump(new ForwardChainQuery()).stream()
        .filter(ChainInfo::drops)
        .map(ChainInfo::toString)
        .toList();
  }

  private static Set<Family> forwarding() throws DataplaneException {
    Set<Family> families = EnumSet.noneOf(Family.class);
    if (isOn(IPV4_FORWARDING)) {
      families.add(Family.IPV4);
    }
    if (isOn(IPV6_FORWARDING)) {
      families.add(Family.IPV6);
    }
    return families;
  }

  /** A kernel without the family has no such file. */
  private static boolean isOn(Path setting) throws DataplaneException {
    try {
      return Files.exists(setting) && !Files.readString(setting).strip().equals("0");
    } catch (IOException e) {
      throw new DataplaneException(Reason.OTHER, "read " + setting + ": " + e.getMessage(), e);
    }
  }
}
