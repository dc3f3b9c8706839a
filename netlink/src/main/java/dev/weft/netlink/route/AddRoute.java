// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.route;

import dev.weft.netlink.Request;
import dev.weft.netlink.codec.MessageWriter;

/**
 * Adds a route of ours. Refused with EEXIST where any route holds the prefix, also a foreign one;
 * with ENETUNREACH where the gateway is not on a link.
 *
 * @param route which
 */
public record AddRoute(RouteSpec route) implements Request {
  private static final int RT_SCOPE_UNIVERSE = 0;
  private static final int RT_SCOPE_LINK = 253;

  @Override
  public String describe() {
    return "add route " + route;
  }

  @Override
  public void write(MessageWriter out) {
    boolean direct =
        route.type() == RouteType.UNICAST && route.gateway().isEmpty() && route.nextHopId() == 0;
    out.begin(Rtnetlink.RTM_NEWROUTE, Rtnetlink.CREATE);
    route.write(out, RouteSpec.PROTOCOL, direct ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE);
    out.end();
  }
}
