// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.attach;

import dev.weft.agent.dataplane.AttachRequest;
import dev.weft.agent.dataplane.driver.Ownership;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.Family;
import dev.weft.core.net.InterfaceAddress;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;
import dev.weft.core.node.Attachment;
import dev.weft.core.node.AttachmentAlias;
import dev.weft.netlink.Request;
import dev.weft.netlink.route.AddAddress;
import dev.weft.netlink.route.AddFdbEntry;
import dev.weft.netlink.route.AddRoute;
import dev.weft.netlink.route.AddRule;
import dev.weft.netlink.route.BridgePortSettings;
import dev.weft.netlink.route.CreateVeth;
import dev.weft.netlink.route.DeleteNeighbour;
import dev.weft.netlink.route.DeleteRoute;
import dev.weft.netlink.route.DeleteRule;
import dev.weft.netlink.route.LinkRef;
import dev.weft.netlink.route.LinkSetting;
import dev.weft.netlink.route.RouteSpec;
import dev.weft.netlink.route.RuleSpec;
import dev.weft.netlink.route.SetLink;
import dev.weft.netlink.route.SetNeighbour;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** What a pod's interface is made of, as it is requested of the kernel: the one list of it. */
final class PodParts {
  private PodParts() {}

  /** The veth. To be sent alone: see {@link CreateVeth}. */
  static CreateVeth veth(AttachRequest request, int index, LinkRef bridge, int podNamespace) {
    Attachment attachment = request.attachment();
    return new CreateVeth(
        new CreateVeth.End(attachment.hostVeth(), attachment.hostVethMac()),
        new CreateVeth.End(attachment.key().ifName(), attachment.mac()),
        index,
        request.mtuBytes(),
        bridge.index(),
        Ownership.HOST_VETH_GROUP,
        podNamespace);
  }

  /** The host's side: the alias first, for it is the record. */
  static List<Request> hostSide(Attachment attachment, LinkRef hostVeth, LinkRef bridge) {
    List<Request> requests = new ArrayList<>(bridgePort(attachment, hostVeth));
    for (IpAddress address : attachment.addresses()) {
      requests.add(new SetNeighbour(bridge, address, attachment.mac()));
      requests.add(new AddRoute(routeTo(address, bridge)));
    }
    return requests;
  }

  /**
   * Alias, bridge port settings and FDB entry of a link that is a port of the bridge. It gets no
   * link-local address, which nobody would use: it would cost the kernel routes, groups and DAD at
   * every ADD.
   */
  static List<Request> bridgePort(Attachment attachment, LinkRef hostVeth) {
    return List.of(
        SetLink.of(
            hostVeth,
            LinkSetting.alias(AttachmentAlias.format(attachment)),
            LinkSetting.noLinkLocalAddress(),
            BridgePortSettings.ROUTED),
        new AddFdbEntry(hostVeth, attachment.mac()));
  }

  /**
   * The pod's side: no route to its own prefix, all goes to the bridge's MAC and is routed. The
   * link comes up as late as it may: from then on the kernel's link watch wants the lock that each
   * of these needs.
   */
  static List<Request> podSide(AttachRequest request, LinkRef link) {
    List<Request> requests = new ArrayList<>();
    List<Request> routes = new ArrayList<>();
    requests.add(SetLink.up(LinkRef.LOOPBACK));
    for (int i = 0; i < request.gateways().size(); i++) {
      InterfaceAddress gateway = request.gateways().get(i);
      requests.add(new AddAddress(link, podAddress(request, i)));
      requests.add(new SetNeighbour(link, gateway.address(), MacAddress.BRIDGE));
      for (RouteSpec route : podRoutes(gateway.address(), link)) {
        routes.add(new AddRoute(route));
      }
    }
    requests.add(SetLink.up(link));
    requests.addAll(routes);
    return requests;
  }

  /** The address of this number with its block's prefix length. */
  static InterfaceAddress podAddress(AttachRequest request, int number) {
    return new InterfaceAddress(
        request.attachment().addresses().get(number),
        request.gateways().get(number).prefixLength());
  }

  /**
   * What an interface has instead of the two routes, in the families in which another interface of
   * the pod has them already: both in a table of its own, and rules that lead there. By the main
   * table every reply would leave by the other interface, and the anti-spoofing filter would drop
   * it.
   */
  static List<Request> furtherRouting(AttachRequest request, LinkRef link, Set<Family> families) {
    List<Request> requests = new ArrayList<>();
    for (int i = 0; i < request.gateways().size(); i++) {
      IpAddress gateway = request.gateways().get(i).address();
      if (families.contains(gateway.family())) {
        IpAddress address = request.attachment().addresses().get(i);
        List<RouteSpec> routes = podRoutes(gateway, link);
        routes.forEach(route -> requests.add(new DeleteRoute(route)));
        List<RuleSpec> stale = rules(address, link.name(), DeleteRule.ANY_TABLE);
        stale.forEach(rule -> requests.add(new DeleteRule(rule)));
        routes.forEach(route -> requests.add(new AddRoute(route.inTable(table(link)))));
        rules(address, link.name(), table(link)).forEach(rule -> requests.add(new AddRule(rule)));
      }
    }
    return requests;
  }

  /**
   * The routing table of a further interface: its index, which no other link of the pod has, and
   * which is far above the numbers that people and programs choose.
   */
  static int table(LinkRef link) {
    return link.index();
  }

  /** What takes a further interface's table: its address as source, and who is bound to it. */
  static List<RuleSpec> rules(IpAddress address, String ifName, int table) {
    return List.of(
        RuleSpec.from(address, table), RuleSpec.boundTo(ifName, address.family(), table));
  }

  /** What of a further interface does not go with its link; another pod has another table. */
  static List<DeleteRule> ruleRemoval(Attachment attachment, LinkRef link) {
    return attachment.addresses().stream()
        .flatMap(address -> rules(address, attachment.key().ifName(), table(link)).stream())
        .map(DeleteRule::new)
        .toList();
  }

  /** The two routes that a pod has in a family: to its gateway, and by way of it to all else. */
  static List<RouteSpec> podRoutes(IpAddress gateway, LinkRef link) {
    return List.of(
        RouteSpec.onLink(Cidr.host(gateway), link),
        RouteSpec.via(everything(gateway.family()), gateway, link));
  }

  /** What is taken away before the link: nothing may go to an address that is free again. */
  static List<Request> removal(Attachment attachment, LinkRef bridge) {
    List<Request> requests = new ArrayList<>();
    for (IpAddress address : attachment.addresses()) {
      requests.add(new DeleteNeighbour(bridge, address));
      requests.add(new DeleteRoute(routeTo(address, bridge)));
    }
    return requests;
  }

  /** The node's route to a pod. */
  static RouteSpec routeTo(IpAddress address, LinkRef bridge) {
    return RouteSpec.onLink(Cidr.host(address), bridge);
  }

  private static Cidr everything(Family family) {
    return new Cidr(IpAddress.ofBytes(new byte[family.bytes()]), 0);
  }
}
