// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import java.util.Optional;

/**
 * How a block of this node is served.
 *
 * @param block the block, withheld where there is an obstacle
 * @param obstacle why it gives nothing new out
 */
public record BlockReport(OwnBlock block, Optional<Obstacle> obstacle) {}
