// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.route;

import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;
import dev.weft.netlink.codec.Attributes;
import dev.weft.netlink.codec.MessageReader;
import java.util.Optional;

/**
 * A neighbour entry as the kernel reports it.
 *
 * @param link index of the link
 * @param address the neighbour's address
 * @param mac its MAC; empty while it is not known
 * @param state NUD_* (linux/neighbour.h)
 */
public record NeighbourInfo(int link, IpAddress address, Optional<MacAddress> mac, int state) {
  static final int REACHABLE = 0x02;
  static final int NOARP = 0x40;
  static final int PERMANENT = 0x80;
  private static final int FIXED = 12;

  /** Whether it stays until somebody deletes it. */
  public boolean permanent() {
    return (state & PERMANENT) != 0;
  }

  /**
   * Reads RTM_NEWNEIGH or RTM_DELNEIGH of IPv4 or IPv6.
   *
   * @throws dev.weft.netlink.codec.MalformedMessageException if it makes no sense
   */
  public static NeighbourInfo read(MessageReader message) {
    Family family = Rtnetlink.family(message.getByte(0));
    Prefixes.checked(family, 0);
    IpAddress address = null;
    Optional<MacAddress> mac = Optional.empty();
    Attributes attributes = message.attributes(FIXED);
    while (attributes.next()) {
      switch (attributes.type()) {
        case Rtnetlink.NDA_DST -> address = attributes.getAddress(family);
        case Rtnetlink.NDA_LLADDR -> mac = attributes.getMac();
        default -> {
          // Nothing we use.
        }
      }
    }
    return new NeighbourInfo(
        message.getInt(4), Prefixes.present(address, "address"), mac, message.getShort(8));
  }
}
