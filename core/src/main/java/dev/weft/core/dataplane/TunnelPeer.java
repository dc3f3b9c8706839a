// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.dataplane;

import dev.weft.core.net.IpAddress;

/**
 * An address of another node, which may send to this node's end of tunnels; and whose own end no
 * pod may send to.
 *
 * @param address one of its InternalIPs
 */
public record TunnelPeer(IpAddress address) {
  /** Those that this node knows. */
  public static final Kind<TunnelPeer> KIND =
      Kind.<TunnelPeer>of("tunnel peer", 11, peer -> peer)
          .text(peer -> peer.address.toString())
          .foundation()
          .build();
}
