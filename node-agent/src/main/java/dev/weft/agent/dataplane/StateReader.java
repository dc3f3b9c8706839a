// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane;

import dev.weft.core.dataplane.AntiSpoofEntry;
import dev.weft.core.dataplane.Bridge;
import dev.weft.core.dataplane.Foreign;
import dev.weft.core.dataplane.HostPort;
import dev.weft.core.dataplane.Neighbour;
import dev.weft.core.dataplane.NodeState;
import dev.weft.core.dataplane.Port;
import dev.weft.core.dataplane.Route;
import dev.weft.core.dataplane.Rules;
import dev.weft.core.net.Family;
import dev.weft.core.net.InterfaceAddress;
import dev.weft.core.net.MacAddress;
import dev.weft.core.node.Attachment;
import dev.weft.netlink.NetlinkException;
import dev.weft.netlink.NetlinkSocket;
import dev.weft.netlink.libc.Errno;
import dev.weft.netlink.nft.SetKey;
import dev.weft.netlink.nft.SetQuery;
import dev.weft.netlink.route.AddressInfo;
import dev.weft.netlink.route.AddressQuery;
import dev.weft.netlink.route.BridgeSettings;
import dev.weft.netlink.route.FdbInfo;
import dev.weft.netlink.route.FdbQuery;
import dev.weft.netlink.route.LinkInfo;
import dev.weft.netlink.route.LinkQuery;
import dev.weft.netlink.route.NeighbourInfo;
import dev.weft.netlink.route.NeighbourQuery;
import dev.weft.netlink.route.PortSettings;
import dev.weft.netlink.route.RouteInfo;
import dev.weft.netlink.route.RouteQuery;
import dev.weft.netlink.route.RouteType;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Reads what of the node's network is ours, by dumps. */
final class StateReader {
  private static final BridgeSettings FILTERS_ALL =
      new BridgeSettings(ChangeApplier.GROUP_FORWARD_MASK);

  private final NetlinkSocket route;
  private final NetlinkSocket nft;
  private final NftTables tables;

  StateReader(NetlinkSocket route, NetlinkSocket nft, NftTables tables) {
    this.route = route;
    this.nft = nft;
    this.tables = tables;
  }

  NodeState read() throws NetlinkException, DataplaneException {
    List<LinkInfo> links = route.dump(LinkQuery.all());
    Optional<LinkInfo> bridge = links.stream().filter(Ownership::isBridge).findFirst();
    Set<FdbInfo> fdb = new HashSet<>();
    if (bridge.isPresent()) {
      fdb.addAll(route.dump(new FdbQuery(bridge.get().index())));
    }
    List<AddressInfo> addresses = bridge.isPresent() ? addresses(bridge.get()) : List.of();
    HostPorts table = new HostPorts(nft);
    HostPorts.Read hostPorts = table.read();
    Optional<Rules> written = tables.read();
    return new NodeState(
        bridge.isPresent() ? Optional.of(bridge(bridge.get(), fdb, addresses)) : Optional.empty(),
        ports(links, bridge, fdb),
        routes(links),
        bridge.isPresent() ? neighbours(bridge.get()) : Set.of(),
        antiSpoof(),
        hostPorts.hostPorts(),
        table.readNodeAddresses(),
        hostPorts.paired() ? written : written.map(any -> Rules.ALTERED),
        bridge.isPresent() ? foreign(bridge.get(), addresses) : Set.of());
  }

  private List<AddressInfo> addresses(LinkInfo bridge) throws NetlinkException {
    return route.dump(AddressQuery.of(bridge.index())).stream()
        .filter(found -> !found.address().address().isLinkLocal())
        .toList();
  }

  private Set<Foreign> foreign(LinkInfo bridge, List<AddressInfo> addresses)
      throws NetlinkException {
    Set<Foreign> foreign = new HashSet<>();
    for (AddressInfo found : addresses) {
      if (!found.noPrefixRoute()) {
        foreign.add(new Foreign.Address(found.address()));
      }
    }
    for (Family family : Family.values()) {
      for (RouteInfo found : route.dump(RouteQuery.by(family, bridge.index()))) {
        if (!found.ours() && !found.destination().address().isLinkLocal()) {
          foreign.add(new Foreign.Way(found.destination(), found.protocol(), found.metric()));
        }
      }
    }
    return foreign;
  }

