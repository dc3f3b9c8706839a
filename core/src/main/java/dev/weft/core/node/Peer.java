// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.IpAddress;
import java.time.Instant;

/**
 * A block of another node.
 *
 * @param node name of that node
 * @param block its block
 * @param endpoint how the node is reached
 * @param routing how packets to the block's pool cross between nodes
 * @param state whether a route leads there
 * @param since when this agent first saw it like this, by the wall clock
 */
public record Peer(
    String node, Cidr block, Endpoint endpoint, Routing routing, State state, Instant since) {
  /** A block of a pool whose routing is {@link Routing#AUTO}. */
  public Peer(String node, Cidr block, Endpoint endpoint, State state, Instant since) {
    this(node, block, endpoint, Routing.AUTO, state, since);
  }

  /** Whether a route leads to a peer's block. */
  public enum State {
    /** It is in the list; until its agent reports its endpoint, a route that is there stays. */
    LISTED,
    /** Another node has it now, whose agent has not reported its endpoint: the route goes. */
    NEW_OWNER,
    /** It is in no list, but was not released: its route stays. */
    LOST,
    /** It is being released: its route goes. */
    RELEASING,
    /** It overlaps an older block: it has no route. */
    OVERLAPPING,
    /** It lies outside its IPPool's range in force: a route that is there stays, none is made. */
    NOT_IN_POOL
  }

  /** The block's address on its node's bridge. */
  public IpAddress gateway() {
    return OwnBlock.gatewayOf(block);
  }

  /** Whether a route may lead there. */
  public boolean reachable() {
    return state != State.RELEASING && state != State.OVERLAPPING;
  }

  /** Whether a route may be made that is not there. */
  public boolean counts() {
    return state != State.NOT_IN_POOL;
  }
}
