// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.policy;

import dev.weft.core.net.IpAddress;
import java.util.List;

/**
 * A node, as pods see it: what it sends through a tunnel, and what this node's pods send to their
 * own node, has a gateway's address.
 *
 * @param name its name
 * @param addresses its InternalIPs
 * @param gateways the gateway addresses of its blocks
 */
public record PolicyNode(String name, List<IpAddress> addresses, List<IpAddress> gateways) {
  public PolicyNode {
    addresses = List.copyOf(addresses);
    gateways = List.copyOf(gateways);
  }
}
