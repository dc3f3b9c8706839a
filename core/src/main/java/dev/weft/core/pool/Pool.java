// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import dev.weft.core.label.Selector;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.Family;
import java.time.Instant;
import java.util.Comparator;
import java.util.Optional;

/**
 * An IPPool as the operator reads it.
 *
 * @param name of the object
 * @param created when it was created: of overlapping pools only the oldest allocates
 * @param layout the blocks that are declared; empty where what was declared cannot be
 * @param problem why there is no layout; empty where there is one
 * @param accepted the range in force so far; empty where none was accepted yet
 * @param selector which nodes draw from it
 * @param state what its user wants given out of it
 * @param deleting whether its deletion waits for its blocks
 * @param maxPerNode how many blocks of it a node may have; at least 1
 */
public record Pool(
    String name,
    Instant created,
    Optional<BlockLayout> layout,
    String problem,
    Optional<Cidr> accepted,
    Selector selector,
    State state,
    boolean deleting,
    int maxPerNode) {
  /** What is given out of a pool. */
  public enum State {
    /** Blocks. */
    ACTIVE,
    /** No block; nodes keep and use those that they have. */
    NO_NEW_BLOCKS,
    /** Nothing: nodes get a block of another pool, then they give theirs back. */
    DRAINING
  }

  /** Oldest first, ties by name. */
  static final Comparator<Pool> BY_AGE =
      Comparator.comparing(Pool::created).thenComparing(Pool::name);

  /** Whether it has blocks for a node, whatever its state. */
  boolean selects(ClusterNode node) {
    return layout.isPresent() && selector.matches(node.labels());
  }

  /** Whether this is the range that its user wrote. */
  public boolean declares(Cidr range) {
    return layout.filter(blocks -> blocks.cidr().equals(range)).isPresent();
  }

  /** Whether it has blocks of this family for a node, whatever its state. */
  boolean offers(Family family, ClusterNode node) {
    return layout.isPresent()
        && layout.get().cidr().family() == family
        && selector.matches(node.labels());
  }

  /** Whether nodes are to give its blocks back: so its user wants, or it is being deleted. */
  boolean isDraining() {
    return deleting || state == State.DRAINING;
  }
}
