// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import dev.weft.core.net.Family;
import java.time.Instant;
import java.util.Comparator;
import java.util.Optional;

/**
 * An IPPool as the operator reads it.
 *
 * @param name of the object
 * @param created when it was created: of overlapping pools only the oldest allocates
 * @param layout its blocks; empty where what was declared cannot be
 * @param problem why there is no layout; empty where there is one
 * @param selector which nodes draw from it
 * @param disabled whether nothing new is allocated from it
 * @param deleting whether its deletion waits for its blocks
 */
public record Pool(
    String name,
    Instant created,
    Optional<BlockLayout> layout,
    String problem,
    NodeSelector selector,
    boolean disabled,
    boolean deleting) {
  /** Oldest first, ties by name. */
  static final Comparator<Pool> BY_AGE =
      Comparator.comparing(Pool::created).thenComparing(Pool::name);

  /** Whether it has blocks for a node, whatever its state. */
  boolean selects(ClusterNode node) {
    return layout.isPresent() && selector.matches(node.labels());
  }

  /** Whether it has blocks of this family for a node, whatever its state. */
  boolean offers(Family family, ClusterNode node) {
    return layout.isPresent()
        && layout.get().cidr().family() == family
        && selector.matches(node.labels());
  }
}
