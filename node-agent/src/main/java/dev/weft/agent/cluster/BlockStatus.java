// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.IpAddress;
import java.util.List;

/**
 * What a block's allocation should say of it.
 *
 * @param block the block
 * @param endpoint this node's addresses, at most one of each family
 * @param capacity how many addresses pods may have of it
 * @param used how many pods have
 * @param programmed whether the kernel serves it
 * @param reason of that, as a condition's reason
 * @param message of that, in words
 * @param pressure whether this node runs short of addresses of the block's family
 */
public record BlockStatus(
    Cidr block,
    List<IpAddress> endpoint,
    long capacity,
    long used,
    boolean programmed,
    String reason,
    String message,
    boolean pressure) {
  /** Copies the list. */
  public BlockStatus {
    endpoint = List.copyOf(endpoint);
  }
}
