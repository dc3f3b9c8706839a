// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import dev.weft.core.net.Cidr;

/**
 * The memory of whose a block was when its IPAllocation was last seen.
 *
 * @param cidr the block
 * @param owner whose it was
 * @param pool name of the pool it was carved from
 */
public record Claim(Cidr cidr, Owner owner, String pool) {}
