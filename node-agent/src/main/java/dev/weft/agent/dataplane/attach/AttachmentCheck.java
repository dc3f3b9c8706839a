// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.attach;

import dev.weft.agent.dataplane.AttachRequest;
import dev.weft.agent.dataplane.antispoof.AntiSpoofEntries;
import dev.weft.agent.dataplane.driver.Ownership;
import dev.weft.agent.dataplane.hostport.HostPorts;
import dev.weft.core.dataplane.AntiSpoofEntry;
import dev.weft.core.dataplane.Bridge;
import dev.weft.core.dataplane.HostPort;
import dev.weft.core.net.Family;
import dev.weft.core.net.InterfaceAddress;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;
import dev.weft.core.node.Attachment;
import dev.weft.netlink.NetlinkException;
import dev.weft.netlink.NetlinkSocket;
import dev.weft.netlink.route.AddressInfo;
import dev.weft.netlink.route.AddressQuery;
import dev.weft.netlink.route.FdbQuery;
import dev.weft.netlink.route.LinkInfo;
import dev.weft.netlink.route.LinkQuery;
import dev.weft.netlink.route.LinkRef;
import dev.weft.netlink.route.NeighbourInfo;
import dev.weft.netlink.route.NeighbourQuery;
import dev.weft.netlink.route.RouteInfo;
import dev.weft.netlink.route.RouteQuery;
import dev.weft.netlink.route.RouteSpec;
import dev.weft.netlink.route.RuleQuery;
import dev.weft.netlink.route.RuleSpec;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;

/** Compares one pod's interface with what an ADD makes, and describes every difference. */
public final class AttachmentCheck {
  private final NetlinkSocket host;
  private final NetlinkSocket inPod;
  private final NetlinkSocket nft;
  private final AttachRequest request;
  private final OptionalInt podMtuBytes;
  private final Attachment attachment;
  private final List<String> differences = new ArrayList<>();

  /**
   * A comparison.
   *
   * @param host a NETLINK_ROUTE socket of the node
   * @param inPod a NETLINK_ROUTE socket of the pod
   * @param nft a NETLINK_NETFILTER socket of the node
   * @param request as it was given to the ADD
   * @param podMtuBytes of the pod's end; empty where a plugin that came later may have lowered it
   *     below the host end's
   */
  public AttachmentCheck(
      NetlinkSocket host,
      NetlinkSocket inPod,
      NetlinkSocket nft,
      AttachRequest request,
      OptionalInt podMtuBytes) {
    this.host = host;
    this.inPod = inPod;
    this.nft = nft;
    this.request = request;
    this.podMtuBytes = podMtuBytes;
    this.attachment = request.attachment();
  }

  /**
   * Compares.
   *
   * @param rulesInSync whether our nftables tables are as they were written
   */
  public List<String> differences(boolean rulesInSync) throws NetlinkException {
    Optional<LinkInfo> hostVeth = host.find(LinkQuery.byName(attachment.hostVeth()));
    Optional<LinkInfo> bridge = host.find(LinkQuery.byName(Bridge.NAME));
    if (hostVeth.isEmpty() || bridge.isEmpty()) {
      String missing = hostVeth.isEmpty() ? attachment.hostVeth() : Bridge.NAME;
      return List.of("there is no link " + missing);
    }
    checkHostVeth(hostVeth.get(), bridge.get());
    checkHostRouting(bridge.get());
    checkAntiSpoofing(new AntiSpoofEntries(nft).read(), rulesInSync);
    checkHostPorts();
    checkPod(hostVeth.get());
    return differences;
  }

  private void checkHostVeth(LinkInfo hostVeth, LinkInfo bridge) throws NetlinkException {
    Optional<Attachment> recorded = Ownership.attachment(hostVeth);
    boolean same =
        recorded
            .filter(a -> a.key().equals(attachment.key()))
            .filter(a -> a.addresses().equals(attachment.addresses()))
            .isPresent();
    if (!same) {
      differences.add("the alias of " + hostVeth.name() + " is \"" + hostVeth.alias() + "\"");
    }
    boolean inSync =
        HostVethDriver.isInSync(
            hostVeth,
            attachment,
            bridge.index(),
            new HashSet<>(host.dump(new FdbQuery(bridge.index()))));
    if (!inSync) {
      differences.add(
          "%s is not up, on %s, with its port settings, group and FDB entry"
              .formatted(hostVeth.name(), Bridge.NAME));
    }
  }

  private void checkHostRouting(LinkInfo bridge) throws NetlinkException {
    List<NeighbourInfo> neighbours = host.dump(new NeighbourQuery(bridge.index()));
    for (IpAddress address : attachment.addresses()) {
      if (!isPermanent(neighbours, address, attachment.mac())) {
        differences.add("the node has no permanent neighbour entry for " + address);
      }
      boolean routed =
          host.find(RouteQuery.to(address))
              .filter(route -> route.link() == bridge.index() && route.gateway().isEmpty())
              .isPresent();
      if (!routed) {
        differences.add("the node has no route to " + address + " on " + Bridge.NAME);
      }
    }
  }

