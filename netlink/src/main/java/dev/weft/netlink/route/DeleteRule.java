// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.route;

import dev.weft.netlink.Request;
import dev.weft.netlink.codec.MessageWriter;

/**
 * Deletes the routing rule of {@link RuleSpec#PRIORITY} that selects the same and takes the same
 * table, or {@link #ANY_TABLE}. Refused with ENOENT where there is none.
 *
 * @param rule which
 */
public record DeleteRule(RuleSpec rule) implements Request {
  /** Whatever table the rule takes. */
  public static final int ANY_TABLE = 0;

  private static final int FR_ACT_UNSPEC = 0;

  @Override
  public String describe() {
    return "delete rule " + rule;
  }

  @Override
  public void write(MessageWriter out) {
    out.begin(Rtnetlink.RTM_DELRULE, Rtnetlink.NLM_F_REQUEST);
    rule.writeSelector(out, FR_ACT_UNSPEC);
    if (rule.table() != ANY_TABLE) {
      out.attributeInt(Rtnetlink.FRA_TABLE, rule.table());
    }
    out.attributeInt(Rtnetlink.FRA_PRIORITY, RuleSpec.PRIORITY);
    out.end();
  }
}
