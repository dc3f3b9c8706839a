// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.route;

import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import dev.weft.netlink.Query;
import dev.weft.netlink.codec.Attributes;
import dev.weft.netlink.codec.MessageReader;
import dev.weft.netlink.codec.MessageWriter;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Lists our routing rules of a family. For {@code dump}.
 *
 * @param family which
 */
public record RuleQuery(Family family) implements Query<RuleSpec> {
  private static final int FIXED = 12;

  @Override
  public String describe() {
    return "list " + family + " rules";
  }

  @Override
  public void write(MessageWriter out) {
    out.begin(Rtnetlink.RTM_GETRULE, Rtnetlink.DUMP);
    out.putByte(family.socketFamily()).putByte(0).putShort(0).putInt(0).putInt(0);
    out.end();
  }

  @Override
  public void read(MessageReader message, Consumer<? super RuleSpec> out) {
    if (message.type() != Rtnetlink.RTM_NEWRULE
        || message.getByte(0) != family.socketFamily()
        || message.getByte(7) != Rtnetlink.FR_ACT_TO_TBL) {
      return;
    }
    int table = message.getByte(4);
    int protocol = 0;
    IpAddress source = null;
    String device = "";
    Attributes attributes = message.attributes(FIXED);
    while (attributes.next()) {
      switch (attributes.type()) {
        case Rtnetlink.FRA_SRC -> source = attributes.getAddress(family);
        case Rtnetlink.FRA_OIFNAME -> device = attributes.getString();
        case Rtnetlink.FRA_TABLE -> table = attributes.getInt();
        case Rtnetlink.FRA_PROTOCOL -> protocol = attributes.getByte();
        default -> {
          // Nothing we use.
        }
      }
    }
    boolean ours =
        protocol == RouteSpec.PROTOCOL
            && message.getByte(2) == (source == null ? 0 : family.bits());
    if (ours) {
      out.accept(new RuleSpec(family, Optional.ofNullable(source), device, table));
    }
  }
}
