// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.route;

import dev.weft.core.net.IpAddress;
import dev.weft.netlink.Request;
import dev.weft.netlink.codec.MessageWriter;

/**
 * Deletes the routing rule of {@link RuleSpec#PRIORITY} for what has this source, whatever its
 * table. Refused with ENOENT where there is none.
 *
 * @param source the one address
 */
public record DeleteRule(IpAddress source) implements Request {
  private static final int FR_ACT_UNSPEC = 0;

  @Override
  public String describe() {
    return "delete rule from " + source;
  }

  @Override
  public void write(MessageWriter out) {
    out.begin(Rtnetlink.RTM_DELRULE, Rtnetlink.NLM_F_REQUEST);
    RuleSpec.header(out, source, FR_ACT_UNSPEC);
    out.attributeInt(Rtnetlink.FRA_PRIORITY, RuleSpec.PRIORITY);
    out.end();
  }
}
