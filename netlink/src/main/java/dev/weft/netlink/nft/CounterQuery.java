// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.nft;

import dev.weft.netlink.Query;
import dev.weft.netlink.codec.Attributes;
import dev.weft.netlink.codec.MessageReader;
import dev.weft.netlink.codec.MessageWriter;
import dev.weft.netlink.codec.NetworkOrder;
import java.util.function.Consumer;

/**
 * Lists the named counters of the tables of this name, of every family. For {@code dump}; none
 * where there is no such table.
 *
 * @param table the tables' name
 */
public record CounterQuery(String table) implements Query<CounterQuery.Counter> {
  private static final int NFPROTO_UNSPEC = 0;

  /**
   * A named counter.
   *
   * @param name its own
   * @param packets that it counted since it was made
   */
  public record Counter(String name, long packets) {}

  @Override
  public String describe() {
    return "list counters of tables " + table;
  }

  @Override
  public void write(MessageWriter out) {
    out.begin(Nfnetlink.NFT_MSG_GETOBJ, Nfnetlink.NLM_F_REQUEST | Nfnetlink.NLM_F_DUMP);
    Nfnetlink.header(out, NFPROTO_UNSPEC, 0);
    out.attributeString(Nfnetlink.NFTA_OBJ_TABLE, table);
    out.attributeInt(Nfnetlink.NFTA_OBJ_TYPE, NetworkOrder.ofInt(Nfnetlink.NFT_OBJECT_COUNTER));
    out.end();
  }

  @Override
  public void read(MessageReader message, Consumer<? super Counter> out) {
    if (message.type() != Nfnetlink.NFT_MSG_NEWOBJ) {
      return;
    }
    String name = "";
    long packets = 0;
    Attributes object = message.attributes(Nfnetlink.FIXED);
    while (object.next()) {
      switch (object.type()) {
        case Nfnetlink.NFTA_OBJ_NAME -> name = object.getString();
        case Nfnetlink.NFTA_OBJ_DATA -> packets = packets(object.nested());
        default -> {}
      }
    }
    out.accept(new Counter(name, packets));
  }

  private static long packets(Attributes counter) {
    while (counter.next()) {
      if (counter.type() == Nfnetlink.NFTA_COUNTER_PACKETS) {
        return counter.getLongOfNetwork();
      }
    }
    return 0;
  }
}
