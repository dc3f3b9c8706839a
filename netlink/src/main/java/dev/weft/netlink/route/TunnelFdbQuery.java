// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.route;

import dev.weft.netlink.Query;
import dev.weft.netlink.codec.MessageReader;
import dev.weft.netlink.codec.MessageWriter;
import java.util.function.Consumer;

/**
 * Lists where a VXLAN device sends which frames. For {@code dump}.
 *
 * @param link index of the device
 */
public record TunnelFdbQuery(int link) implements Query<TunnelFdbEntry> {
  @Override
  public String describe() {
    return "list fdb entries of link " + link;
  }

  @Override
  public void write(MessageWriter out) {
    out.begin(Rtnetlink.RTM_GETNEIGH, Rtnetlink.DUMP);
    Headers.neighbour(out, Rtnetlink.AF_BRIDGE, link, 0, 0);
    out.end();
  }

  @Override
  public void read(MessageReader message, Consumer<? super TunnelFdbEntry> out) {
    boolean ofLink =
        message.type() == Rtnetlink.RTM_NEWNEIGH
            && message.getByte(0) == Rtnetlink.AF_BRIDGE
            && message.getInt(4) == link;
    if (ofLink) {
      out.accept(TunnelFdbEntry.read(message));
    }
  }
}
