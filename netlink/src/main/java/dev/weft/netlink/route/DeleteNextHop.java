// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.route;

import dev.weft.netlink.Request;
import dev.weft.netlink.codec.MessageWriter;

/**
 * Deletes a next-hop object, and with it every route that uses it. Refused with ENOENT where there
 * is none.
 *
 * @param id its number
 */
public record DeleteNextHop(int id) implements Request {
  @Override
  public String describe() {
    return "delete nexthop id " + Integer.toUnsignedString(id);
  }

  @Override
  public void write(MessageWriter out) {
    out.begin(Rtnetlink.RTM_DELNEXTHOP, Rtnetlink.NLM_F_REQUEST);
    Headers.nextHop(out, Rtnetlink.AF_UNSPEC, 0, 0);
    out.attributeInt(Rtnetlink.NHA_ID, id);
    out.end();
  }
}
