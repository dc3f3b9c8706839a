// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.redirect;

import dev.weft.agent.dataplane.nft.NftProgram;
import dev.weft.agent.dataplane.nft.NftTable;
import dev.weft.core.dataplane.Bridge;
import dev.weft.netlink.NetlinkSocket;
import dev.weft.netlink.nft.NftFamily;
import dev.weft.netlink.nft.TableRef;
import java.util.List;

/**
 * Drops the ICMP redirects that the node sends when a packet leaves by the bridge that it came in
 * by: a pod would learn a short cut to another pod that the anti-spoofing filter drops. The sysctl
 * {@code send_redirects} of {@code all} is OR-ed with the bridge's, so that it is of no use.
 */
public final class IcmpRedirectTable extends NftTable {
  private static final String RULES =
      """
      add table inet weft_icmp_redirect
      flush table inet weft_icmp_redirect
      table inet weft_icmp_redirect {
        chain output {
          type filter hook output priority filter; policy accept;
          oifname "<bridge>" icmp type redirect counter drop
          oifname "<bridge>" icmpv6 type nd-redirect counter drop
        }
      }
      """
          .replace("<bridge>", Bridge.NAME);

  /** The table as {@link NftTable} wants it. */
  public IcmpRedirectTable(NftProgram nft, NetlinkSocket netfilter) {
    super(nft, netfilter, List.of(new TableRef(NftFamily.INET, "weft_icmp_redirect")), false);
  }

  /** Writes its rules. */
  public Write rendered() {
    return new Write(this, RULES, "");
  }
}
