// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.dataplane;

import dev.weft.core.net.IpAddress;

/**
 * A next hop that the routes to another node's blocks name. Its number is the driver's to choose.
 *
 * @param gateway the other node's address, or that of its VXLAN device
 * @param device name of the link that leads there
 */
public record NextHop(IpAddress gateway, String device) {
  /** The next hops of a node: removed after the routes by them. */
  public static final Kind<NextHop> KIND =
      Kind.<NextHop>of("next hop", 44, hop -> hop)
          .foundation()
          .lostWith(VxlanDevice.KIND, (hop, device) -> VxlanDevice.isLost(device, hop.device))
          .build();

  /** By its key alone: thousands are hashed in a run. */
  @Override
  public int hashCode() {
    return gateway.hashCode();
  }

  @Override
  public String toString() {
    return gateway + " dev " + device;
  }
}
