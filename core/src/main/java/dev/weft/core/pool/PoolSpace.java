// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import dev.weft.core.net.Cidr;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Which blocks of all pools are free during one pass. Pools may overlap: what is taken from one is
 * taken from all.
 */
final class PoolSpace {
  private final Map<Pool, FreeBlocks> free = new LinkedHashMap<>();

  private PoolSpace() {}

  /** All blocks of the pools that have a range in force, in the pools' order. */
  static PoolSpace of(Map<Pool, PoolVerdict> verdicts) {
    PoolSpace space = new PoolSpace();
    verdicts.forEach(
        (pool, verdict) ->
            verdict.layout().ifPresent(layout -> space.free.put(pool, new FreeBlocks(layout))));
    return space;
  }

  /** Makes every block that overlaps the range unavailable. */
  void occupy(Cidr range) {
    free.values().forEach(blocks -> blocks.occupy(range));
  }

  /**
   * Makes blocks that are free the last to be taken.
   *
   * @param released in the order in which they are taken then
   */
  void takeLast(List<Cidr> released) {
    released.forEach(block -> free.values().forEach(blocks -> blocks.takeLast(block)));
  }

  /** Takes the free block of a pool with the lowest addresses. */
  Optional<Cidr> takeLowest(Pool pool) {
    Optional<Cidr> block = free.get(pool).takeLowest();
    block.ifPresent(this::occupy);
    return block;
  }

  /** How many blocks a pool has, without the reserved ones; 0 without a layout. */
  long total(Pool pool) {
    return free.containsKey(pool) ? free.get(pool).total() : 0;
  }

  /** How many blocks of a pool can still be taken; 0 without a layout. */
  long free(Pool pool) {
    return free.containsKey(pool) ? free.get(pool).free() : 0;
  }

  /** The pools that have such a block, in their order. */
  List<Pool> poolsWith(Cidr block) {
    return free.entrySet().stream()
        .filter(pool -> pool.getValue().layout().has(block))
        .map(Map.Entry::getKey)
        .toList();
  }

  /** Whether a pool that is not being deleted has any address of this range. */
  boolean isPooled(Cidr range) {
    return free.entrySet().stream()
        .anyMatch(
            pool -> !pool.getKey().deleting() && pool.getValue().layout().cidr().overlaps(range));
  }
}
