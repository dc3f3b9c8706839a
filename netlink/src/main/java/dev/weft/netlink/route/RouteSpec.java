// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.route;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.IpAddress;
import dev.weft.netlink.codec.MessageWriter;
import java.util.Optional;

/**
 * A route of ours in the main table.
 *
 * @param destination where it leads
 * @param type what happens to a packet
 * @param gateway the next hop; empty where the destination is on the link, or unreachable
 * @param link the link it leaves by; empty lets the kernel find it, or for unreachable
 */
public record RouteSpec(
    Cidr destination, RouteType type, Optional<IpAddress> gateway, Optional<LinkRef> link) {
  /** The number that tells our routes from all others (rtm_protocol). */
  public static final int PROTOCOL = 87;

  /** A destination on a link (scope link). */
  public static RouteSpec onLink(Cidr destination, LinkRef link) {
    return new RouteSpec(destination, RouteType.UNICAST, Optional.empty(), Optional.of(link));
  }

  /** A destination behind a gateway. */
  public static RouteSpec via(Cidr destination, IpAddress gateway, LinkRef link) {
    return new RouteSpec(destination, RouteType.UNICAST, Optional.of(gateway), Optional.of(link));
  }

  /** A destination behind a gateway; the kernel finds the link. */
  public static RouteSpec via(Cidr destination, IpAddress gateway) {
    return new RouteSpec(destination, RouteType.UNICAST, Optional.of(gateway), Optional.empty());
  }

  /** A destination that is answered for with "unreachable". */
  public static RouteSpec unreachable(Cidr destination) {
    return new RouteSpec(destination, RouteType.UNREACHABLE, Optional.empty(), Optional.empty());
  }

  /** As {@code ip route} writes it. */
  @Override
  public String toString() {
    return (type == RouteType.UNREACHABLE ? "unreachable " : "")
        + destination
        + gateway.map(address -> " via " + address).orElse("")
        + link.map(device -> " dev " + device).orElse("");
  }

  void write(MessageWriter out, int scope) {
    Headers.route(
        out,
        destination.family().socketFamily(),
        destination.prefixLength(),
        PROTOCOL,
        scope,
        type.number());
    if (destination.prefixLength() > 0) {
      out.attributeAddress(Rtnetlink.RTA_DST, destination.address());
    }
    if (gateway.isPresent()) {
      out.attributeAddress(Rtnetlink.RTA_GATEWAY, gateway.get());
    }
    if (link.isPresent()) {
      out.attributeInt(Rtnetlink.RTA_OIF, link.get().index());
    }
  }
}
