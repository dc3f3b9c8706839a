// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

/**
 * A node that should have a block and gets none.
 *
 * @param node its name
 * @param reason why, as a sentence
 */
public record Waiting(String node, String reason) {}
