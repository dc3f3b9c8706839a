// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.route;

import dev.weft.netlink.Query;
import dev.weft.netlink.codec.MessageReader;
import dev.weft.netlink.codec.MessageWriter;
import java.util.function.Consumer;

/**
 * Lists the MACs that a bridge knows. For {@code dump}.
 *
 * @param bridge index of the bridge
 */
public record FdbQuery(int bridge) implements Query<FdbInfo> {
  @Override
  public String describe() {
    return "list fdb entries of bridge " + bridge;
  }

  @Override
  public void write(MessageWriter out) {
    out.begin(Rtnetlink.RTM_GETNEIGH, Rtnetlink.DUMP);
    Headers.neighbour(out, Rtnetlink.AF_BRIDGE, 0, 0, 0);
    out.attributeInt(Rtnetlink.NDA_MASTER, bridge);
    out.end();
  }

  @Override
  public void read(MessageReader message, Consumer<? super FdbInfo> out) {
    if (message.type() != Rtnetlink.RTM_NEWNEIGH || message.getByte(0) != Rtnetlink.AF_BRIDGE) {
      return;
    }
    FdbInfo entry = FdbInfo.read(message);
    if (entry.master() == bridge) {
      out.accept(entry);
    }
  }
}
