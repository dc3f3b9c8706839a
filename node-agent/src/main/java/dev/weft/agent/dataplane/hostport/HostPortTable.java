// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.hostport;

import dev.weft.agent.dataplane.nft.NftProgram;
import dev.weft.agent.dataplane.nft.NftTable;
import dev.weft.core.dataplane.HostPort;
import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import dev.weft.netlink.NetlinkSocket;
import dev.weft.netlink.nft.NftFamily;
import dev.weft.netlink.nft.SetRef;
import dev.weft.netlink.nft.TableRef;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The table that has ports of the node lead to pods: apart from the others, for its maps are the
 * only record of the host ports (docs/decisions/0009).
 *
 * <p>A Service comes before a host port, which is why the priority is one behind that of
 * kube-proxy. A node's addresses are those of its devices, in a set: what the kernel calls local is
 * also every Service of kube-proxy's IPVS (docs/decisions/0016). What comes from the node's
 * loopback address is left as it is: Linux lets no such packet to a pod (IPv4, without
 * route_localnet), or no answer back (IPv6). A pod that reaches itself is masqueraded, else it
 * would answer itself past the node; nobody else is.
 */
public final class HostPortTable extends NftTable {
  private static final String NAME = "weft_hostports";

  private static final String RULES =
      """
      add table inet weft_hostports
      flush table inet weft_hostports
      table inet weft_hostports {
        map address4 {
          type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service
        }
        map address6 {
          type ipv6_addr . inet_proto . inet_service : ipv6_addr . inet_service
        }
        map any4 {
          type inet_proto . inet_service : ipv4_addr . inet_service
        }
        map any6 {
          type inet_proto . inet_service : ipv6_addr . inet_service
        }
        set self4 {
          type ipv4_addr . ipv4_addr
        }
        set self6 {
          type ipv6_addr . ipv6_addr
        }
        set node4 {
          type ipv4_addr
        }
        set node6 {
          type ipv6_addr
        }
        chain ports {
          dnat ip to ip daddr . meta l4proto . th dport map @address4
          dnat ip6 to ip6 daddr . meta l4proto . th dport map @address6
          meta nfproto ipv4 dnat ip to meta l4proto . th dport map @any4
          meta nfproto ipv6 dnat ip6 to meta l4proto . th dport map @any6
        }
        chain prerouting {
          type nat hook prerouting priority -99; policy accept;
          ip daddr @node4 jump ports
          ip6 daddr @node6 jump ports
        }
        chain output {
          type nat hook output priority -99; policy accept;
          ip saddr 127.0.0.0/8 return
          ip6 saddr ::1 return
          ip daddr @node4 jump ports
          ip6 daddr @node6 jump ports
        }
        chain postrouting {
          type nat hook postrouting priority srcnat; policy accept;
          ct status dnat ip saddr . ip daddr @self4 masquerade fully-random
          ct status dnat ip6 saddr . ip6 daddr @self6 masquerade fully-random
        }
      }
      """;

  /** The table as {@link NftTable} wants it. */
  public HostPortTable(NftProgram nft, NetlinkSocket netfilter) {
    super(nft, netfilter, List.of(new TableRef(NftFamily.INET, NAME)), false);
  }

  /** The map that a host port is in. */
  static SetRef map(HostPort hostPort) {
    return map(hostPort.isOnAny(), hostPort.family());
  }

  /** The map of host ports on every address of the node, or on one. */
  static SetRef map(boolean onAny, Family family) {
    return ref((onAny ? "any" : "address") + family.version());
  }

  /** The set of the pods that host ports lead to, each as a pair of itself. */
  static SetRef self(Family family) {
    return ref("self" + family.version());
  }

  /** The set of the node's addresses of a family. */
  static SetRef node(Family family) {
    return ref("node" + family.version());
  }

  /** Writes its rules, adds addresses of the node, and keeps its other elements. */
  public Write rendered(Set<IpAddress> nodeAddresses) {
    StringBuilder elements = new StringBuilder();
    for (Family family : Family.values()) {
      String members =
          nodeAddresses.stream()
              .filter(address -> address.family() == family)
              .sorted()
              .map(address -> "  " + address)
              .collect(Collectors.joining(",\n"));
      if (!members.isEmpty()) {
        elements.append("add element %s {\n%s\n}\n".formatted(node(family), members));
      }
    }
    return new Write(this, RULES, elements.toString());
  }

  private static SetRef ref(String name) {
    return new SetRef(NftFamily.INET, NAME, name);
  }
}
