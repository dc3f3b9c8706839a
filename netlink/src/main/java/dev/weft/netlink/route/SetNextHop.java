// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.route;

import dev.weft.netlink.Request;
import dev.weft.netlink.codec.MessageWriter;

/**
 * Writes a next-hop object, in place of one of this number: all its routes follow at once. Refused
 * with EINVAL where its family changes and routes of the other family use it.
 *
 * @param nextHop which
 */
public record SetNextHop(NextHopSpec nextHop) implements Request {
  @Override
  public String describe() {
    return "set nexthop " + nextHop;
  }

  @Override
  public void write(MessageWriter out) {
    out.begin(
        Rtnetlink.RTM_NEWNEXTHOP,
        Rtnetlink.NLM_F_REQUEST | Rtnetlink.NLM_F_CREATE | Rtnetlink.NLM_F_REPLACE);
    Headers.nextHop(
        out,
        nextHop.gateway().family().socketFamily(),
        RouteSpec.PROTOCOL,
        nextHop.onLink() ? Rtnetlink.RTNH_F_ONLINK : 0);
    out.attributeInt(Rtnetlink.NHA_ID, nextHop.id());
    out.attributeAddress(Rtnetlink.NHA_GATEWAY, nextHop.gateway());
    out.attributeInt(Rtnetlink.NHA_OIF, nextHop.link().index());
    out.end();
  }
}
