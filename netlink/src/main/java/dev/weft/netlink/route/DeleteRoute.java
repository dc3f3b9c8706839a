// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.route;

import dev.weft.netlink.Request;
import dev.weft.netlink.codec.MessageWriter;

/**
 * Deletes a route: protocol, destination, and gateway and link where given, must match. Refused
 * with ESRCH where there is none.
 *
 * @param route which
 * @param protocol who made it; 0 for whoever did
 */
public record DeleteRoute(RouteSpec route, int protocol) implements Request {
  /** Of anybody. */
  public static final int ANY = 0;

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
    out.end();
  }
}
