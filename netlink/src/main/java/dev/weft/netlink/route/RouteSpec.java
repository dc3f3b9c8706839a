// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.route;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.IpAddress;
import dev.weft.netlink.codec.MessageWriter;
import java.util.Optional;

/**
 * A route of ours.
 *
 * @param destination where it leads
 * @param type what happens to a packet
 * @param gateway the next hop; empty where the destination is on the link, or unreachable
 * @param link the link it leaves by; empty lets the kernel find it, or for unreachable
 * @param table the routing table that it is in, {@link #MAIN} for the usual one
 * @param mtuBytes the largest packet that takes it, 0 for the link's
 * @param nextHopId the next-hop object that it uses in place of gateway and link, 0 for none
 */
public record RouteSpec(
    Cidr destination,
    RouteType type,
    Optional<IpAddress> gateway,
    Optional<LinkRef> link,
    int table,
    int mtuBytes,
    int nextHopId) {
  /** The number that distinguishes our routes from all others (rtm_protocol). */
  public static final int PROTOCOL = 87;

  /** The main table. */
  public static final int MAIN = Rtnetlink.RT_TABLE_MAIN;

  /** A route with a gateway or a link of its own, or none. */
  public RouteSpec(
      Cidr destination,
      RouteType type,
      Optional<IpAddress> gateway,
      Optional<LinkRef> link,
      int table,
      int mtuBytes) {
    this(destination, type, gateway, link, table, mtuBytes, 0);
  }

  /** A destination behind a next-hop object. */
  public static RouteSpec byNextHop(Cidr destination, int nextHopId) {
    return new RouteSpec(
        destination, RouteType.UNICAST, Optional.empty(), Optional.empty(), MAIN, 0, nextHopId);
  }

  /** A destination on a link (scope link). */
  public static RouteSpec onLink(Cidr destination, LinkRef link) {
    return new RouteSpec(
        destination, RouteType.UNICAST, Optional.empty(), Optional.of(link), MAIN, 0);
  }

  /** A destination behind a gateway. */
  public static RouteSpec via(Cidr destination, IpAddress gateway, LinkRef link) {
    return new RouteSpec(
        destination, RouteType.UNICAST, Optional.of(gateway), Optional.of(link), MAIN, 0);
  }

  /** A destination behind a gateway; the kernel finds the link. */
  public static RouteSpec via(Cidr destination, IpAddress gateway) {
    return new RouteSpec(
        destination, RouteType.UNICAST, Optional.of(gateway), Optional.empty(), MAIN, 0);
  }

  /** A destination that is answered for with "unreachable". */
  public static RouteSpec unreachable(Cidr destination) {
    return new RouteSpec(
        destination, RouteType.UNREACHABLE, Optional.empty(), Optional.empty(), MAIN, 0);
  }

  /** The same route in another table, of any number. */
  public RouteSpec inTable(int other) {
    return new RouteSpec(destination, type, gateway, link, other, mtuBytes, nextHopId);
  }

  /** The same route with an MTU of its own, 0 for the link's. */
  public RouteSpec withMtu(int bytes) {
    return new RouteSpec(destination, type, gateway, link, table, bytes, nextHopId);
  }

  /** As {@code ip route} writes it. */
  @Override
  public String toString() {
    return (type == RouteType.UNREACHABLE ? "unreachable " : "")
        + destination
        + gateway.map(address -> " via " + address).orElse("")
        + link.map(device -> " dev " + device).orElse("")
        + (nextHopId == 0 ? "" : " nhid " + Integer.toUnsignedString(nextHopId))
        + (table == MAIN ? "" : " table " + Integer.toUnsignedString(table))
        + (mtuBytes == 0 ? "" : " mtu " + mtuBytes);
  }

  void write(MessageWriter out, int protocol, int scope) {
    Headers.route(
        out,
        destination.family().socketFamily(),
        destination.prefixLength(),
        Rtnetlink.shortTable(table),
        protocol,
        scope,
        type.number());
    if (destination.prefixLength() > 0) {
      out.attributeAddress(Rtnetlink.RTA_DST, destination.address());
    }
    if (gateway.isPresent()) {
      out.attributeAddress(Rtnetlink.RTA_GATEWAY, gateway.get());
    }
    if (table != MAIN) {
      out.attributeInt(Rtnetlink.RTA_TABLE, table);
    }
    if (link.isPresent()) {
      out.attributeInt(Rtnetlink.RTA_OIF, link.get().index());
    }
    if (nextHopId != 0) {
      out.attributeInt(Rtnetlink.RTA_NH_ID, nextHopId);
    }
    if (mtuBytes != 0) {
      int metrics = out.nest(Rtnetlink.RTA_METRICS);
      out.attributeInt(Rtnetlink.RTAX_MTU, mtuBytes);
      out.endNest(metrics);
    }
  }
}
