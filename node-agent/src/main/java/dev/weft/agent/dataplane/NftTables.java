// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane;

import dev.weft.core.dataplane.AntiSpoofEntry;
import dev.weft.core.dataplane.Bridge;
import dev.weft.core.dataplane.Rules;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;
import dev.weft.core.node.AttachmentKey;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Our nftables tables as text for {@code nft -f -}: one transaction that replaces every rule, and
 * keeps the anti-spoofing filter's sets and the host ports' maps with their elements, and the
 * counters (a table that is deleted takes them along, and cuts every pod).
 *
 * <p>A frame of a pod is let through by one of the first four rules of chain {@code port}, which
 * read the type on the wire ({@code ether type}): the packet's protocol, as {@code ip saddr} alone
 * has it, is of what is inside a VLAN tag. What follows only says why a frame is dropped. A frame
 * that still reaches the node's own stack by a host end, and not by the bridge, is dropped there:
 * before defragmentation (priority -400) and conntrack (-200), so that it fills neither. Frames on
 * their way over the bridge have the bridge as their interface also where br_netfilter shows them
 * to that chain.
 */
final class NftTables {
  /**
   * The tables' name, in families {@code bridge} (anti-spoofing filter), {@code arp} (what comes
   * around it) and {@code inet} (the rest, and what comes around it).
   */
  static final String TABLE = "weft";

  /** What the anti-spoofing filter lets pass: (port, MAC, IPv4 address). */
  static final String PODS4 = "pods4";

  /** What the anti-spoofing filter lets pass: (port, MAC, IPv6 address). */
  static final String PODS6 = "pods6";

  /** Deletes all our tables, also where they are not there. */
  static final String REMOVAL =
      """
      add table bridge weft
      add table arp weft
      add table inet weft
      delete table bridge weft
      delete table arp weft
      delete table inet weft
      """
          + HostPortTable.REMOVAL;

  private NftTables() {}

  /** The set that holds the anti-spoofing filter's elements of a family. */
  static String antiSpoofSet(Family family) {
    return family == Family.IPV4 ? PODS4 : PODS6;
  }

  /**
   * The transaction that gives the tables these rules.
   *
   * @param pods elements to be added to the anti-spoofing filter's sets with them, so that a table
   *     that somebody deleted comes back with its pods and cuts none
   * @param nodeAddresses by which host ports are reached
   */
  static String render(Rules rules, Collection<AntiSpoofEntry> pods, Set<IpAddress> nodeAddresses) {
    return head()
        + antiSpoof()
        + antiSpoofElements(pods)
        + arp()
        + inet(rules)
        + HostPortTable.render(nodeAddresses);
  }

  private static String head() {
    return """
    add table bridge weft
    add table arp weft
    add table inet weft
    flush table bridge weft
    flush table arp weft
    flush table inet weft
    """;
  }

  private static String antiSpoof() {
    return """
    table bridge weft {
      set pods4 {
        type ifname . ether_addr . ipv4_addr
      }
      set pods6 {
        type ifname . ether_addr . ipv6_addr
      }
    COUNTERS
      chain port {
        ether daddr MAC ether type ip iifname . ether saddr . ip saddr @pods4 accept
        ether daddr MAC ether type ip6 iifname . ether saddr . ip6 saddr @pods6 accept
        ether daddr { MAC, ff:ff:ff:ff:ff:ff } ether type arp arp htype 1 arp ptype ip iifname . ether saddr . arp saddr ip @pods4 iifname . arp saddr ether . arp saddr ip @pods4 accept
        ether daddr & ff:ff:ff:00:00:00 == 33:33:ff:00:00:00 ether type ip6 icmpv6 type nd-neighbor-solicit iifname . ether saddr . ip6 saddr @pods6 accept
        ether daddr & ff:ff:ff:ff:ff:c0 == 01:80:c2:00:00:00 counter name dropped_reserved_mac drop
        ether type arp counter name dropped_arp drop
        ether type != { ip, ip6 } counter name dropped_protocol drop
        iifname . ether saddr . ip saddr @pods4 counter name dropped_destination drop
        iifname . ether saddr . ip6 saddr @pods6 counter name dropped_destination drop
        ip6 saddr { ::, fe80::/10 } counter name dropped_link_local drop
        counter name dropped_source drop
      }
      chain guard {
        type filter hook prerouting priority -500; policy accept;
        iifname "PREFIX*" goto port
      }
    }
    """
        .replace("COUNTERS", counters(EnumSet.complementOf(EnumSet.of(DropReason.BY_PORT))))
        .replace("MAC", MacAddress.BRIDGE.toString())
        .replace("PREFIX", AttachmentKey.PORT_PREFIX);
  }

  private static String counters(Set<DropReason> reasons) {
    return reasons.stream()
        .map(reason -> "  counter " + reason.counter() + " {\n  }")
        .collect(Collectors.joining("\n"));
  }

  private static String arp() {
    return """
    table arp weft {
    COUNTERS
      chain input {
        type filter hook input priority -500; policy accept;
        iifgroup GROUP counter name dropped_by_port drop
      }
    }
    """
        .replace("COUNTERS", counters(Set.of(DropReason.BY_PORT)))
        .replace("GROUP", Integer.toString(Ownership.PORT_GROUP));
  }

  private static String inet(Rules rules) {
    return """
    table inet weft {
    COUNTERS
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
      chain prerouting {
        type filter hook prerouting priority -450; policy accept;
        iifgroup GROUP counter name dropped_by_port drop
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
            .replace("COUNTERS", counters(Set.of(DropReason.BY_PORT)))
            .replace("GROUP", Integer.toString(Ownership.PORT_GROUP))
            .replace("BRIDGE", Bridge.NAME)
        + elements("masqueraded", rules.masqueraded())
        + elements("pools", rules.pools());
  }

  private static String antiSpoofElements(Collection<AntiSpoofEntry> pods) {
    StringBuilder text = new StringBuilder();
    for (Family family : Family.values()) {
      String elements =
          pods.stream()
              .filter(pod -> pod.address().family() == family)
              .map(pod -> "\"%s\" . %s . %s".formatted(pod.hostVeth(), pod.mac(), pod.address()))
              .sorted()
              .collect(Collectors.joining(", "));
      if (!elements.isEmpty()) {
        text.append("add element bridge %s %s { ".formatted(TABLE, antiSpoofSet(family)));
        text.append(elements).append(" }\n");
      }
    }
    return text.toString();
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
