// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.route;

import dev.weft.netlink.Query;
import dev.weft.netlink.codec.MessageReader;
import dev.weft.netlink.codec.MessageWriter;
import java.util.function.Consumer;

/** Lists the next-hop objects. For {@code dump}. */
public record NextHopQuery() implements Query<NextHopInfo> {
  @Override
  public String describe() {
    return "list nexthops";
  }

  @Override
  public void write(MessageWriter out) {
    out.begin(Rtnetlink.RTM_GETNEXTHOP, Rtnetlink.DUMP);
    Headers.nextHop(out, Rtnetlink.AF_UNSPEC, 0, 0);
    out.end();
  }

  @Override
  public void read(MessageReader message, Consumer<? super NextHopInfo> out) {
    if (message.type() == Rtnetlink.RTM_NEWNEXTHOP) {
      out.accept(NextHopInfo.read(message));
    }
  }
}
