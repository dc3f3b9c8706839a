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
 * The claim on each block, of when its IPAllocation was last observed, so that allocations that
 * somebody deletes are restored to their nodes. One entry for each block of a node that is there,
 * or was within the grace; after a restart the nodes' own annotations have it. Safe for use by many
 * threads.
 */
final class ClaimStore {
  private final Map<Cidr, Claim> claims = new HashMap<>();
  private final Map<Cidr, Instant> lostSince = new HashMap<>();

  /**
   * Takes what there is now. A block being released is its node's no more unless the node is back,
   * and one that does not count never was.
   *
   * @param held blocks whose node is there
   */
  synchronized void observe(Collection<Block> blocks, Set<Cidr> overlapping, Set<Cidr> held) {
    for (Block block : blocks) {
      boolean lost = block.release() == Block.Release.RELEASING && !held.contains(block.cidr());
      if (lost || overlapping.contains(block.cidr())) {
        claims.remove(block.cidr());
      } else {
        claims.put(block.cidr(), new Claim(block.cidr(), block.owner(), block.pool()));
      }
    }
  }

  /** Adds the claims of blocks that it has none on, such as those from before a restart. */
  synchronized void addMissing(Collection<Claim> known) {
    known.forEach(claim -> claims.putIfAbsent(claim.cidr(), claim));
  }

  /** Puts the claim on a block that was just allocated. */
  synchronized void put(NewBlock allocated) {
    claims.put(allocated.cidr(), allocated.claim());
  }

  /** Removes claims that are void. */
  synchronized void remove(Collection<Cidr> cidrs) {
    claims.keySet().removeAll(cidrs);
  }

  /**
   * Keeps claims whose node is gone for a grace, counted from when that is first observed, and then
   * removes them.
   *
   * @return when the answer changes: now where any was removed, else when the next grace ends;
   *     empty: never
   */
  synchronized Optional<Instant> expire(Set<Cidr> lost, Duration grace, Instant now) {
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

  /** Every claim. */
  synchronized List<Claim> all() {
    return List.copyOf(claims.values());
  }
}
