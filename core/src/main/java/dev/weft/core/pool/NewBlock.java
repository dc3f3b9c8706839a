// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import dev.weft.core.net.Cidr;
import java.time.Instant;

/**
 * A block to be allocated to a node.
 *
 * @param cidr the block
 * @param node its new owner
 * @param pool name of the pool it comes from
 * @param origin whether the node had it before
 */
public record NewBlock(Cidr cidr, ClusterNode node, String pool, Origin origin) {
  /** Whether the node had the block before. */
  public enum Origin {
    /** It was free. */
    NEW,
    /** It was this node's, and its IPAllocation was deleted. */
    RESTORED
  }

  /** What is to be remembered of it. */
  public Claim claim() {
    return new Claim(cidr, Owner.of(node), pool);
  }

  /** The block once it exists. */
  Block asBlock() {
    return new Block(
        cidr, Owner.of(node), pool, Instant.MAX, Block.Release.NONE, Instant.MAX, false);
  }
}
