// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.route;

import dev.weft.netlink.Query;
import dev.weft.netlink.codec.MessageReader;
import dev.weft.netlink.codec.MessageWriter;
import java.util.function.Consumer;

/**
 * Lists the IPv4 and IPv6 neighbours of a link. For {@code dump}.
 *
 * @param link index of the link
 */
public record NeighbourQuery(int link) implements Query<NeighbourInfo> {
  @Override
  public String describe() {
    return "list neighbours of link " + link;
  }

  @Override
  public void write(MessageWriter out) {
    out.begin(Rtnetlink.RTM_GETNEIGH, Rtnetlink.DUMP);
    Headers.neighbour(out, Rtnetlink.AF_UNSPEC, 0, 0, 0);
    out.attributeInt(Rtnetlink.NDA_IFINDEX, link);
    out.end();
  }

  @Override
  public void read(MessageReader message, Consumer<? super NeighbourInfo> out) {
    if (message.type() == Rtnetlink.RTM_NEWNEIGH
        && Rtnetlink.family(message.getByte(0)) != null
        && message.getInt(4) == link) {
      out.accept(NeighbourInfo.read(message));
    }
  }
}
