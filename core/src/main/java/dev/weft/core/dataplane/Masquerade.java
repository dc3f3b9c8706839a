// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.dataplane;

import dev.weft.core.net.Cidr;
import java.util.Set;

/**
 * What is masqueraded: traffic of the pools with masquerade, where it leaves all pools.
 *
 * @param masqueraded sources: the pools with masquerade
 * @param pools every pool: destinations that are never masqueraded
 */
public record Masquerade(Set<Cidr> masqueraded, Set<Cidr> pools) {
  /** Nothing is. */
  public static final Masquerade NONE = new Masquerade(Set.of(), Set.of());

  /** Copies the sets. */
  public Masquerade {
    masqueraded = Set.copyOf(masqueraded);
    pools = Set.copyOf(pools);
  }
}
