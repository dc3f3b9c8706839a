// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.dataplane;

import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;

/**
 * A permanent neighbour entry on a VXLAN device: the address that routes through a tunnel name as
 * their next hop.
 *
 * @param device name of this node's device
 * @param address the next hop: the other device's IPv6 link-local address, or the other node's
 * @param mac of the other node's device
 */
public record TunnelNeighbour(String device, IpAddress address, MacAddress mac) {
  /** The entries of a node: removed after the routes by them. */
  public static final Kind<TunnelNeighbour> KIND =
      Kind.<TunnelNeighbour>of("neighbour", 42, TunnelNeighbour::key)
          .foundation()
          .lostWith(VxlanDevice.KIND, (entry, device) -> VxlanDevice.isLost(device, entry.device))
          .build();

  /** By its key alone: thousands are hashed in a run. */
  @Override
  public int hashCode() {
    return address.hashCode();
  }

  private record Key(String device, IpAddress address) {}

  private Key key() {
    return new Key(device, address);
  }

  @Override
  public String toString() {
    return address + " lladdr " + mac + " dev " + device;
  }
}
