// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.route;

import dev.weft.core.net.Family;
import dev.weft.core.net.InterfaceAddress;
import dev.weft.core.net.IpAddress;
import dev.weft.netlink.codec.Attributes;
import dev.weft.netlink.codec.MalformedMessageException;
import dev.weft.netlink.codec.MessageReader;

/**
 * An address of a link as the kernel reports it.
 *
 * @param link index of the link
 * @param address with its prefix length
 * @param scope RT_SCOPE_*: 0 global, 253 link, 254 host (linux/rtnetlink.h)
 * @param flags IFA_F_* (linux/if_addr.h)
 */
public record AddressInfo(int link, InterfaceAddress address, int scope, int flags) {
  private static final int FIXED = 8;
  private static final int GLOBAL = 0;

  /** Whether it brought no route to its prefix. */
  public boolean noPrefixRoute() {
    return (flags & Rtnetlink.IFA_F_NOPREFIXROUTE) != 0;
  }

  /** Whether it is valid beyond its link. */
  public boolean global() {
    return scope == GLOBAL;
  }

  /**
   * Reads RTM_NEWADDR or RTM_DELADDR of IPv4 or IPv6.
   *
   * @throws MalformedMessageException if it makes no sense
   */
  public static AddressInfo read(MessageReader message) {
    Family family = Rtnetlink.family(message.getByte(0));
    IpAddress local = null;
    IpAddress address = null;
    int flags = message.getByte(2);
    Attributes attributes = message.attributes(FIXED);
    while (attributes.next()) {
      switch (attributes.type()) {
        case Rtnetlink.IFA_LOCAL -> local = attributes.getAddress(family);
        case Rtnetlink.IFA_ADDRESS -> address = attributes.getAddress(family);
        case Rtnetlink.IFA_FLAGS -> flags = attributes.getInt();
        default -> {
          // Nothing we use.
        }
      }
    }
    IpAddress own = local == null ? address : local;
    int length = Prefixes.checked(family, message.getByte(1));
    return new AddressInfo(
        message.getInt(4),
        new InterfaceAddress(Prefixes.present(own, "address"), length),
        message.getByte(3),
        flags);
  }
}
