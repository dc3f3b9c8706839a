// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import dev.weft.core.net.Cidr;
import dev.weft.core.node.Blocker;
import dev.weft.core.node.Endpoint;
import dev.weft.core.node.Routing;
import java.util.Optional;

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
 * @param pressure whether this node runs short of addresses of the block's pool
 * @param routing how packets to it cross between nodes, by its pool
 * @param drain how far the block is given back; empty where it is not to be
 * @param degraded what on its node keeps, or may keep, packets from pods; empty: nothing
 */
public record BlockStatus(
    Cidr block,
    Endpoint endpoint,
    long capacity,
    long used,
    boolean programmed,
    String reason,
    String message,
    boolean pressure,
    Routing routing,
    Optional<Drain> drain,
    Optional<Blocker> degraded) {
  /** The reason where pods have addresses that were reserved since. */
  public static final String RESERVED_IN_USE = "ReservedInUse";

  /**
   * How far a block is given back.
   *
   * @param generation of the allocation's spec that wants it
   * @param done whether no pod has an address of it, and none gets one
   * @param message why, or why not
   */
  public record Drain(long generation, boolean done, String message) {}
}
