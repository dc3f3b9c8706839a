// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import java.util.Optional;

/**
 * Whether blocks are allocated from a pool.
 *
 * @param kind yes, or the reason why not
 * @param message the reason as a sentence, and what to do
 * @param layout the blocks of the range in force; empty where there is none, or the pool is invalid
 * @param acceptance whether the declared range is the one in force
 */
public record PoolVerdict(
    Kind kind, String message, Optional<BlockLayout> layout, Acceptance acceptance) {
  /** The first of these that applies, in this order, but for READY, which is the last. */
  public enum Kind {
    /** Blocks are allocated, as long as any is free. */
    READY,
    /** What was declared cannot be. */
    INVALID,
    /** It is being deleted and waits for its blocks. */
    DELETING,
    /** Its range overlaps something older. */
    OVERLAPPING,
    /** Its user drains it. */
    DRAINING,
    /** Its user wants no new block of it. */
    NO_NEW_BLOCKS
  }

  /** Whether blocks are allocated, as long as any is free. */
  public boolean allocates() {
    return kind == Kind.READY;
  }
}
