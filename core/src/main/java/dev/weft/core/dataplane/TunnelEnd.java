// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.dataplane;

import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;

/**
 * Where a VXLAN device sends the frames to another node's device (an FDB entry).
 *
 * @param device name of this node's device
 * @param mac of the other node's device
 * @param remote the other node's address
 */
public record TunnelEnd(String device, MacAddress mac, IpAddress remote) {
  /** The ends of a node's tunnels: removed after what leads to them. */
  public static final Kind<TunnelEnd> KIND =
      Kind.<TunnelEnd>of("fdb entry", 40, TunnelEnd::key)
          .foundation()
          .lostWith(VxlanDevice.KIND, (end, device) -> VxlanDevice.isLost(device, end.device))
          .build();

  /**
   * What no two entries share.
   *
   * @param device name of this node's device
   * @param mac of the other node's device
   */
  public record Key(String device, MacAddress mac) {}

  /** By its key alone: thousands are hashed in a run. */
  @Override
  public int hashCode() {
    return mac.hashCode();
  }

  /** What no other entry shares. */
  public Key key() {
    return new Key(device, mac);
  }

  @Override
  public String toString() {
    return mac + " dst " + remote + " dev " + device;
  }
}
