// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import dev.weft.core.dataplane.Route;
import dev.weft.core.dataplane.VxlanDevice;
import java.util.Locale;
import java.util.Optional;

/**
 * How another node's block is reached.
 *
 * @param peer the block
 * @param route the route there; empty where none leads there
 * @param blocker why no route can be written, while a route that was there before stays; or why the
 *     route that is written may lead to another machine
 * @param tunnel the tunnel that it leads through; empty where it leads through none
 */
public record PeerReport(
    Peer peer, Optional<Route> route, Optional<Blocker> blocker, Optional<Tunnel> tunnel) {
  /** How a block is reached. */
  public enum Path {
    /** By a route to the other node's address. */
    DIRECT,
    /** Through a tunnel. */
    VXLAN,
    /** Not at all. */
    NONE;

    /** Its label in metrics. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** How it is reached: by the route that leads there. */
  public Path path() {
    if (route.isEmpty()) {
      return Path.NONE;
    }
    return VxlanDevice.isName(route.get().device()) ? Path.VXLAN : Path.DIRECT;
  }

  /** Whether the other node may be sent to, and heard of, by the addresses that it reports. */
  boolean isEndpointAccepted() {
    return blocker
        .map(Blocker::reason)
        .filter(
            reason ->
                reason.equals(Blocker.ENDPOINT_REFUSED)
                    || reason.equals(Blocker.NEXT_HOP_IS_THIS_NODE))
        .isEmpty();
  }

  /** The same with a blocker, where there is one. */
  PeerReport with(Optional<Blocker> newBlocker) {
    return newBlocker.isEmpty() ? this : new PeerReport(peer, route, newBlocker, tunnel);
  }

  /** A block that no tunnel leads to. */
  public PeerReport(Peer peer, Optional<Route> route, Optional<Blocker> blocker) {
    this(peer, route, blocker, Optional.empty());
  }
}
