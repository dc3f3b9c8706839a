// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import dev.weft.core.dataplane.Route;
import dev.weft.core.dataplane.TunnelEnd;
import dev.weft.core.dataplane.TunnelNeighbour;
import dev.weft.core.dataplane.VxlanDevice;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;

/**
 * The way to another node through a VXLAN tunnel. One next hop, the other device's IPv6 link-local
 * address, serves the routes of both families.
 *
 * @param device this node's device
 * @param mac of the other node's device
 * @param remote the other node's address
 * @param nextHop the link-local address of the other node's device
 */
public record Tunnel(VxlanDevice device, MacAddress mac, IpAddress remote, IpAddress nextHop) {
  /** A tunnel to the device of this MAC. */
  Tunnel(VxlanDevice device, MacAddress mac, IpAddress remote) {
    this(device, mac, remote, mac.linkLocal());
  }

  Route routeTo(Cidr block) {
    return Route.toPeer(block, nextHop, device.name()).withMtu(device.mtuBytes());
  }

  TunnelEnd end() {
    return new TunnelEnd(device.name(), mac, remote);
  }

  TunnelNeighbour neighbour() {
    return new TunnelNeighbour(device.name(), nextHop, mac);
  }
}
