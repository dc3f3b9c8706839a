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
 * @param release how far its release is
 * @param since when that began
 * @param pressure whether its agent has few addresses left in it
 */
public record Block(
    Cidr cidr,
    Owner owner,
    String pool,
    Instant created,
    Release release,
    Instant since,
    boolean pressure) {
  /** Oldest first; ties by name. */
  public static final Comparator<Block> BY_AGE =
      Comparator.comparing(Block::created).thenComparing(block -> block.cidr().objectName());

  /** How far a block's release is. */
  public enum Release {
    /** Its node is there. */
    NONE,
    /** Its node is gone and may come back. */
    GRACE,
    /** It is lost: agents remove its routes, then it is deleted, unless its node is back before. */
    RELEASING
  }
}
