// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.nft;

import dev.weft.netlink.Query;
import dev.weft.netlink.codec.Attributes;
import dev.weft.netlink.codec.MessageReader;
import dev.weft.netlink.codec.MessageWriter;
import dev.weft.netlink.codec.NetworkOrder;
import java.util.function.Consumer;

/**
 * Lists the names of a table's sets and maps, but for those of its rules that have no name of their
 * own. For {@code dump}; none where there is no such table.
 *
 * @param table which
 */
public record SetListQuery(TableRef table) implements Query<String> {
  @Override
  public String describe() {
    return "list sets of nftables table " + table;
  }

  @Override
  public void write(MessageWriter out) {
    out.begin(Nfnetlink.NFT_MSG_GETSET, Nfnetlink.NLM_F_REQUEST | Nfnetlink.NLM_F_DUMP);
    Nfnetlink.header(out, table.family().number(), 0);
    out.attributeString(Nfnetlink.NFTA_SET_TABLE, table.name());
    out.end();
  }

  @Override
  public void read(MessageReader message, Consumer<? super String> out) {
    if (message.type() != Nfnetlink.NFT_MSG_NEWSET) {
      return;
    }
    String name = "";
    int flags = 0;
    Attributes set = message.attributes(Nfnetlink.FIXED);
    while (set.next()) {
      if (set.type() == Nfnetlink.NFTA_SET_NAME) {
        name = set.getString();
      } else if (set.type() == Nfnetlink.NFTA_SET_FLAGS) {
        flags = NetworkOrder.ofInt(set.getInt());
      }
    }
    if ((flags & Nfnetlink.NFT_SET_ANONYMOUS) == 0) {
      out.accept(name);
    }
  }
}
