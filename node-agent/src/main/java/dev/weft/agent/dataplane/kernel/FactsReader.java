// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.kernel;

import dev.weft.agent.dataplane.DataplaneException;
import dev.weft.agent.dataplane.DataplaneException.Reason;
import dev.weft.agent.dataplane.driver.Ownership;
import dev.weft.agent.dataplane.nft.NftTable;
import dev.weft.core.dataplane.FactsWanted;
import dev.weft.core.dataplane.NodeFacts;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.Family;
import dev.weft.core.net.InterfaceAddress;
import dev.weft.core.net.IpAddress;
import dev.weft.netlink.NetlinkException;
import dev.weft.netlink.NetlinkSocket;
import dev.weft.netlink.Notification;
import dev.weft.netlink.nft.BaseChainQuery;
import dev.weft.netlink.nft.ChainInfo;
import dev.weft.netlink.nft.StrictReversePathQuery;
import dev.weft.netlink.route.AddressInfo;
import dev.weft.netlink.route.AddressQuery;
import dev.weft.netlink.route.LinkInfo;
import dev.weft.netlink.route.LinkQuery;
import dev.weft.netlink.route.LinkRef;
import dev.weft.netlink.route.RouteInfo;
import dev.weft.netlink.route.RouteQuery;
import dev.weft.netlink.route.RouteType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Reads what of the node's network is not ours. Nothing of it is ever written.
 *
 * <p>Links and addresses are read each time. What may be much is kept: how next hops are reached,
 * foreign routes, and others' nftables chains are read again when the kernel notified a change that
 * may concern them, or after {@value #KEPT_SECONDS} s (not every change is notified: one of a
 * routing rule is not).
 */
final class FactsReader {
  private static final Path IPV4_FORWARDING = Path.of("/proc/sys/net/ipv4/ip_forward");
  private static final Path IPV6_FORWARDING = Path.of("/proc/sys/net/ipv6/conf/all/forwarding");
  private static final Path IPV6_DISABLED = Path.of("/proc/sys/net/ipv6/conf/default/disable_ipv6");
  private static final Path IPV4_REVERSE_PATH = Path.of("/proc/sys/net/ipv4/conf/all/rp_filter");

  /** Carries the address of every Service where kube-proxy uses IPVS. */
  private static final String IPVS_LINK = "kube-ipvs0";

  private static final int KEPT_SECONDS = 60;
  private static final int NOT_ON_LINK = 0;
  private static final int STRICT = 1;

  /** By which link a next hop is reached without a gateway, and the path's MTU, 0 where unknown. */
  private record Way(int link, int mtuBytes) {}

  /** Others' base chains that drop: by their policy at the forward hook, by a rule before it. */
  private record Chains(List<ChainInfo> drops, List<ChainInfo> strict) {}

  private final LongSupplier nanoTime;
  private final Map<IpAddress, Way> ways = new HashMap<>();

  /** Of links that are not ours, at the last read: where they differ, ways may. */
  private Map<Integer, List<InterfaceAddress>> lastAddresses = Map.of();

  private Set<Cidr> foreignRoutes = Set.of();
  private Chains chains = new Chains(List.of(), List.of());
  private long readAt;

  private volatile FactsWanted wanted = FactsWanted.NONE;

  /** The links that are not ours and carry an address, or that a next hop is reached over. */
  private volatile Set<Integer> leadingLinks = Set.of();

  /** Tables of the chains that are reported. */
  private volatile Set<String> reportedTables = Set.of();

  private volatile boolean waysChanged = true;
  private volatile boolean routesChanged = true;
  private volatile boolean chainsChanged = true;

  /**
   * Has read nothing yet.
   *
   * @param nanoTime a time in nanoseconds that only grows
   */
  FactsReader(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    this.readAt = nanoTime.getAsLong();
  }

  /** Anything may have changed. */
  void mayHaveChanged() {
    waysChanged = true;
    routesChanged = true;
    chainsChanged = true;
  }

  /** A link changed or is gone: what leads over it may do so no more, or again. */
  void linkChanged(int link) {
    if (leadingLinks.contains(link)) {
      waysChanged = true;
    }
  }

  /**
   * An address of a link is gone, or came or was refreshed: only a read shows which of these, by
   * comparing (a router advertisement refreshes the lifetime of one every few seconds).
   */
  void addressChanged(boolean removed) {
    if (removed) {
      waysChanged = true;
    }
  }

  /** A route to this destination that is not ours came or went; returns whether that matters. */
  boolean routeChanged(Cidr destination) {
    boolean way = wanted.leadsToNextHop(destination);
    boolean inWay = wanted.holds(destination);
    if (way) {
      waysChanged = true;
    }
    if (inWay) {
      routesChanged = true;
    }
    return way || inWay;
  }

