// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import dev.weft.core.net.Cidr;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Which blocks of a pool are free. Blocks are numbered from 0; what is taken is kept as disjoint
 * intervals of numbers, so that an operation costs the logarithm of their count, whatever the
 * pool's size.
 */
final class FreeBlocks {
  private final BlockLayout layout;
  private final TreeMap<Long, Long> taken =
      new TreeMap<>(); // first number -> number after the last
  private final Set<Long> resting = new LinkedHashSet<>(); // taken, but free: the last to be reused
  private final long total;
  private long takenCount;

  /** All blocks of the layout but those that lie in a reserved range. */
  FreeBlocks(BlockLayout layout) {
    this.layout = layout;
    layout.reserved().stream()
        .filter(range -> range.prefixLength() <= layout.blockLength())
        .forEach(this::occupy);
    this.total = layout.count() - takenCount;
  }

  BlockLayout layout() {
    return layout;
  }

  /** How many blocks there are, without the reserved ones. */
  long total() {
    return total;
  }

  /** How many blocks can still be taken. */
  long free() {
    return layout.count() - takenCount + resting.size();
  }

  /** Makes a block that is free one of the last to be taken; those before it come before it. */
  void takeLast(Cidr block) {
    if (layout.has(block)) {
      long number = layout.cidr().index(layout.blockLength(), block.address());
      if (!isTaken(number)) {
        take(number, number + 1);
        resting.add(number);
      }
    }
  }

  private boolean isTaken(long number) {
    Map.Entry<Long, Long> before = taken.floorEntry(number);
    return before != null && before.getValue() > number;
  }

  /** Makes every block that overlaps the range unavailable. */
  void occupy(Cidr range) {
    Cidr pool = layout.cidr();
    if (range.contains(pool)) {
      take(0, layout.count());
      resting.clear();
    } else if (pool.contains(range)) {
      long first = pool.index(layout.blockLength(), range.address());
      long after = first + Math.max(1, range.count(layout.blockLength()));
      take(first, after);
      if (!resting.isEmpty()) {
        resting.removeIf(number -> number >= first && number < after);
      }
    }
  }

  /** Takes the free block with the lowest addresses, of those that were just released the first. */
  Optional<Cidr> takeLowest() {
    Map.Entry<Long, Long> first = taken.firstEntry();
    long number = first == null || first.getKey() > 0 ? 0 : first.getValue();
    if (number == layout.count()) {
      Optional<Long> longest = resting.stream().findFirst();
      longest.ifPresent(resting::remove);
      return longest.map(one -> layout.cidr().sub(layout.blockLength(), one));
    }
    take(number, number + 1);
    return Optional.of(layout.cidr().sub(layout.blockLength(), number));
  }

  private void take(long from, long to) {
    long start = from;
    long end = to;
    Map.Entry<Long, Long> before = taken.floorEntry(start);
    if (before != null && before.getValue() >= start) {
      start = before.getKey();
      end = Math.max(end, before.getValue());
    }
    Map.Entry<Long, Long> next = taken.ceilingEntry(start);
    while (next != null && next.getKey() <= end) {
      end = Math.max(end, next.getValue());
      takenCount -= next.getValue() - next.getKey();
      taken.remove(next.getKey());
      next = taken.ceilingEntry(start);
    }
    taken.put(start, end);
    takenCount += end - start;
  }
}
