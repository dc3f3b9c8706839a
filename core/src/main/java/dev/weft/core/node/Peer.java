// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.IpAddress;
import java.time.Instant;
import java.util.List;

/**
 * A block of another node.
 *
 * @param node name of that node
 * @param block its block
 * @param endpoint the node's addresses, at most one of each family that counts; empty while its
 *     agent has not told
 * @param state whether a route leads there
 * @param since when this agent first saw it like this
 */
public record Peer(String node, Cidr block, List<IpAddress> endpoint, State state, Instant since) {
  /** Whether a route leads to a peer's block. */
  public enum State {
    /** It is in the list; until its agent tells where it is, a route that is there stays. */
    LISTED,
    /** Another node has it now, whose agent has not told where it is: the route goes. */
    NEW_OWNER,
    /** It went from the list without having been released: its route stays. */
    LOST,
    /** It is being released: its route goes. */
    RELEASING,
    /** It overlaps an older block: it has no route. */
    OVERLAPPING
  }

  /** Copies the list. */
  public Peer {
    endpoint = List.copyOf(endpoint);
  }

  /** Whether a route may lead there. */
  public boolean reachable() {
    return state != State.RELEASING && state != State.OVERLAPPING;
  }
}
