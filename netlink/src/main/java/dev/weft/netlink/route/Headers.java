// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.route;

import dev.weft.core.net.InterfaceAddress;
import dev.weft.netlink.codec.MessageWriter;

/** Beginnings of messages: the netlink header and the fixed structure after it. */
final class Headers {
  private Headers() {}

  /** struct ifinfomsg (linux/rtnetlink.h). */
  static void link(MessageWriter out, int family, int index, int flags, int change) {
    out.putByte(family).putByte(0).putShort(0).putInt(index).putInt(flags).putInt(change);
  }

  /** struct ifaddrmsg (linux/if_addr.h). */
  static void address(MessageWriter out, int family, int prefixLength, int index) {
    out.putByte(family).putByte(prefixLength).putByte(0).putByte(0).putInt(index);
  }

  /** struct ifaddrmsg of an address. */
  static void address(MessageWriter out, LinkRef link, InterfaceAddress address) {
    int family = address.address().family().socketFamily();
    address(out, family, address.prefixLength(), link.index());
  }

  /** struct rtmsg (linux/rtnetlink.h), without source prefix, TOS and flags. */
  static void route(
      MessageWriter out,
      int family,
      int prefixLength,
      int table,
      int protocol,
      int scope,
      int type) {
    out.putByte(family).putByte(prefixLength).putByte(0).putByte(0);
    out.putByte(table).putByte(protocol).putByte(scope).putByte(type).putInt(0);
  }

  /** struct nhmsg (linux/nexthop.h), of scope universe. */
  static void nextHop(MessageWriter out, int family, int protocol, int flags) {
    out.putByte(family).putByte(0).putByte(protocol).putByte(0).putInt(flags);
  }

  /** struct ndmsg (linux/neighbour.h). */
  static void neighbour(MessageWriter out, int family, int index, int state, int flags) {
    out.putByte(family).putByte(0).putShort(0).putInt(index);
    out.putShort(state).putByte(flags).putByte(0);
  }
}
