// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.route;

import dev.weft.netlink.Request;
import dev.weft.netlink.codec.MessageWriter;

/**
 * Puts a route of ours in the place of the one to the same destination, with no moment without one.
 * Refused with ENOENT where there is none. Whose the other is the kernel does not mind: to be used
 * only where it was read to be ours.
 *
 * @param route which, with a next hop
 */
public record ReplaceRoute(RouteSpec route) implements Request {
  private static final int RT_SCOPE_UNIVERSE = 0;

  @Override
  public String describe() {
    return "replace route " + route;
  }

  @Override
  public void write(MessageWriter out) {
    out.begin(Rtnetlink.RTM_NEWROUTE, Rtnetlink.NLM_F_REQUEST | Rtnetlink.NLM_F_REPLACE);
    route.write(out, RouteSpec.PROTOCOL, RT_SCOPE_UNIVERSE);
    out.end();
  }
}
