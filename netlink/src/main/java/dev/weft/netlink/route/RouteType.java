// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.route;

/** What happens to a packet that takes a route (linux/rtnetlink.h, RTN_*). */
public enum RouteType {
  /** It leaves by a link. */
  UNICAST(1),
  /** It is for this node. */
  LOCAL(2),
  /** It is a broadcast. */
  BROADCAST(3),
  /** It is for this node, by an anycast address. */
  ANYCAST(4),
  /** It is for a group. */
  MULTICAST(5),
  /** It is dropped. */
  BLACKHOLE(6),
  /** Its sender gets ICMP "unreachable". */
  UNREACHABLE(7),
  /** Its sender gets ICMP "prohibited". */
  PROHIBIT(8),
  /** Another of the kernel's types. */
  OTHER(0);

  private final int number;

  RouteType(int number) {
    this.number = number;
  }

  int number() {
    return number;
  }

  static RouteType of(int number) {
    for (RouteType type : values()) {
      if (type.number == number) {
        return type;
      }
    }
    return OTHER;
  }
}
