// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.route;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import dev.weft.netlink.codec.Attributes;
import dev.weft.netlink.codec.MessageReader;
import java.util.Arrays;
import java.util.Optional;

/**
 * A route as the kernel reports it. Of several next hops, the first.
 *
 * @param destination where it leads
 * @param type what happens to a packet
 * @param table its table: 254 is main
 * @param protocol who made it: 2 the kernel, 3 boot, 4 static, {@link RouteSpec#PROTOCOL} Weft
 * @param scope RT_SCOPE_*: 0 universe, 253 link, 254 host (linux/rtnetlink.h)
 * @param metric the smaller the sooner
 * @param gateway its next hop, of the destination's family or not
 * @param link index of the link it leaves by, 0 for none
 * @param source the address that packets of this node get; empty where none is preferred
 * @param mtuBytes its MTU, 0 for the link's
 * @param nextHopId the next-hop object that it uses, 0 for none
 */
public record RouteInfo(
    Cidr destination,
    RouteType type,
    int table,
    int protocol,
    int scope,
    long metric,
    Optional<IpAddress> gateway,
    int link,
    Optional<IpAddress> source,
    int mtuBytes,
    int nextHopId) {
  private static final int FIXED = 12;
  private static final int NEXT_HOP_BYTES = 8;

  /** Whether it is one of ours. */
  public boolean ours() {
    return protocol == RouteSpec.PROTOCOL;
  }

  /**
   * Reads RTM_NEWROUTE or RTM_DELROUTE of IPv4 or IPv6.
   *
   * @throws dev.weft.netlink.codec.MalformedMessageException if it makes no sense
   */
  public static RouteInfo read(MessageReader message) {
    Family family = Rtnetlink.family(message.getByte(0));
    int length = Prefixes.checked(family, message.getByte(1));
    Reading route = new Reading(family, message.getByte(4));
    Attributes attributes = message.attributes(FIXED);
    while (attributes.next()) {
      route.read(attributes);
    }
    IpAddress destination =
        route.destination == null ? IpAddress.ofBytes(new byte[family.bytes()]) : route.destination;
    return new RouteInfo(
        Cidr.containing(destination, length),
        RouteType.of(message.getByte(7)),
        route.table,
        message.getByte(5),
        message.getByte(6),
        route.metric,
        Optional.ofNullable(route.gateway),
        route.link,
        Optional.ofNullable(route.source),
        route.mtu,
        route.nextHopId);
  }

  /** What was read of a route so far. */
  private static final class Reading {
    private final Family family;
    private int table;
    private IpAddress destination;
    private IpAddress gateway;
    private IpAddress source;
    private int link;
    private long metric;
    private int mtu;
    private int nextHopId;

    Reading(Family family, int table) {
      this.family = family;
      this.table = table;
    }

    void read(Attributes attribute) {
      switch (attribute.type()) {
        case Rtnetlink.RTA_DST -> destination = attribute.getAddress(family);
        case Rtnetlink.RTA_TABLE -> table = attribute.getInt();
        case Rtnetlink.RTA_PREFSRC -> source = attribute.getAddress(family);
        case Rtnetlink.RTA_PRIORITY -> metric = attribute.getInt() & 0xffffffffL;
        case Rtnetlink.RTA_METRICS -> readMetrics(attribute.nested());
        case Rtnetlink.RTA_OIF -> link = attribute.getInt();
        case Rtnetlink.RTA_GATEWAY -> gateway = attribute.getAddress(family);
        case Rtnetlink.RTA_VIA -> gateway = readVia(attribute);
        case Rtnetlink.RTA_NH_ID -> nextHopId = attribute.getInt();
        case Rtnetlink.RTA_MULTIPATH -> readFirstHop(attribute);
        default -> {
          // Nothing we use.
        }
      }
    }

    private void readMetrics(Attributes metrics) {
      while (metrics.next()) {
        if (metrics.type() == Rtnetlink.RTAX_MTU) {
          mtu = metrics.getInt();
        }
      }
    }

    /** struct rtvia (linux/rtnetlink.h): family (16 bits), then an address of that family. */
    private static IpAddress readVia(Attributes attribute) {
      byte[] bytes = attribute.getBytes();
      Family family = bytes.length == 6 ? Family.IPV4 : bytes.length == 18 ? Family.IPV6 : null;
      Prefixes.present(family, "address in RTA_VIA");
      return IpAddress.ofBytes(Arrays.copyOfRange(bytes, 2, bytes.length));
    }

    /** struct rtnexthop: length (16 bits), flags, hops, interface index (32 bits), attributes. */
    private void readFirstHop(Attributes attribute) {
      int length = attribute.leadingShort();
      link = attribute.intAt(1);
      Attributes hop = attribute.nested(NEXT_HOP_BYTES, length);
      while (hop.next()) {
        if (hop.type() == Rtnetlink.RTA_GATEWAY) {
          gateway = hop.getAddress(family);
        } else if (hop.type() == Rtnetlink.RTA_VIA) {
          gateway = readVia(hop);
        }
      }
    }
  }
}
