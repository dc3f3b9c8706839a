// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.route;

import dev.weft.netlink.Request;
import dev.weft.netlink.codec.MessageWriter;

/**
 * Deletes a route of ours: protocol, destination, and gateway and link where given, must match.
 * Refused with ESRCH where there is none.
 *
 * @param route which
 */
public record DeleteRoute(RouteSpec route) implements Request {
  @Override
  public String describe() {
    return "delete route " + route;
  }

  @Override
  public void write(MessageWriter out) {
    out.begin(Rtnetlink.RTM_DELROUTE, Rtnetlink.NLM_F_REQUEST);
    route.write(out, Rtnetlink.RT_SCOPE_NOWHERE);
    out.end();
  }
}
