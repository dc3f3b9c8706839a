// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.route;

import dev.weft.core.net.IpAddress;

/**
 * A next-hop object of ours, which many routes name by its number.
 *
 * @param id its number in its namespace, 1 or more
 * @param gateway where a packet goes next
 * @param link the link it leaves by
 */
public record NextHopSpec(int id, IpAddress gateway, LinkRef link) {
  /** As {@code ip nexthop} writes it. */
  @Override
  public String toString() {
    return "id " + Integer.toUnsignedString(id) + " via " + gateway + " dev " + link;
  }
}
