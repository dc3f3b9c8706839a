// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import dev.weft.core.net.Cidr;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * The rules of ranges that overlap, for operator and agents. Two ranges overlap only where one
 * contains the other, so among ranges that do not overlap the neighbours in order decide.
 */
public final class BlockOverlaps {
  private BlockOverlaps() {}

  /**
   * The blocks of unequal size that do not count, each with the one it overlaps: the oldest counts,
   * ties by name; a block loses only against one that counts itself.
   */
  static Map<Cidr, Block> losers(Collection<Block> blocks) {
    Map<Cidr, Block> losers = new HashMap<>();
    losers(blocks, Block::cidr, Block.BY_AGE)
        .forEach((loser, winner) -> losers.put(loser.cidr(), winner));
    return losers;
  }

  /**
   * Those that overlap one that takes precedence, each with that one; one loses only against one
   * that does not lose itself.
   *
   * @param precedence the first of those that overlap counts
   */
  public static <T> Map<T, T> losers(
      Collection<T> ranges, Function<T, Cidr> cidr, Comparator<? super T> precedence) {
    if (areDisjoint(ranges.stream().map(cidr).sorted().toList())) {
      return Map.of();
    }
    TreeMap<Cidr, T> counting = new TreeMap<>();
    Map<T, T> losers = new HashMap<>();
    ranges.stream()
        .sorted(precedence)
        .forEach(
            range -> {
              T winner = overlapping(counting, cidr.apply(range));
              if (winner == null) {
                counting.put(cidr.apply(range), range);
              } else {
                losers.put(range, winner);
              }
            });
    return losers;
  }

  /** Whether a range is in one of these or contains one; they may overlap each other. */
  static boolean overlapsAny(NavigableSet<Cidr> ranges, Cidr cidr) {
    for (int length = 0; length < cidr.prefixLength(); length++) {
      if (ranges.contains(Cidr.containing(cidr.address(), length))) {
        return true;
      }
    }
    Cidr after = ranges.ceiling(cidr);
    return after != null && cidr.contains(after);
  }

  private static boolean areDisjoint(List<Cidr> sorted) {
    return IntStream.range(1, sorted.size())
        .noneMatch(i -> sorted.get(i - 1).overlaps(sorted.get(i)));
  }

  private static <T> T overlapping(TreeMap<Cidr, T> disjoint, Cidr cidr) {
    Map.Entry<Cidr, T> before = disjoint.floorEntry(cidr);
    if (before != null && before.getKey().overlaps(cidr)) {
      return before.getValue();
    }
    Map.Entry<Cidr, T> after = disjoint.ceilingEntry(cidr);
    return after != null && after.getKey().overlaps(cidr) ? after.getValue() : null;
  }
}
