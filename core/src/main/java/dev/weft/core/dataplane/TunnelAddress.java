// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.dataplane;

import dev.weft.core.net.IpAddress;

/**
 * A block's gateway address on a VXLAN device, without a network: what the node itself sends
 * through a tunnel has it as its source, and the answer comes back through the tunnel.
 *
 * @param device name of the device
 * @param address the gateway's
 */
public record TunnelAddress(String device, IpAddress address) {
  /** The addresses of a node's devices. */
  public static final Kind<TunnelAddress> KIND =
      Kind.<TunnelAddress>of("address", 22, address -> address)
          .lostWith(
              VxlanDevice.KIND, (address, device) -> VxlanDevice.isLost(device, address.device))
          .build();

  @Override
  public String toString() {
    return address + " on " + device;
  }
}
