// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import dev.weft.core.net.Cidr;
import dev.weft.core.node.Endpoint;

/**
 * The status that a block's IPAllocation should have.
 *
 * @param block the block
 * @param endpoint how this node is reached
 * @param capacity how many addresses pods may have of it
 * @param used how many of these pods have
 * @param programmed whether the kernel serves it
 * @param reason of that, as a condition's
 * @param message of that
 * @param pressure whether this node runs short of addresses of the block's family
 */
public record BlockStatus(
    Cidr block,
    Endpoint endpoint,
    long capacity,
    long used,
    boolean programmed,
    String reason,
    String message,
    boolean pressure) {}
