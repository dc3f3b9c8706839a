// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import dev.weft.core.dataplane.NodeState;
import java.util.List;
import java.util.Optional;

/**
 * What a node should be like, and why.
 *
 * @param desired the state to bring about
 * @param blocks this node's blocks
 * @param peers the other nodes' blocks
 * @param endpoint how other nodes reach this one
 * @param warnings what may keep packets from pods though all is programmed
 * @param notReady why the node can serve no ADD, as the message of CNI's STATUS: it has no block,
 *     or does not forward. A block that allocates nothing is no reason: it fails the ADD
 */
public record Calculation(
    NodeState desired,
    List<OwnBlock> blocks,
    List<PeerReport> peers,
    Endpoint endpoint,
    List<Blocker> warnings,
    Optional<String> notReady) {
  /** Copies the lists. */
  public Calculation {
    blocks = List.copyOf(blocks);
    peers = List.copyOf(peers);
    warnings = List.copyOf(warnings);
  }
}
