// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import dev.weft.core.net.Cidr;
import java.util.List;
import java.util.Set;

/**
 * The blocks of the other nodes.
 *
 * @param known every block that a list or watch reported, in the order of its addresses
 * @param released blocks that were released and are in no list any more: their routes go
 * @param keepOthers whether a route of ours in the kernel to a block that no list has stays
 */
public record Peers(List<Peer> known, Set<Cidr> released, boolean keepOthers) {
  /** Nothing is known yet: every route in the kernel stays. */
  public static final Peers UNKNOWN = new Peers(List.of(), Set.of(), true);

  public Peers {
    known = List.copyOf(known);
    released = Set.copyOf(released);
  }
}
