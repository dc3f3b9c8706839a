// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.route;

import dev.weft.netlink.Query;
import dev.weft.netlink.codec.MessageReader;
import dev.weft.netlink.codec.MessageWriter;
import java.util.function.Consumer;

/**
 * Finds out whether a link is there: the answer is its index. From Linux 6.8 on the kernel first
 * does what its link watch has still to do for the link (rtnl_getlink in net/core/rtnetlink.c).
 *
 * @param index of the link
 */
public record LinkPresence(int index) implements Query<Integer> {
  @Override
  public String describe() {
    return LinkQuery.byIndex(index).describe();
  }

  @Override
  public void write(MessageWriter out) {
    LinkQuery.byIndex(index).write(out);
  }

  @Override
  public void read(MessageReader message, Consumer<? super Integer> out) {
    if (message.type() == Rtnetlink.RTM_NEWLINK) {
      out.accept(message.getInt(4));
    }
  }
}
