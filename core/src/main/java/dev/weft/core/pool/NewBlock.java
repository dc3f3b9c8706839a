// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import dev.weft.core.net.Cidr;

/**
 * A block to be given to a node.
 *
 * @param cidr the block
 * @param node whose it becomes
 * @param pool name of the pool it comes from
 * @param restored whether it was this node's before and its IPAllocation was deleted
 */
public record NewBlock(Cidr cidr, ClusterNode node, String pool, boolean restored) {
  /** The memory of it. */
  public Claim claim() {
    return new Claim(cidr, Owner.of(node), pool);
  }
}
