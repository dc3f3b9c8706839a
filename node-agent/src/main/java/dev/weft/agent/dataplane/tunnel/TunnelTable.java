// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.tunnel;

import dev.weft.agent.dataplane.DropReason;
import dev.weft.agent.dataplane.nft.NftProgram;
import dev.weft.agent.dataplane.nft.NftTable;
import dev.weft.core.dataplane.Bridge;
import dev.weft.core.dataplane.TunnelRules;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import dev.weft.netlink.NetlinkSocket;
import dev.weft.netlink.nft.NftFamily;
import dev.weft.netlink.nft.SetRef;
import dev.weft.netlink.nft.TableRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Drops what is no other node's on its way into a tunnel: a pod's packet to a node's end of tunnels
 * (which, masqueraded to its own node's address, the other node would take for a packet of a node),
 * and anybody's that is translated to one, as of a Service; a packet to this node's end from an
 * address of no other node; what this node forwards from outside of all pools, but for a Service;
 * out of a tunnel a packet from outside of all pools; and a packet from this node's own blocks
 * wherever it comes from. Both ends of a tunnel clamp the MSS of connections to what it passes.
 * What enters a tunnel from outside of all pools gets the gateway's address: a node's own packet to
 * a Service has the address of the uplink, by which the answer would come back without the tunnel.
 *
 * <p>Between nodes, tunnel packets are not tracked: each connection of a pod has a source port of
 * its own there (RFC 7348, section 5), so that each would cost two entries more on either node, and
 * none of them ever sees a packet of the other direction.
 */
public final class TunnelTable extends NftTable {
  /** The table's name. */
  public static final String NAME = "weft_tunnel";

  private static final SetRef PEERS4 = new SetRef(NftFamily.INET, NAME, "peers4");
  private static final SetRef PEERS6 = new SetRef(NftFamily.INET, NAME, "peers6");

  /** The sets without a rule that uses them, where they are not there. */
  static final String SETS =
      """
      table inet weft_tunnel {
        set peers4 {
          type ipv4_addr
        }
        set peers6 {
          type ipv6_addr
        }
      }
      """;

  private static final String RULES =
      """
      add table inet weft_tunnel
      add chain inet weft_tunnel prerouting { type filter hook prerouting priority raw; policy accept; }
      add chain inet weft_tunnel output { type filter hook output priority raw; policy accept; }
      add chain inet weft_tunnel sent { type filter hook output priority filter - 5; policy accept; }
      add chain inet weft_tunnel input { type filter hook input priority filter - 5; policy accept; }
      add chain inet weft_tunnel forward { type filter hook forward priority filter - 5; policy accept; }
      add chain inet weft_tunnel postrouting { type nat hook postrouting priority srcnat; policy accept; }
      add chain inet weft_tunnel end
      add chain inet weft_tunnel source
      add chain inet weft_tunnel pod
      add chain inet weft_tunnel clamp
      add chain inet weft_tunnel stranger
      flush chain inet weft_tunnel end
      flush chain inet weft_tunnel source
      flush chain inet weft_tunnel pod
      flush chain inet weft_tunnel clamp
      flush chain inet weft_tunnel stranger
      flush chain inet weft_tunnel prerouting
      flush chain inet weft_tunnel output
      flush chain inet weft_tunnel sent
      flush chain inet weft_tunnel input
      flush chain inet weft_tunnel forward
      flush chain inet weft_tunnel postrouting
      table inet weft_tunnel {
      <counters>
        chain end {
          ip saddr @peers4 ip daddr <ends4> notrack accept
          ip6 saddr @peers6 ip6 daddr <ends6> notrack accept
          fib daddr type local counter name <peer> drop
        }
        chain source {
          udp dport <port> fib daddr type local goto end
      <sources>
        }
        chain pod {
          ip daddr @peers4 counter name <pod> drop
          ip6 daddr @peers6 counter name <pod> drop
        }
        chain clamp {
          iifname { <devices> } tcp option maxseg size set rt mtu
          oifname { <devices> } tcp option maxseg size set rt mtu
        }
        # Every packet of a connection comes by: one look-up for most.
        chain prerouting {
          iifname vmap { "lo" : accept, "<bridge>" : accept, <sourced> }
          udp dport <port> goto end
      <uplink>
        }
        chain output {
          udp dport <port> ip daddr @peers4 notrack
          udp dport <port> ip6 daddr @peers6 notrack
        }
        # What is another node's is not tracked, so never translated.
        chain sent {
          udp dport <port> ct status dnat jump pod
        }
        chain input {
          udp dport <port> iifname "<bridge>" counter name <pod> drop
          udp dport <port> ct status dnat counter name <pod> drop
        }
        chain forward {
          tcp flags & (syn | rst) == syn jump clamp
          udp dport <port> iifname "<bridge>" jump pod
          udp dport <port> ct status dnat jump pod
          oifname { <devices> } ct direction original ct status & dnat == 0 jump stranger
        }
        chain stranger {
      <through>
        }
        chain postrouting {
      <strangers>
        }
      }
      """
          .replace("<bridge>", Bridge.NAME)
          .replace("<devices>", Tunnels.NAMES)
          .replace("<sourced>", Tunnels.NAMES.replace(",", " : goto source,") + " : goto source")
          .replace("<peer>", DropReason.TUNNEL_PEER.counter())
          .replace("<pod>", DropReason.TUNNEL_POD.counter())
          .replace(
              "<counters>\n",
              Stream.of(DropReason.TUNNEL_PEER, DropReason.TUNNEL_POD, DropReason.TUNNEL_SOURCE)
                  .map(reason -> "  counter " + reason.counter() + " {\n  }\n")
                  .collect(Collectors.joining()));

  /** The table as {@link NftTable} wants it. */
  public TunnelTable(NftProgram nft, NetlinkSocket netfilter) {
    super(nft, netfilter, List.of(new TableRef(NftFamily.INET, NAME)), false);
  }

  /** Writes its rules, and keeps the elements of its sets. */
  public Write rendered(TunnelRules.Content content) {
    String rules =
        RULES
            .replace("<port>", Integer.toString(content.port()))
            .replace("<ends4>", ends(content, Family.IPV4))
            .replace("<ends6>", ends(content, Family.IPV6))
            .replace("<sources>\n", own(content) + outside(content))
            .replace("<uplink>\n", own(content))
            .replace("<through>\n", outside(content))
            .replace("<strangers>\n", strangers(content));
    return new Write(this, SETS + rules, "");
  }

  /** Where tunnels end; an address that no node has where none ends in a family. */
  private static String ends(TunnelRules.Content content, Family family) {
    List<String> ends =
        content.ends().stream()
            .filter(address -> address.family() == family)
            .map(IpAddress::toString)
            .sorted()
            .toList();
    return ends.isEmpty() ? IpAddress.ofBytes(new byte[family.bytes()]).toString() : oneOf(ends);
  }

  /** Drops what is from this node's own blocks, though it comes from elsewhere. */
  private static String own(TunnelRules.Content content) {
    return Stream.of(Family.values())
        .filter(family -> !ranges(content.own(), family).isEmpty())
        .map(family -> source(ip(family) + " saddr " + ranges(content.own(), family)))
        .collect(Collectors.joining());
  }

  /** Drops what is from no pool. */
  private static String outside(TunnelRules.Content content) {
    return Stream.of(Family.values())
        .map(family -> source(fromOutside(content, family)))
        .collect(Collectors.joining());
  }

  private static String strangers(TunnelRules.Content content) {
    return Stream.of(Family.values())
        .map(family -> fromOutside(content, family))
        .map(
            match ->
                "    oifname { %s } %s masquerade fully-random\n".formatted(Tunnels.NAMES, match))
        .collect(Collectors.joining());
  }

  private static String ip(Family family) {
    return family == Family.IPV4 ? "ip" : "ip6";
  }

  /** What matches packets of a family that are from no pool. */
  private static String fromOutside(TunnelRules.Content content, Family family) {
    String pools = ranges(content.pools(), family);
    return pools.isEmpty()
        ? "meta nfproto ipv" + family.version()
        : ip(family) + " saddr != " + pools;
  }

  private static String source(String match) {
    return "    %s counter name %s drop\n".formatted(match, DropReason.TUNNEL_SOURCE.counter());
  }

  /**
   * Without those that lie in others: an interval set refuses elements that overlap. Empty where
   * there is none.
   */
  private static String ranges(Set<Cidr> ranges, Family family) {
    List<Cidr> outer = new ArrayList<>();
    ranges.stream()
        .filter(cidr -> cidr.family() == family)
        .sorted()
        .filter(cidr -> outer.isEmpty() || !outer.get(outer.size() - 1).contains(cidr))
        .forEachOrdered(outer::add);
    return oneOf(outer.stream().map(Cidr::toString).toList());
  }

  /** What each packet's address is compared with; a lone value costs less than a set's look-up. */
  private static String oneOf(List<String> values) {
    return values.size() == 1
        ? values.get(0)
        : values.isEmpty() ? "" : "{ " + String.join(", ", values) + " }";
  }

  /** The set of other nodes' addresses of a family. */
  static SetRef set(Family family) {
    return family == Family.IPV4 ? PEERS4 : PEERS6;
  }
}
