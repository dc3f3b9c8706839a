// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import dev.weft.core.net.Cidr;
import dev.weft.core.pool.Block;
import dev.weft.core.pool.RememberedBlock;
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
 * The owner of each block, of when its IPAllocation was last observed, so that an allocation that
 * is lost is noticed, and its block kept from others. One entry for each block of a node that is
 * there, or was within the grace. Safe for use by many threads.
 */
final class BlockMemory {
  private final Map<Cidr, RememberedBlock> blocks = new HashMap<>();
  private final Map<Cidr, Instant> lostSince = new HashMap<>();

  /**
   * Takes what there is now. A block being released is its node's no more unless the node is back,
   * one that does not count never was, and one that is only claimed is not yet.
   *
   * @param kept blocks whose node is there and has not given them back
   */
  synchronized void observe(Collection<Block> observed, Set<Cidr> overlapping, Set<Cidr> kept) {
    for (Block block : observed) {
      Cidr cidr = block.cidr();
      boolean lost = block.release() == Block.Release.RELEASING && !kept.contains(cidr);
      if (lost || overlapping.contains(cidr)) {
        blocks.remove(cidr);
      } else if (block.state() != Block.State.CLAIMED) {
        put(block.remembered());
      }
    }
  }

  /** Adds a block where it has none of this range. */
  synchronized void addMissing(RememberedBlock block) {
    blocks.putIfAbsent(block.cidr(), block);
  }

  /** Puts a block that was just allocated, or whose claim was just accepted. */
  synchronized void put(RememberedBlock block) {
    blocks.put(block.cidr(), block);
  }

  /** Removes what is void. */
  synchronized void remove(Collection<Cidr> cidrs) {
    blocks.keySet().removeAll(cidrs);
  }

  /**
   * Keeps blocks whose node is gone for a grace, counted from when that is first observed, and then
   * removes them.
   *
   * @return when the answer changes: now where any was removed, else when the next grace ends;
   *     empty: never
   */
  synchronized Optional<Instant> expire(Set<Cidr> lost, Duration grace, Instant now) {
    lostSince.keySet().retainAll(lost);
    lost.forEach(cidr -> lostSince.putIfAbsent(cidr, now));
    if (blocks.keySet().removeIf(cidr -> lostSince.containsKey(cidr) && isOver(cidr, grace, now))) {
      lostSince.keySet().retainAll(blocks.keySet());
      return Optional.of(now);
    }
    return lostSince.values().stream().min(Comparator.naturalOrder()).map(at -> at.plus(grace));
  }

  private boolean isOver(Cidr cidr, Duration grace, Instant now) {
    return !now.isBefore(lostSince.get(cidr).plus(grace));
  }

  /** Every block. */
  synchronized List<RememberedBlock> all() {
    return List.copyOf(blocks.values());
  }
}
