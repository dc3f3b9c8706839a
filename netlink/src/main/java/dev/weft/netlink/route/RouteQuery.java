// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.route;

import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import dev.weft.netlink.Query;
import dev.weft.netlink.codec.MessageReader;
import dev.weft.netlink.codec.MessageWriter;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Reads routes: those of a table, the main one or another ({@code dump}), or the one that a packet
 * to an address would take ({@code find}).
 */
public final class RouteQuery implements Query<RouteInfo> {
  private static final int RTM_F_FIB_MATCH = 0x2000;

  /** RT_TABLE_UNSPEC. */
  private static final int ANY_TABLE = 0;

  private final Family family;
  private final int protocol;
  private final IpAddress target;
  private final int link;
  private final int table;
  private final int flags;
  private final Predicate<RouteInfo> foreign;

  private RouteQuery(Family family, int protocol, IpAddress target, int link, int table) {
    this(family, protocol, target, link, table, 0, null);
  }

  private RouteQuery(
      Family family,
      int protocol,
      IpAddress target,
      int link,
      int table,
      int flags,
      Predicate<RouteInfo> foreign) {
    this.family = family;
    this.protocol = protocol;
    this.target = target;
    this.link = link;
    this.table = table;
    this.flags = flags;
    this.foreign = foreign;
  }

  /** All routes of the family in the main table. */
  public static RouteQuery main(Family family) {
    return new RouteQuery(family, 0, null, 0, RouteSpec.MAIN);
  }

  /**
   * The routes of the family in the main table that are not ours, as far as they are wanted: of a
   * full BGP table the rest is not kept for a moment.
   */
  public static RouteQuery foreign(Family family, Predicate<RouteInfo> wanted) {
    return new RouteQuery(family, 0, null, 0, RouteSpec.MAIN, 0, wanted);
  }

  /** Our routes of the family in the main table. */
  public static RouteQuery ours(Family family) {
    return new RouteQuery(family, RouteSpec.PROTOCOL, null, 0, RouteSpec.MAIN);
  }

  /** The family's routes by the link of this index in the main table; ENODEV where it is gone. */
  public static RouteQuery by(Family family, int link) {
    return new RouteQuery(family, 0, null, link, RouteSpec.MAIN);
  }

  /** All routes of the family, of every table. */
  public static RouteQuery everywhere(Family family) {
    return new RouteQuery(family, 0, null, 0, ANY_TABLE);
  }

  /** All routes of the family in the table; ENOENT where IPv4 has no such table. */
  public static RouteQuery inTable(Family family, int table) {
    return new RouteQuery(family, 0, null, 0, table);
  }

  /**
   * The way that a packet of this node to the address takes, as one host route; none where it is
   * unreachable.
   */
  public static RouteQuery to(IpAddress target) {
    return new RouteQuery(target.family(), 0, target, 0, 0);
  }

  /**
   * The route of the tables that a packet of this node to the address would take (RTM_F_FIB_MATCH):
   * not changed, as {@link #to} is, by an ICMP redirect or a path MTU.
   */
  public static RouteQuery match(IpAddress target) {
    return new RouteQuery(target.family(), 0, target, 0, 0, RTM_F_FIB_MATCH, null);
  }

  @Override
  public String describe() {
    return target == null ? "list " + family + " routes" : "get route to " + target;
  }

  @Override
  public void write(MessageWriter out) {
    boolean one = target != null;
    out.begin(Rtnetlink.RTM_GETROUTE, one ? Rtnetlink.NLM_F_REQUEST : Rtnetlink.DUMP);
    out.putByte(family.socketFamily()).putByte(one ? family.bits() : 0).putShort(0);
    out.putByte(Rtnetlink.shortTable(table)).putByte(protocol).putShort(0).putInt(flags);
    if (one) {
      out.attributeAddress(Rtnetlink.RTA_DST, target);
    }
    if (table > 255) {
      out.attributeInt(Rtnetlink.RTA_TABLE, table);
    }
    if (link != 0) {
      out.attributeInt(Rtnetlink.RTA_OIF, link);
    }
    out.end();
  }

  @Override
  public void read(MessageReader message, Consumer<? super RouteInfo> out) {
    if (message.type() != Rtnetlink.RTM_NEWROUTE
        || message.getByte(0) != family.socketFamily()
        || (protocol != 0 && message.getByte(5) != protocol)
        || (foreign != null && message.getByte(5) == RouteSpec.PROTOCOL)) {
      return;
    }
    RouteInfo route = RouteInfo.read(message);
    boolean wanted =
        target == null
            ? (table == ANY_TABLE || route.table() == table)
                && (link == 0 || route.link() == link)
                && (foreign == null || foreign.test(route))
            : route.type() != RouteType.UNREACHABLE;
    if (wanted) {
      out.accept(route);
    }
  }
}
