// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import dev.weft.core.dataplane.Route;
import java.util.Optional;

/**
 * How another node's block is reached.
 *
 * @param peer the block
 * @param route the route there; empty where none leads there
 * @param blocker why no route can be written; a route that was there before stays
 * @param tunnel the tunnel that it leads through; empty where it leads through none
 */
public record PeerReport(
    Peer peer, Optional<Route> route, Optional<Blocker> blocker, Optional<Tunnel> tunnel) {
  /** A block that no tunnel leads to. */
  public PeerReport(Peer peer, Optional<Route> route, Optional<Blocker> blocker) {
    this(peer, route, blocker, Optional.empty());
  }
}
