// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.antispoof;

import dev.weft.agent.dataplane.DropReason;
import dev.weft.agent.dataplane.driver.Ownership;
import dev.weft.agent.dataplane.nft.NftProgram;
import dev.weft.agent.dataplane.nft.NftTable;
import dev.weft.core.dataplane.AntiSpoofEntry;
import dev.weft.core.net.Family;
import dev.weft.core.net.MacAddress;
import dev.weft.core.node.AttachmentKey;
import dev.weft.netlink.NetlinkSocket;
import dev.weft.netlink.nft.NftFamily;
import dev.weft.netlink.nft.SetRef;
import dev.weft.netlink.nft.TableRef;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The anti-spoofing filter: of what a pod sends, only what has its own addresses and goes to the
 * bridge gets anywhere.
 *
 * <p>Three tables of one name, written together, for two of them close what gets around the first.
 * Family {@code bridge} sees every frame that a host veth hands to the bridge. A frame that still
 * reaches the node's own stack by a host veth, and not by the bridge, is dropped there by families
 * {@code arp} and {@code inet}: before defragmentation (priority -400) and conntrack (-200), so
 * that it fills neither. Frames on their way over the bridge have the bridge as their interface
 * also where br_netfilter shows them to that chain.
 *
 * <p>A frame of a pod is let through by one of the first four rules of chain {@code antispoof},
 * which read the type on the wire ({@code ether type}): the packet's protocol, as {@code ip saddr}
 * alone has it, is of what is inside a VLAN tag. The rules after them only count the reason of a
 * drop.
 */
public final class AntiSpoofTable extends NftTable {
  /** The name of the three tables. */
  public static final String NAME = "weft";

  private static final SetRef PODS4 = new SetRef(NftFamily.BRIDGE, NAME, "pods4");
  private static final SetRef PODS6 = new SetRef(NftFamily.BRIDGE, NAME, "pods6");

  /**
   * The chains first, without their rules: what else the tables hold stays in force until it is
   * removed. The priority of the bridge's chain is one before that of the version before, which has
   * another name for it: chains change one after the other, also in one transaction, and a frame
   * that is between the two must find the first one's old rules or the second one's new ones
   * (docs/decisions/0020).
   */
  private static final String RULES =
      """
      define BRIDGE_MAC = <mac>
      define HOST_VETHS = "<prefix>*"
      define HOST_VETH_GROUP = <group>
      add table bridge weft
      add chain bridge weft prerouting { type filter hook prerouting priority -501; policy accept; }
      add chain bridge weft antispoof
      flush chain bridge weft prerouting
      flush chain bridge weft antispoof
      add table arp weft
      add chain arp weft input { type filter hook input priority -500; policy accept; }
      flush chain arp weft input
      add table inet weft
      add chain inet weft prerouting { type filter hook prerouting priority -450; policy accept; }
      flush chain inet weft prerouting
      table bridge weft {
        set pods4 {
          type ifname . ether_addr . ipv4_addr
        }
        set pods6 {
          type ifname . ether_addr . ipv6_addr
        }
      <counters of frames>
        chain antispoof {
          # From the pod's own addresses to the bridge.
          ether daddr $BRIDGE_MAC ether type ip iifname . ether saddr . ip saddr @pods4 accept
          ether daddr $BRIDGE_MAC ether type ip6 iifname . ether saddr . ip6 saddr @pods6 accept
          # ARP for IPv4 over Ethernet that claims no other address, to the bridge or to all.
          ether daddr { $BRIDGE_MAC, ff:ff:ff:ff:ff:ff } ether type arp arp htype 1 arp ptype ip \\
            iifname . ether saddr . arp saddr ip @pods4 \\
            iifname . arp saddr ether . arp saddr ip @pods4 accept
          # Neighbour solicitations to a solicited-node group.
          ether daddr & ff:ff:ff:00:00:00 == 33:33:ff:00:00:00 ether type ip6 \\
            icmpv6 type nd-neighbor-solicit iifname . ether saddr . ip6 saddr @pods6 accept
          # Nothing else passes: the first rule that matches counts the reason.
          ether daddr & ff:ff:ff:ff:ff:c0 == 01:80:c2:00:00:00 counter name dropped_reserved_mac drop
          ether type arp counter name dropped_arp drop
          ether type != { ip, ip6 } counter name dropped_ethertype drop
          iifname . ether saddr . ip saddr @pods4 counter name dropped_destination_mac drop
          iifname . ether saddr . ip6 saddr @pods6 counter name dropped_destination_mac drop
          ip6 saddr { ::, fe80::/10 } counter name dropped_link_local drop
          counter name dropped_source drop
        }
        chain prerouting {
          iifname $HOST_VETHS goto antispoof
        }
      }
      table arp weft {
      <counter of the rest>
        chain input {
          iifgroup $HOST_VETH_GROUP counter name dropped_bridge_bypass drop
        }
      }
      table inet weft {
      <counter of the rest>
        chain prerouting {
          iifgroup $HOST_VETH_GROUP counter name dropped_bridge_bypass drop
        }
      }
      """
          .replace("<mac>", MacAddress.BRIDGE.toString())
          .replace("<prefix>", AttachmentKey.HOST_VETH_PREFIX)
          .replace("<group>", Integer.toString(Ownership.HOST_VETH_GROUP))
          .replace(
              "<counters of frames>\n",
              counters(EnumSet.range(DropReason.RESERVED_MAC, DropReason.SOURCE)))
          .replace("<counter of the rest>\n", counters(Set.of(DropReason.BRIDGE_BYPASS)));

  /** The tables as {@link NftTable} wants them. */
  public AntiSpoofTable(NftProgram nft, NetlinkSocket netfilter) {
    super(
        nft,
        netfilter,
        List.of(
            new TableRef(NftFamily.BRIDGE, NAME),
            new TableRef(NftFamily.ARP, NAME),
            new TableRef(NftFamily.INET, NAME)),
        false);
  }

  /**
   * Writes its rules, and keeps the elements of its sets and its counters (a table that is deleted
   * takes them along, and cuts every pod).
   *
   * @param pods elements to be added with them, so that a table that somebody deleted comes back
   *     with its pods and cuts none
   */
  public Write rendered(Collection<AntiSpoofEntry> pods) {
    StringBuilder elements = new StringBuilder();
    for (Family family : Family.values()) {
      String members =
          pods.stream()
              .filter(pod -> pod.address().family() == family)
              .map(pod -> "  \"%s\" . %s . %s".formatted(pod.hostVeth(), pod.mac(), pod.address()))
              .sorted()
              .collect(Collectors.joining(",\n"));
      if (!members.isEmpty()) {
        elements.append("add element %s {\n%s\n}\n".formatted(set(family), members));
      }
    }
    return new Write(this, RULES, elements.toString());
  }

  /** The set of what pods may send from in a family. */
  static SetRef set(Family family) {
    return family == Family.IPV4 ? PODS4 : PODS6;
  }

  private static String counters(Set<DropReason> reasons) {
    return reasons.stream()
        .map(reason -> "  counter " + reason.counter() + " {\n  }\n")
        .collect(Collectors.joining());
  }
}
