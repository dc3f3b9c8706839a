// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import dev.weft.core.net.Cidr;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which blocks nodes are to give back: those of pools that are being drained, and an empty one that
 * is more than the node needs. None is given back unless the node has another of the family that it
 * serves and keeps; where that is lost before the end, the block is the node's again.
 *
 * @param states the new state of each block whose state changes
 * @param surplus blocks that are an empty surplus now
 * @param wakeAt when time alone changes the answer; empty: never
 */
record Drains(Map<Cidr, Block.State> states, Set<Cidr> surplus, Optional<Instant> wakeAt) {
  /** How long a block is an empty surplus before it is given back. */
  static final Duration SURPLUS_FOR = Duration.ofMinutes(10);

  /** Decides on the blocks of each node. */
  static Drains of(OwnedBlocks owned, Map<Cidr, Instant> surplusSince, Instant now) {
    Map<Cidr, Block.State> states = new HashMap<>();
    Set<Cidr> surplus = new HashSet<>();
    Optional<Instant> wakeAt = Optional.empty();
    for (List<Block> blocks : owned.groups()) {
      List<Block> staying = blocks.stream().filter(block -> !owned.isLeaving(block)).toList();
      Optional<Cidr> returned =
          staying.stream()
              .filter(block -> block.state() == Block.State.DRAINING)
              .filter(block -> owned.isReplaceable(block) && isSurplus(block, staying))
              .map(Block::cidr)
              .findFirst();
      if (returned.isEmpty()) {
        Optional<Cidr> next =
            staying.stream()
                .filter(block -> block.state() == Block.State.ACTIVE)
                .filter(block -> owned.isReplaceable(block) && isSurplus(block, staying))
                .map(Block::cidr)
                .max(Comparator.naturalOrder());
        if (next.isPresent()) {
          surplus.add(next.get());
          Instant due = surplusSince.getOrDefault(next.get(), now).plus(SURPLUS_FOR);
          if (now.isBefore(due)) {
            wakeAt = earlier(wakeAt, due);
          } else {
            returned = next;
          }
        }
      }
      boolean served = staying.stream().anyMatch(Drains::serves);
      for (Block block : blocks) {
        boolean drains =
            owned.isLeaving(block) ? served : returned.equals(Optional.of(block.cidr()));
        Block.State wanted =
            drains && block.state() != Block.State.CLAIMED
                ? Block.State.DRAINING
                : Block.State.ACTIVE;
        if (wanted != block.state()) {
          states.put(block.cidr(), wanted);
        }
      }
    }
    return new Drains(Map.copyOf(states), Set.copyOf(surplus), wakeAt);
  }

  /** The state that a block is to have. */
  Block.State wanted(Block block) {
    return states.getOrDefault(block.cidr(), block.state());
  }

  private static Optional<Instant> earlier(Optional<Instant> one, Instant other) {
    return Optional.of(one.filter(other::isAfter).orElse(other));
  }

  private static boolean serves(Block block) {
    return block.state() == Block.State.ACTIVE
        && block.release() == Block.Release.NONE
        && block.report().served();
  }

  /** Whether a block is empty, and less than half of what the node keeps besides is used. */
  private static boolean isSurplus(Block block, List<Block> staying) {
    List<Block> rest = staying.stream().filter(other -> other != block && serves(other)).toList();
    long capacity = rest.stream().mapToLong(other -> other.report().capacity()).sum();
    long used = rest.stream().mapToLong(other -> other.report().used()).sum();
    return isEmpty(block) && 2 * used < capacity;
  }

  /** What drains is not allocatable, and stays empty once it is. */
  private static boolean isEmpty(Block block) {
    return block.state() == Block.State.DRAINING
        ? block.report().used() == 0
        : block.report().isEmpty();
  }
}
