// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import dev.weft.core.net.Cidr;

/**
 * A change of how far a block's release is.
 *
 * @param cidr the block
 * @param to the new state
 * @param reason why, as one word in CamelCase
 * @param message why, as a sentence
 */
public record ReleaseStep(Cidr cidr, Block.Release to, String reason, String message) {}