  /** A base chain came or changed, or any chain or table is gone. */
  void chainChanged(Notification notification) {
    boolean reported = reportedTables.contains(notification.name());
    if (reported || !notification.removed() && !NftTable.isOurs(notification.name())) {
      chainsChanged = true;
    }
  }

  /** Reads. Needs the loop's sockets, one thread at a time. */
  synchronized NodeFacts read(NetlinkSocket route, NetlinkSocket nft, FactsWanted newlyWanted)
      throws NetlinkException, DataplaneException {
    if (nanoTime.getAsLong() - readAt > KEPT_SECONDS * 1_000_000_000L) {
      readAt = nanoTime.getAsLong();
      mayHaveChanged();
    }
    if (!newlyWanted.sameRanges(wanted)) {
      routesChanged = true;
    }
    wanted = newlyWanted;
    Map<Integer, List<InterfaceAddress>> addresses = addresses(route);
    List<LinkInfo> links = route.dump(LinkQuery.all());
    Set<Integer> foreign =
        links.stream()
            .filter(FactsReader::isForeign)
            .map(LinkInfo::index)
            .collect(Collectors.toSet());
    Map<Integer, List<InterfaceAddress>> foreignAddresses = new HashMap<>(addresses);
    foreignAddresses.keySet().retainAll(foreign);
    if (!foreignAddresses.equals(lastAddresses)) {
      lastAddresses = foreignAddresses;
      waysChanged = true;
    }
    // Any of them may turn out to lead to a next hop: one that changes meanwhile is not missed.
    leadingLinks = foreign;
    Map<IpAddress, String> onLink = onLink(route, links);
    Set<Integer> leading = new HashSet<>(addresses.keySet());
    ways.values().forEach(way -> leading.add(way.link()));
    leading.retainAll(foreign);
    leadingLinks = leading;
    Chains others = chains(nft);
    return new NodeFacts(
        interfaces(links, addresses),
        nodeAddresses(links, addresses),
        onLink,
        pathMtus(),
        foreignRoutes(route, links),
        forwarding(),
        Files.exists(IPV6_DISABLED) && !isOn(IPV6_DISABLED),
        others.drops().stream().map(ChainInfo::toString).toList(),
        others.strict().stream().map(ChainInfo::toString).toList());
  }

  private static Map<Integer, List<InterfaceAddress>> addresses(NetlinkSocket route)
      throws NetlinkException {
    Map<Integer, List<InterfaceAddress>> addresses = new HashMap<>();
    for (AddressInfo info : route.dump(AddressQuery.all())) {
      addresses.computeIfAbsent(info.link(), any -> new ArrayList<>()).add(info.address());
    }
    return addresses;
  }

  private static boolean isForeign(LinkInfo link) {
    return !Ownership.isOurs(link) && link.index() != LinkRef.LOOPBACK.index();
  }

  private static List<NodeFacts.Interface> interfaces(
      List<LinkInfo> links, Map<Integer, List<InterfaceAddress>> addresses)
      throws DataplaneException {
    int everywhere = Integer.parseInt(setting(IPV4_REVERSE_PATH));
    List<NodeFacts.Interface> interfaces = new ArrayList<>();
    for (LinkInfo link : links) {
      List<InterfaceAddress> own =
          addresses.getOrDefault(link.index(), List.of()).stream()
              .filter(address -> !address.address().isLinkLocal())
              .toList();
      if (isForeign(link) && link.up() && !own.isEmpty()) {
        interfaces.add(
            new NodeFacts.Interface(
                link.name(),
                link.mtuBytes(),
                own,
                Math.max(link.reversePathFilter(), everywhere) == STRICT));
      }
    }
    return interfaces;
  }

  private static Set<IpAddress> nodeAddresses(
      List<LinkInfo> links, Map<Integer, List<InterfaceAddress>> addresses) {
    Set<IpAddress> own = new HashSet<>();
    for (LinkInfo link : links) {
      if (!Ownership.isOurs(link) && !link.name().equals(IPVS_LINK)) {
        addresses.getOrDefault(link.index(), List.of()).stream()
            .map(InterfaceAddress::address)
            .filter(address -> address.family() == Family.IPV4 || !address.isLinkLocal())
            .forEach(own::add);
      }
    }
    return own;
  }

