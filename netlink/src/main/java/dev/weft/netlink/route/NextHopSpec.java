// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.route;

import dev.weft.core.net.IpAddress;

/**
 * A next-hop object of ours, which many routes name by its number.
 *
 * @param id its number in its namespace, 1 or more
 * @param gateway where a packet goes next
 * @param link the link it leaves by
 * @param onLink whether the gateway is taken to be on that link, whatever routes are there
 */
public record NextHopSpec(int id, IpAddress gateway, LinkRef link, boolean onLink) {
  /** One whose gateway is on the link by a route, or as a link-local address. */
  public NextHopSpec(int id, IpAddress gateway, LinkRef link) {
    this(id, gateway, link, false);
  }

  /** As {@code ip nexthop} writes it. */
  @Override
  public String toString() {
    return "id "
        + Integer.toUnsignedString(id)
        + " via "
        + gateway
        + " dev "
        + link
        + (onLink ? " onlink" : "");
  }
}
