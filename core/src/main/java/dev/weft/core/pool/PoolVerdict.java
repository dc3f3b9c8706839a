// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

/**
 * Whether blocks are allocated from a pool.
 *
 * @param kind yes, or the reason why not
 * @param message the reason as a sentence, and what to do
 */
public record PoolVerdict(Kind kind, String message) {
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
    /** Its user disabled it. */
    DISABLED
  }

  /** Whether blocks are allocated, as long as any is free. */
  public boolean allocates() {
    return kind == Kind.READY;
  }
}
