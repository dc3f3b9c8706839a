// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.route;

import dev.weft.core.net.IpAddress;
import dev.weft.netlink.codec.MessageWriter;

/**
 * A routing rule of ours: what has this source takes this table, and where that has no route, the
 * rules after it. Unlike a route it does not go with any link.
 *
 * @param source the one address
 * @param table the table, of any number
 */
public record RuleSpec(IpAddress source, int table) {
  /**
   * Its place among the rules: before main (32766) and whatever others add without a place of their
   * own (from 32765 down), behind local (0).
   */
  public static final int PRIORITY = 8700;

  /** As {@code ip rule} writes it. */
  @Override
  public String toString() {
    return "from %s lookup %s".formatted(source, Integer.toUnsignedString(table));
  }

  /** struct fib_rule_hdr (linux/fib_rules.h). */
  static void header(MessageWriter out, IpAddress source, int action) {
    int family = source.family().socketFamily();
    out.putByte(family).putByte(0).putByte(source.family().bits()).putByte(0);
    out.putByte(Rtnetlink.RT_TABLE_UNSPEC).putShort(0).putByte(action).putInt(0);
    out.attributeAddress(Rtnetlink.FRA_SRC, source);
  }
}
