// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

/**
 * Whether a pool hands out blocks.
 *
 * @param kind yes, or the reason why not
 * @param message the reason in words, and what to do
 */
public record PoolVerdict(Kind kind, String message) {
  /** The first of these that applies, in this order, but for READY, which is the last. */
  public enum Kind {
    /** It hands out blocks, as long as there are any. */
    READY,
    /** What was declared cannot be. */
    INVALID,
    /** It is being deleted and waits for its blocks. */
    DELETING,
    /** Its range overlaps something older. */
    OVERLAPPING,
    /** Its user said so. */
    DISABLED
  }

  /** Whether it hands out blocks, as long as there are any. */
  public boolean handsOut() {
    return kind == Kind.READY;
  }
}
