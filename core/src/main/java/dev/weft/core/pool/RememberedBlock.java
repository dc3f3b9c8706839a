// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import dev.weft.core.net.Cidr;

/**
 * A block and its owner, as of when its IPAllocation was last seen.
 *
 * @param cidr the block
 * @param owner its owner
 * @param pool name of the pool it was carved from
 */
public record RememberedBlock(Cidr cidr, Owner owner, String pool) {}
