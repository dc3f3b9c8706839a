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
import java.util.stream.Stream;

/**
 * Which blocks nodes are to give back: those of pools that are being drained, and an empty one that
 * is more than the node needs. None is given back unless the node has another of the family that it
 * serves and keeps; where that is lost before the end, the block is the node's again.
 *
 * @param states the new state of each block whose state changes
 * @param surplus blocks that are an empty surplus now
 * @param unserved blocks that are not given back yet, since their nodes have others and serve none
 * @param wakeAt when time alone changes the answer; empty: never
 */
record Drains(
    Map<Cidr, Block.State> states,
    Set<Cidr> surplus,
    Set<Cidr> unserved,
    Optional<Instant> wakeAt) {
  /** How long a block is an empty surplus before it is given back. */
  static final Duration SURPLUS_FOR = Duration.ofMinutes(10);

  /** Decides on the blocks of each node. */
  static Drains of(OwnedBlocks owned, Map<Cidr, Instant> surplusSince, Instant now) {
    Decisions decisions = new Decisions(owned, surplusSince, now);
    owned.groups().forEach(decisions::decide);
    return new Drains(
        Map.copyOf(decisions.states),
        Set.copyOf(decisions.surplus),
        Set.copyOf(decisions.unserved),
        decisions.wakeAt);
  }

  /** Those on one node's blocks of a family after another. */
  private static final class Decisions {
    private final OwnedBlocks owned;
    private final Map<Cidr, Instant> surplusSince;
    private final Instant now;
    private final Map<Cidr, Block.State> states = new HashMap<>();
    private final Set<Cidr> surplus = new HashSet<>();
    private final Set<Cidr> unserved = new HashSet<>();
    private Optional<Instant> wakeAt = Optional.empty();

    Decisions(OwnedBlocks owned, Map<Cidr, Instant> surplusSince, Instant now) {
      this.owned = owned;
      this.surplusSince = surplusSince;
      this.now = now;
    }

    void decide(List<Block> blocks) {
      List<Block> staying = blocks.stream().filter(block -> !owned.isLeaving(block)).toList();
      Optional<Cidr> returned = surplus(staying);
      boolean served = staying.stream().anyMatch(Drains::serves);
      for (Block block : blocks) {
        boolean leaving = owned.isLeaving(block);
        set(block, leaving ? served : returned.equals(Optional.of(block.cidr())));
        if (leaving && !served && !staying.isEmpty()) {
          unserved.add(block.cidr());
        }
      }
    }

    private void set(Block block, boolean drains) {
      Block.State wanted =
          drains && block.state() != Block.State.CLAIMED
              ? Block.State.DRAINING
              : Block.State.ACTIVE;
      if (wanted != block.state()) {
        states.put(block.cidr(), wanted);
      }
    }

    /**
     * The one of a node's blocks that goes back as surplus: one that drains already, else a due.
     */
    private Optional<Cidr> surplus(List<Block> staying) {
      Optional<Cidr> draining =
          surplus(staying, Block.State.DRAINING).min(Comparator.naturalOrder());
      if (draining.isPresent()) {
        return draining;
      }
      Optional<Cidr> next = surplus(staying, Block.State.ACTIVE).max(Comparator.naturalOrder());
      next.ifPresent(surplus::add);
      Optional<Instant> due =
          next.map(block -> surplusSince.getOrDefault(block, now).plus(SURPLUS_FOR));
      if (due.filter(now::isBefore).isEmpty()) {
        return next;
      }
      wakeAt = earlier(wakeAt, due.get());
      return Optional.empty();
    }

    private Stream<Cidr> surplus(List<Block> staying, Block.State state) {
      return staying.stream()
          .filter(block -> block.state() == state)
          .filter(block -> owned.isReplaceable(block) && isSurplus(block, staying))
          .map(Block::cidr);
    }
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
    if (!isEmpty(block)) {
      return false;
    }
    List<Block> rest = staying.stream().filter(other -> other != block && serves(other)).toList();
    long capacity = rest.stream().mapToLong(other -> other.report().capacity()).sum();
    long used = rest.stream().mapToLong(other -> other.report().used()).sum();
    return 2 * used < capacity;
  }

  /** What drains is not allocatable, and stays empty once it is. */
  private static boolean isEmpty(Block block) {
    return block.state() == Block.State.DRAINING
        ? block.report().used() == 0
        : block.report().isEmpty();
  }
}
