// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.masquerade;

import dev.weft.agent.dataplane.nft.NftProgram;
import dev.weft.agent.dataplane.nft.NftTable;
import dev.weft.core.dataplane.Masquerade;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.Family;
import dev.weft.netlink.NetlinkSocket;
import dev.weft.netlink.nft.NftFamily;
import dev.weft.netlink.nft.TableRef;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Masquerades what pods send to where no pool is. The pools are elements of its sets, which come
 * with its rules: they are few, and change with the pools only.
 */
public final class MasqueradeTable extends NftTable {
  private static final String NAME = "weft_masquerade";

  private static final String RULES =
      """
      add table inet weft_masquerade
      flush table inet weft_masquerade
      table inet weft_masquerade {
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
        chain postrouting {
          type nat hook postrouting priority srcnat; policy accept;
          ip saddr @masqueraded4 ip daddr != @pools4 masquerade fully-random
          ip6 saddr @masqueraded6 ip6 daddr != @pools6 masquerade fully-random
        }
      }
      """;

  /** The table as {@link NftTable} wants it. */
  public MasqueradeTable(NftProgram nft, NetlinkSocket netfilter) {
    super(nft, netfilter, List.of(new TableRef(NftFamily.INET, NAME)), true);
  }

  /** Writes its rules, and the pools in place of those that were there. */
  public Write rendered(Masquerade masquerade) {
    return new Write(
        this,
        RULES
            + elements("masqueraded", masquerade.masqueraded())
            + elements("pools", masquerade.pools()),
        "");
  }

  private static String elements(String set, Set<Cidr> members) {
    StringBuilder text = new StringBuilder();
    for (Family family : Family.values()) {
      String name = NAME + " " + set + family.version();
      text.append("flush set inet ").append(name).append('\n');
      String outer =
          outermost(members, family).stream()
              .map(cidr -> "  " + cidr)
              .collect(Collectors.joining(",\n"));
      if (!outer.isEmpty()) {
        text.append("add element inet %s {\n%s\n}\n".formatted(name, outer));
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