  private static Bridge bridge(LinkInfo link, Set<FdbInfo> fdb, List<AddressInfo> addresses) {
    // An address that brought a route to its prefix is not a gateway as we make them.
    Set<InterfaceAddress> gateways =
        addresses.stream()
            .filter(AddressInfo::noPrefixRoute)
            .map(AddressInfo::address)
            .collect(Collectors.toSet());
    MacAddress mac = link.mac().orElse(new MacAddress(0));
    boolean takesFrames =
        link.up()
            && link.bridge().stream().anyMatch(FILTERS_ALL::equals)
            && fdb.stream().anyMatch(entry -> entry.isOfBridge() && entry.mac().equals(mac));
    return new Bridge(mac, link.mtuBytes(), takesFrames, gateways);
  }

  private static Map<String, Port> ports(
      List<LinkInfo> links, Optional<LinkInfo> bridge, Set<FdbInfo> fdb) {
    int master = bridge.map(LinkInfo::index).orElse(-1);
    Map<String, Port> ports = new HashMap<>();
    for (LinkInfo link : links) {
      if (Ownership.isPort(link)) {
        Optional<Attachment> attachment = Ownership.attachment(link);
        boolean whole = attachment.isPresent() && isWhole(link, attachment.get(), master, fdb);
        ports.put(link.name(), new Port(link.name(), attachment, whole, link.mtuBytes()));
      }
    }
    return ports;
  }

  /** Whether the port is up, in its group, on the bridge, with its settings and its FDB entry. */
  static boolean isWhole(LinkInfo link, Attachment attachment, int master, Set<FdbInfo> fdb) {
    return link.up()
        && link.group() == Ownership.PORT_GROUP
        && link.master() == master
        && link.port().equals(Optional.of(PortSettings.ROUTED))
        && fdb.stream()
            .anyMatch(
                entry ->
                    entry.isStatic()
                        && entry.port() == link.index()
                        && entry.mac().equals(attachment.mac()));
  }

  private Set<Route> routes(List<LinkInfo> links) throws NetlinkException {
    Map<Integer, String> names =
        links.stream().collect(Collectors.toMap(LinkInfo::index, LinkInfo::name));
    Set<Route> routes = new HashSet<>();
    for (Family family : Family.values()) {
      for (RouteInfo found : route.dump(RouteQuery.ours(family))) {
        routes.add(route(found, names.getOrDefault(found.link(), "")));
      }
    }
    return routes;
  }

  private static Route route(RouteInfo found, String device) {
    if (found.type() != RouteType.UNICAST) {
      return Route.unreachable(found.destination());
    }
    return found
        .gateway()
        .map(gateway -> Route.toPeer(found.destination(), gateway, device))
        .orElseGet(
            () ->
                new Route(
                    found.destination(),
                    Route.Kind.POD,
                    Optional.empty(),
                    device,
                    found.mtuBytes()));
  }

  private Set<Neighbour> neighbours(LinkInfo bridge) throws NetlinkException {
    return route.dump(new NeighbourQuery(bridge.index())).stream()
        .filter(NeighbourInfo::permanent)
        .filter(entry -> entry.mac().isPresent())
        .map(entry -> new Neighbour(entry.address(), entry.mac().get()))
        .collect(Collectors.toSet());
  }

  Set<HostPort> hostPorts() throws NetlinkException {
    return new HostPorts(nft).read().hostPorts();
  }

  Set<AntiSpoofEntry> antiSpoof() throws NetlinkException {
    Set<AntiSpoofEntry> entries = new HashSet<>();
    for (Family family : Family.values()) {
      try {
        for (SetKey key : nft.dump(new SetQuery<>(AntiSpoofTable.set(family), SetKey::of))) {
          entries.add(new AntiSpoofEntry(key.link(), key.mac(), key.address()));
        }
      } catch (NetlinkException e) {
        if (e.errno() != Errno.ENOENT) {
          throw e;
        }
      }
    }
    return entries;
  }
}
