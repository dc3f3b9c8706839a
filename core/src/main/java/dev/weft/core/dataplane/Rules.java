// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.dataplane;

import dev.weft.core.net.Cidr;
import java.util.Set;

/**
 * What our nftables tables hold beside the anti-spoofing filter's elements: the filter itself and
 * the drop of ICMP redirects always, and masquerade for what leaves the pools.
 *
 * @param masqueraded sources whose traffic is masqueraded where it leaves all pools: the pools that
 *     ask for it
 * @param pools every pool: destinations that are never masqueraded
 */
public record Rules(Set<Cidr> masqueraded, Set<Cidr> pools) {
  /**
   * As an actual state: the tables are there, but not as they were last written. Equal to no rules
   * that anybody wants.
   */
  public static final Rules ALTERED = new Rules(Set.of(Cidr.parse("::/128")), Set.of());

  /** Copies the sets. */
  public Rules {
    masqueraded = Set.copyOf(masqueraded);
    pools = Set.copyOf(pools);
  }
}
