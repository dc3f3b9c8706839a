// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.route;

import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import dev.weft.netlink.codec.Attributes;
import dev.weft.netlink.codec.MessageReader;
import java.util.Optional;

/**
 * A next-hop object as the kernel reports it (linux/nexthop.h).
 *
 * @param id its number
 * @param protocol who made it, as of a route
 * @param gateway where a packet goes next; empty for a group, a blackhole or a mere link
 * @param link index of the link it leaves by, 0 for none
 */
public record NextHopInfo(int id, int protocol, Optional<IpAddress> gateway, int link) {
  private static final int FIXED = 8;

  /** Whether it is one of ours. */
  public boolean ours() {
    return protocol == RouteSpec.PROTOCOL;
  }

  /**
   * Reads RTM_NEWNEXTHOP or RTM_DELNEXTHOP.
   *
   * @throws dev.weft.netlink.codec.MalformedMessageException if it makes no sense
   */
  public static NextHopInfo read(MessageReader message) {
    Family family = Rtnetlink.family(message.getByte(0));
    int id = 0;
    int link = 0;
    IpAddress gateway = null;
    Attributes attributes = message.attributes(FIXED);
    while (attributes.next()) {
      switch (attributes.type()) {
        case Rtnetlink.NHA_ID -> id = attributes.getInt();
        case Rtnetlink.NHA_OIF -> link = attributes.getInt();
        case Rtnetlink.NHA_GATEWAY -> {
          Prefixes.checked(family, 0);
          gateway = attributes.getAddress(family);
        }
        default -> {
          // Nothing we use.
        }
      }
    }
    return new NextHopInfo(id, message.getByte(2), Optional.ofNullable(gateway), link);
  }
}
