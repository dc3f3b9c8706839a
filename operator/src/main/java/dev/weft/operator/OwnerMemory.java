// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import dev.weft.core.net.Cidr;
import dev.weft.core.pool.Block;
import dev.weft.core.pool.Claim;
import dev.weft.core.pool.NewBlock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Whose each block was when its IPAllocation was last seen, so that allocations that somebody
 * deletes go back to their nodes. One entry for each block of a node that is there, or was within
 * the grace; after a restart the nodes' own annotations have it. Safe for use by many threads.
 */
final class OwnerMemory {
  private final Map<Cidr, Claim> claims = new HashMap<>();
  private final Map<Cidr, Instant> lostSince = new HashMap<>();

  /**
   * Learns from what there is now. A block being released is its node's no more unless the node is
   * back, and one that does not count never was.
   *
   * @param held blocks whose node is there
   */
  synchronized void learn(Collection<Block> blocks, Set<Cidr> overlapping, Set<Cidr> held) {
    for (Block block : blocks) {
      boolean lost = block.release() == Block.Release.RELEASING && !held.contains(block.cidr());
      if (lost || overlapping.contains(block.cidr())) {
        claims.remove(block.cidr());
      } else {
        claims.put(block.cidr(), new Claim(block.cidr(), block.owner(), block.pool()));
      }
    }
  }

  /** Takes what was known before a restart. */
  synchronized void recall(Collection<Claim> known) {
    known.forEach(claim -> claims.putIfAbsent(claim.cidr(), claim));
  }

  /** Learns of a block that was just given. */
  synchronized void learn(NewBlock given) {
    claims.put(given.cidr(), given.claim());
  }

  /** Drops what is void. */
  synchronized void forget(Collection<Cidr> cidrs) {
    claims.keySet().removeAll(cidrs);
  }

  /**
   * Keeps claims whose node is gone for a grace, counted from when that is first seen, and then
   * drops them.
   *
   * @return when the answer changes: now where any was dropped, else when the next grace ends;
   *     empty: never
   */
  synchronized Optional<Instant> keepLost(Set<Cidr> lost, Duration grace, Instant now) {
    lostSince.keySet().retainAll(lost);
    lost.forEach(cidr -> lostSince.putIfAbsent(cidr, now));
    if (claims.keySet().removeIf(cidr -> lostSince.containsKey(cidr) && isOver(cidr, grace, now))) {
      lostSince.keySet().retainAll(claims.keySet());
      return Optional.of(now);
    }
    return lostSince.values().stream().min(Comparator.naturalOrder()).map(at -> at.plus(grace));
  }

  private boolean isOver(Cidr cidr, Duration grace, Instant now) {
    return !now.isBefore(lostSince.get(cidr).plus(grace));
  }

  /** Everything remembered. */
  synchronized List<Claim> claims() {
    return List.copyOf(claims.values());
  }
}
