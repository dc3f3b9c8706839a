// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import dev.weft.core.net.Cidr;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * Blocks of unequal size that overlap. The oldest counts, ties by name; a block loses only against
 * one that counts itself.
 */
final class BlockOverlaps {
  private final TreeMap<Cidr, Block> counting = new TreeMap<>();

  private BlockOverlaps() {}

  /** The blocks that do not count, each with the one it overlaps. */
  static Map<Cidr, Block> losers(Collection<Block> blocks) {
    if (areDisjoint(blocks)) {
      return Map.of();
    }
    BlockOverlaps overlaps = new BlockOverlaps();
    Map<Cidr, Block> losers = new HashMap<>();
    blocks.stream()
        .sorted(Block.BY_AGE)
        .forEach(
            block -> {
              Block winner = overlaps.winnerAgainst(block.cidr());
              if (winner == null) {
                overlaps.counting.put(block.cidr(), block);
              } else {
                losers.put(block.cidr(), winner);
              }
            });
    return losers;
  }

  /** Where any two ranges overlap, some two that are neighbours in order do. */
  private static boolean areDisjoint(Collection<Block> blocks) {
    List<Cidr> sorted = blocks.stream().map(Block::cidr).sorted().toList();
    return IntStream.range(1, sorted.size())
        .noneMatch(i -> sorted.get(i - 1).overlaps(sorted.get(i)));
  }

  /** Ranges overlap only where one contains the other: the neighbours in order tell. */
  private Block winnerAgainst(Cidr cidr) {
    Map.Entry<Cidr, Block> before = counting.floorEntry(cidr);
    if (before != null && before.getKey().overlaps(cidr)) {
      return before.getValue();
    }
    Map.Entry<Cidr, Block> after = counting.ceilingEntry(cidr);
    return after != null && after.getKey().overlaps(cidr) ? after.getValue() : null;
  }
}
