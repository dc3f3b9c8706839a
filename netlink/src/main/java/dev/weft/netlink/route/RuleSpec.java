// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.route;

import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import dev.weft.netlink.codec.MessageWriter;
import java.util.Optional;

/**
 * A routing rule of ours: what it selects takes a table, and where that has no route, the rules
 * after it. Unlike a route it does not go with any link.
 *
 * @param family whose packets
 * @param source the one address that they come from; empty where the device selects
 * @param device the name of the link that the sender's socket is bound to; empty where the source
 *     selects
 * @param table the table, of any number
 */
public record RuleSpec(Family family, Optional<IpAddress> source, String device, int table) {
  /**
   * Its place among the rules: before main (32766) and whatever others add without a place of their
   * own (from 32765 down), behind local (0).
   */
  public static final int PRIORITY = 8700;

  /** What has this source. */
  public static RuleSpec from(IpAddress source, int table) {
    return new RuleSpec(source.family(), Optional.of(source), "", table);
  }

  /** What is sent by a socket that is bound to this link (SO_BINDTODEVICE). */
  public static RuleSpec boundTo(String device, Family family, int table) {
    return new RuleSpec(family, Optional.empty(), device, table);
  }

  /** As {@code ip rule} writes it. */
  @Override
  public String toString() {
    return "%s lookup %s"
        .formatted(
            source.map(address -> "from " + address).orElse("oif " + device),
            Integer.toUnsignedString(table));
  }

  /** struct fib_rule_hdr (linux/fib_rules.h), and what the rule selects. */
  void writeSelector(MessageWriter out, int action) {
    out.putByte(family.socketFamily()).putByte(0);
    out.putByte(source.isPresent() ? family.bits() : 0).putByte(0);
    out.putByte(Rtnetlink.RT_TABLE_UNSPEC).putShort(0).putByte(action).putInt(0);
    if (source.isPresent()) {
      out.attributeAddress(Rtnetlink.FRA_SRC, source.get());
    } else {
      out.attributeString(Rtnetlink.FRA_OIFNAME, device);
    }
  }
}
