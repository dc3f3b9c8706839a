// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import dev.weft.core.net.Cidr;
import java.time.Instant;
import java.util.Comparator;

/**
 * An IPAllocation as the operator reads it.
 *
 * @param cidr the block
 * @param owner whose it is
 * @param pool name of the pool it was carved from
 * @param created when its object was created: of overlapping blocks the oldest counts
 * @param state whether it is claimed, active or draining
 * @param release how far its release is
 * @param since when that began
 * @param report what its agent reports
 */
public record Block(
    Cidr cidr,
    Owner owner,
    String pool,
    Instant created,
    State state,
    Release release,
    Instant since,
    BlockReport report) {
  /** Oldest first; ties by name. */
  public static final Comparator<Block> BY_AGE =
      Comparator.comparing(Block::created).thenComparing(block -> block.cidr().objectName());

  /** Whether its owner has a block for good. */
  public enum State {
    /** Its owner's agent claims it: it counts for nobody. */
    CLAIMED,
    /** Its owner has it. */
    ACTIVE,
    /** Its owner is to give it back. */
    DRAINING
  }

  /** How far a block's release is. */
  public enum Release {
    /** Its owner has it. */
    NONE,
    /** Its node is gone and may come back. */
    GRACE,
    /** It is nobody's: agents remove its routes, then it is deleted, unless that is taken back. */
    RELEASING
  }

  /** What is to be remembered of it. */
  public RememberedBlock remembered() {
    return new RememberedBlock(cidr, owner, pool);
  }
}
