// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.route;

import dev.weft.netlink.Request;
import dev.weft.netlink.codec.MessageWriter;

/**
 * Deletes a route: protocol, destination, and gateway, link and metric where given, must match. Of
 * several the one with the smallest metric goes. Refused with ESRCH where there is none.
 *
 * @param route which
 * @param protocol who made it; 0 for whoever did
 * @param metric 1 to 2^32-1; 0 for any
 */
public record DeleteRoute(RouteSpec route, int protocol, long metric) implements Request {
  /** Of anybody. */
  public static final int ANY = 0;

  /** Deletes a route of any metric. */
  public DeleteRoute(RouteSpec route, int protocol) {
    this(route, protocol, 0);
  }

  /** Deletes a route of ours. */
  public DeleteRoute(RouteSpec route) {
    this(route, RouteSpec.PROTOCOL);
  }

  @Override
  public String describe() {
    return "delete route " + route;
  }

  @Override
  public void write(MessageWriter out) {
    out.begin(Rtnetlink.RTM_DELROUTE, Rtnetlink.NLM_F_REQUEST);
    route.write(out, protocol, Rtnetlink.RT_SCOPE_NOWHERE);
    if (metric != 0) {
      out.attributeInt(Rtnetlink.RTA_PRIORITY, (int) metric);
    }
    out.end();
  }
}
