// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane;

import dev.weft.core.dataplane.Bridge;
import dev.weft.core.dataplane.Rules;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.Family;
import dev.weft.core.net.MacAddress;
import dev.weft.core.node.AttachmentKey;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Our nftables tables as text for {@code nft -f -}: one transaction that replaces every rule, and
 * keeps the guard's sets and the host ports' maps with their elements (a table that is deleted
 * takes them along, and cuts every pod).
 */
final class NftTables {
  /** The tables' name, in families {@code bridge} (guard) and {@code inet} (the rest). */
  static final String TABLE = "weft";

  /** What the guard lets pass: (port, MAC, IPv4 address). */
  static final String PODS4 = "pods4";

  /** What the guard lets pass: (port, MAC, IPv6 address). */
  static final String PODS6 = "pods6";

  /** Deletes all our tables, also where they are not there. */
  static final String REMOVAL =
      """
      add table bridge weft
      add table inet weft
      delete table bridge weft
      delete table inet weft
      """
          + HostPortTable.REMOVAL;

  private NftTables() {}

  /** The set that holds the guard's elements of a family. */
  static String guardSet(Family family) {
    return family == Family.IPV4 ? PODS4 : PODS6;
  }

  /** The transaction that gives the tables these rules. */
  static String render(Rules rules) {
    return head() + guard() + inet(rules) + HostPortTable.RULES;
  }

  private static String head() {
    return """
    add table bridge weft
    add table inet weft
    flush table bridge weft
    flush table inet weft
    """;
  }

  private static String guard() {
    return """
    table bridge weft {
      set pods4 {
        type ifname . ether_addr . ipv4_addr
      }
      set pods6 {
        type ifname . ether_addr . ipv6_addr
      }
      chain port {
        ether daddr MAC iifname . ether saddr . ip saddr @pods4 accept
        ether daddr MAC iifname . ether saddr . ip6 saddr @pods6 accept
        ether daddr { MAC, ff:ff:ff:ff:ff:ff } arp htype 1 arp ptype ip iifname . ether saddr . arp saddr ip @pods4 iifname . arp saddr ether . arp saddr ip @pods4 accept
        ether daddr & ff:ff:ff:00:00:00 == 33:33:ff:00:00:00 icmpv6 type nd-neighbor-solicit iifname . ether saddr . ip6 saddr @pods6 accept
        counter drop
      }
      chain guard {
        type filter hook prerouting priority -500; policy accept;
        iifname "PREFIX*" goto port
      }
    }
    """
        .replace("MAC", MacAddress.BRIDGE.toString())
        .replace("PREFIX", AttachmentKey.PORT_PREFIX);
  }

  private static String inet(Rules rules) {
    return """
    table inet weft {
      set masqueraded4 {
        type ipv4_addr
        flags interval
      }
      set masqueraded6 {
        type ipv6_addr
        flags interval
      }
      set pools4 {
        type ipv4_addr
        flags interval
      }
      set pools6 {
        type ipv6_addr
        flags interval
      }
      chain output {
        type filter hook output priority filter; policy accept;
        oifname "BRIDGE" icmp type redirect counter drop
        oifname "BRIDGE" icmpv6 type nd-redirect counter drop
      }
      chain postrouting {
        type nat hook postrouting priority srcnat; policy accept;
        ip saddr @masqueraded4 ip daddr != @pools4 masquerade fully-random
        ip6 saddr @masqueraded6 ip6 daddr != @pools6 masquerade fully-random
      }
    }
    """
            .replace("BRIDGE", Bridge.NAME)
        + elements("masqueraded", rules.masqueraded())
        + elements("pools", rules.pools());
  }

  private static String elements(String set, Set<Cidr> members) {
    StringBuilder text = new StringBuilder();
    for (Family family : Family.values()) {
      String name = TABLE + " " + set + family.version();
      text.append("flush set inet ").append(name).append('\n');
      List<Cidr> outer = outermost(members, family);
      if (!outer.isEmpty()) {
        text.append("add element inet ").append(name).append(" { ");
        text.append(outer.stream().map(Cidr::toString).collect(Collectors.joining(", ")));
        text.append(" }\n");
      }
    }
    return text.toString();
  }

  /** An interval set refuses elements that overlap. */
  private static List<Cidr> outermost(Collection<Cidr> members, Family family) {
    return members.stream()
        .filter(cidr -> cidr.family() == family)
        .filter(cidr -> members.stream().noneMatch(o -> !o.equals(cidr) && o.contains(cidr)))
        .sorted()
        .toList();
  }
}
