// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.route;

import dev.weft.netlink.Query;
import dev.weft.netlink.codec.MessageReader;
import dev.weft.netlink.codec.MessageWriter;
import java.util.function.Consumer;

/** Reads links: all ({@code dump}), or one ({@code find}). */
public final class LinkQuery implements Query<LinkInfo> {
  private final int index;
  private final String name;

  private LinkQuery(int index, String name) {
    this.index = index;
    this.name = name;
  }

  /** Every link of the namespace. */
  public static LinkQuery all() {
    return new LinkQuery(0, "");
  }

  /** The one of this index. */
  public static LinkQuery byIndex(int index) {
    return new LinkQuery(index, "");
  }

  /** The one of this name. */
  public static LinkQuery byName(String name) {
    return new LinkQuery(0, name);
  }

  @Override
  public String describe() {
    if (index != 0) {
      return "get link of index " + index;
    }
    return name.isEmpty() ? "list links" : "get link " + name;
  }

  @Override
  public void write(MessageWriter out) {
    boolean one = index != 0 || !name.isEmpty();
    out.begin(Rtnetlink.RTM_GETLINK, one ? Rtnetlink.NLM_F_REQUEST : Rtnetlink.DUMP);
    Headers.link(out, 0, index, 0, 0);
    if (!name.isEmpty()) {
      out.attributeString(Rtnetlink.IFLA_IFNAME, name);
    }
    out.attributeInt(Rtnetlink.IFLA_EXT_MASK, Rtnetlink.RTEXT_FILTER_SKIP_STATS);
    out.end();
  }

  @Override
  public void read(MessageReader message, Consumer<? super LinkInfo> out) {
    if (message.type() == Rtnetlink.RTM_NEWLINK && message.getByte(0) == Rtnetlink.AF_UNSPEC) {
      out.accept(LinkInfo.read(message));
    }
  }
}
