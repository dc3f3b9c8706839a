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
 */
public record PeerReport(Peer peer, Optional<Route> route, Optional<Blocker> blocker) {}
