// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import dev.weft.core.net.Cidr;

/**
 * A block to be allocated to a node.
 *
 * @param cidr the block
 * @param node its new owner
 * @param pool name of the pool it comes from
 * @param first whether it is the node's first of the family
 */
public record NewBlock(Cidr cidr, ClusterNode node, String pool, boolean first) {
  /** What is to be remembered of it. */
  public RememberedBlock remembered() {
    return new RememberedBlock(cidr, Owner.of(node), pool);
  }
}