  private void checkAntiSpoofing(Set<AntiSpoofEntry> antiSpoof, boolean rulesInSync) {
    if (!rulesInSync) {
      differences.add("the nftables tables are not as they were written");
    }
    for (AntiSpoofEntry entry : AntiSpoofEntry.of(attachment)) {
      if (!antiSpoof.contains(entry)) {
        differences.add("the anti-spoofing filter does not let " + entry.address() + " pass");
      }
    }
  }

  private void checkHostPorts() throws NetlinkException {
    Set<HostPort> there =
        request.hostPorts().isEmpty() ? Set.of() : new HostPorts(nft).read().hostPorts();
    for (HostPort hostPort : request.hostPorts()) {
      if (!there.contains(hostPort)) {
        differences.add("the node does not lead host port " + hostPort);
      }
    }
  }

  private void checkPod(LinkInfo hostVeth) throws NetlinkException {
    String name = attachment.key().ifName();
    Optional<LinkInfo> found = inPod.find(LinkQuery.byName(name));
    if (found.isEmpty()) {
      differences.add("the pod has no interface " + name);
      return;
    }
    LinkInfo link = found.get();
    if (!link.up()) {
      differences.add(name + " is down");
    }
    if (link.mtuBytes() > hostVeth.mtuBytes()) {
      differences.add(
          "%s has MTU %d, its host end %d".formatted(name, link.mtuBytes(), hostVeth.mtuBytes()));
    } else if (podMtuBytes.isPresent() && podMtuBytes.getAsInt() != link.mtuBytes()) {
      differences.add(
          "%s has MTU %d, prevResult %d".formatted(name, link.mtuBytes(), podMtuBytes.getAsInt()));
    }
    if (!link.mac().equals(Optional.of(attachment.mac()))) {
      differences.add(name + " has not the MAC " + attachment.mac());
    }
    checkPodAddresses(link);
    checkPodRouting(link);
  }

  private void checkPodAddresses(LinkInfo link) throws NetlinkException {
    Set<InterfaceAddress> has =
        inPod.dump(AddressQuery.of(link.index())).stream()
            .map(AddressInfo::address)
            .collect(Collectors.toSet());
    for (int i = 0; i < request.gateways().size(); i++) {
      InterfaceAddress wanted = PodParts.podAddress(request, i);
      if (!has.contains(wanted)) {
        differences.add(link.name() + " has not the address " + wanted);
      }
    }
  }

  private void checkPodRouting(LinkInfo link) throws NetlinkException {
    List<NeighbourInfo> neighbours = inPod.dump(new NeighbourQuery(link.index()));
    for (int i = 0; i < request.gateways().size(); i++) {
      IpAddress gateway = request.gateways().get(i).address();
      if (!isPermanent(neighbours, gateway, MacAddress.BRIDGE)) {
        differences.add("the pod has no permanent neighbour entry for " + gateway);
      }
      checkPodRoutes(attachment.addresses().get(i), PodParts.podRoutes(gateway, link.ref()));
    }
  }

  /**
   * In the main table, or for a further interface in its own and with its rules; a plugin that came
   * later (sbr) may have moved them to any other.
   */
  private void checkPodRoutes(IpAddress address, List<RouteSpec> wanted) throws NetlinkException {
    List<RouteSpec> missing = missing(wanted, inPod.dump(RouteQuery.main(address.family())));
    if (missing.isEmpty()) {
      return;
    }
    LinkRef link = wanted.get(0).link().orElseThrow();
    int table = PodParts.table(link);
    List<RuleSpec> rules = new ArrayList<>(PodParts.rules(address, link.name(), table));
    List<RouteInfo> own = routesOf(address.family(), table);
    boolean further = rules.removeAll(inPod.dump(new RuleQuery(address.family())));
    if (further || !own.isEmpty()) {
      missing = missing(wanted.stream().map(route -> route.inTable(table)).toList(), own);
      rules.forEach(rule -> differences.add("the pod has no rule " + rule));
    }
    if (!missing.isEmpty()) {
      missing = missing(missing, inPod.dump(RouteQuery.everywhere(address.family())));
    }
    missing.forEach(route -> differences.add("the pod has no route " + route));
  }

  private static List<RouteSpec> missing(List<RouteSpec> wanted, List<RouteInfo> there) {
    return wanted.stream()
        .filter(route -> there.stream().noneMatch(found -> isSame(found, route)))
        .toList();
  }

  private List<RouteInfo> routesOf(Family family, int table) throws NetlinkException {
    try {
      return inPod.dump(RouteQuery.inTable(family, table));
    } catch (NetlinkException e) {
      if (e.isNotFound()) {
        return List.of();
      }
      throw e;
    }
  }

  private static boolean isSame(RouteInfo found, RouteSpec wanted) {
    return found.destination().equals(wanted.destination())
        && found.gateway().equals(wanted.gateway())
        && wanted.link().map(link -> link.index() == found.link()).orElse(true);
  }

  private static boolean isPermanent(
      List<NeighbourInfo> neighbours, IpAddress address, MacAddress mac) {
    return neighbours.stream()
        .anyMatch(
            entry ->
                entry.permanent()
                    && entry.address().equals(address)
                    && entry.mac().equals(Optional.of(mac)));
  }
}
