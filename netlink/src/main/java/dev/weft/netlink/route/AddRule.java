// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.route;

import dev.weft.netlink.Request;
import dev.weft.netlink.codec.MessageWriter;

/**
 * Adds a routing rule of ours. Refused with EEXIST where this very rule is there.
 *
 * @param rule which
 */
public record AddRule(RuleSpec rule) implements Request {
  @Override
  public String describe() {
    return "add rule " + rule;
  }

  @Override
  public void write(MessageWriter out) {
    out.begin(Rtnetlink.RTM_NEWRULE, Rtnetlink.CREATE);
    rule.writeSelector(out, Rtnetlink.FR_ACT_TO_TBL);
    out.attributeInt(Rtnetlink.FRA_TABLE, rule.table());
    out.attributeInt(Rtnetlink.FRA_PRIORITY, RuleSpec.PRIORITY);
    out.attributeByte(Rtnetlink.FRA_PROTOCOL, RouteSpec.PROTOCOL);
    out.end();
  }
}
