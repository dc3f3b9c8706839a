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
 * A VXLAN tunnel to another node. One next hop serves the routes of both families: the other
 * device's IPv6 link-local address, or where this node has no IPv6 the other node's address.
 *
 * @param device this node's device
 * @param mac of the other node's device
 * @param remote the other node's address
 * @param gateway the next hop
 * @param mtuBytes the largest packet that passes it
 */
public record Tunnel(
    VxlanDevice device, MacAddress mac, IpAddress remote, IpAddress gateway, int mtuBytes) {
  Route routeTo(Cidr block) {
    return Route.toPeer(block, gateway, device.name()).withMtu(mtuBytes);
  }

  TunnelEnd end() {
    return new TunnelEnd(device.name(), mac, remote);
  }

  TunnelNeighbour neighbour() {
    return new TunnelNeighbour(device.name(), gateway, mac);
  }
}