  /** A request for each next hop, hundreds in one send. */
  private Map<IpAddress, String> onLink(NetlinkSocket route, List<LinkInfo> links)
      throws NetlinkException {
    if (waysChanged) {
      waysChanged = false;
      ways.clear();
    }
    ways.keySet().retainAll(wanted.nextHops());
    List<IpAddress> unasked =
        wanted.nextHops().stream().filter(hop -> !ways.containsKey(hop)).toList();
    try {
      query(route, unasked);
    } catch (NetlinkException e) {
      waysChanged = true;
      throw e;
    }
    Map<Integer, String> names =
        links.stream()
            .filter(FactsReader::isForeign)
            .collect(Collectors.toMap(LinkInfo::index, LinkInfo::name));
    Map<IpAddress, String> onLink = new HashMap<>();
    ways.forEach(
        (hop, way) ->
            Optional.ofNullable(names.get(way.link())).ifPresent(name -> onLink.put(hop, name)));
    return onLink;
  }

  /** An ICMP redirect changes no way; only beyond a router a path may pass less than the link. */
  private void query(NetlinkSocket route, List<IpAddress> hops) throws NetlinkException {
    List<IpAddress> beyond = new ArrayList<>();
    List<Optional<RouteInfo>> matches =
        route.findAll(hops.stream().map(RouteQuery::match).toList());
    for (int i = 0; i < hops.size(); i++) {
      Optional<RouteInfo> match = matches.get(i);
      int link = match.filter(FactsReader::withoutGateway).map(RouteInfo::link).orElse(NOT_ON_LINK);
      ways.put(hops.get(i), new Way(link, 0));
      if (link == NOT_ON_LINK && match.isPresent()) {
        beyond.add(hops.get(i));
      }
    }
    List<Optional<RouteInfo>> paths = route.findAll(beyond.stream().map(RouteQuery::to).toList());
    for (int i = 0; i < beyond.size(); i++) {
      int mtuBytes = paths.get(i).map(RouteInfo::mtuBytes).orElse(0);
      ways.put(beyond.get(i), new Way(NOT_ON_LINK, mtuBytes));
    }
  }

  private Map<IpAddress, Integer> pathMtus() {
    Map<IpAddress, Integer> known = new HashMap<>();
    ways.forEach(
        (hop, way) -> {
          if (way.mtuBytes() != 0) {
            known.put(hop, way.mtuBytes());
          }
        });
    return known;
  }

  private static boolean withoutGateway(RouteInfo route) {
    return route.type() == RouteType.UNICAST && route.gateway().isEmpty();
  }

  /** What lies on our own devices is no fact to live with but for the loop to repair. */
  private Set<Cidr> foreignRoutes(NetlinkSocket route, List<LinkInfo> links)
      throws NetlinkException {
    if (!routesChanged) {
      return foreignRoutes;
    }
    routesChanged = false;
    try {
      Set<Integer> ours =
          links.stream().filter(Ownership::isOurs).map(LinkInfo::index).collect(Collectors.toSet());
      Set<Cidr> found = new HashSet<>();
      for (Family family : Family.values()) {
        route.dump(
            RouteQuery.foreign(
                family,
                is ->
                    found.size() < NodeFacts.MAX_FOREIGN_ROUTES
                        && !ours.contains(is.link())
                        && wanted.holds(is.destination())
                        && found.add(is.destination())));
      }
      foreignRoutes = found;
    } catch (NetlinkException e) {
      routesChanged = true;
      throw e;
    }
    return foreignRoutes;
  }

  private Chains chains(NetlinkSocket nft) throws NetlinkException {
    if (chainsChanged) {
      chainsChanged = false;
      try {
        List<ChainInfo> drops = new ArrayList<>();
        List<ChainInfo> strict = new ArrayList<>();
        for (ChainInfo chain : nft.dump(new BaseChainQuery())) {
          if (chain.forward() && chain.drops()) {
            drops.add(chain);
          } else if (!chain.forward()
              && !NftTable.isOurs(chain.table().name())
              && !nft.dump(new StrictReversePathQuery(chain)).isEmpty()) {
            strict.add(chain);
          }
        }
        chains = new Chains(drops, strict);
      } catch (NetlinkException e) {
        chainsChanged = true;
        throw e;
      }
      reportedTables =
          Stream.concat(chains.drops().stream(), chains.strict().stream())
              .map(chain -> chain.table().name())
              .collect(Collectors.toSet());
    }
    return chains;
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
    return Files.exists(setting) && !setting(setting).equals("0");
  }

  private static String setting(Path setting) throws DataplaneException {
    try {
      return Files.readString(setting).strip();
    } catch (IOException e) {
      throw new DataplaneException(Reason.OTHER, "read " + setting + ": " + e.getMessage(), e);
    }
  }
}
