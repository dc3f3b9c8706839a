// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.nft;

import dev.weft.netlink.Query;
import dev.weft.netlink.codec.Attributes;
import dev.weft.netlink.codec.MessageReader;
import dev.weft.netlink.codec.MessageWriter;
import dev.weft.netlink.codec.NetworkOrder;
import java.util.function.Consumer;

/**
 * Finds a table. For {@code find}.
 *
 * @param family of the table
 * @param table its name
 */
public record TableQuery(NftFamily family, String table) implements Query<TableInfo> {
  @Override
  public String describe() {
    return "get table " + family + " " + table;
  }

  @Override
  public void write(MessageWriter out) {
    out.begin(Nfnetlink.NFT_MSG_GETTABLE, Nfnetlink.NLM_F_REQUEST);
    Nfnetlink.header(out, family.number(), 0);
    out.attributeString(Nfnetlink.NFTA_TABLE_NAME, table);
    out.end();
  }

  @Override
  public void read(MessageReader message, Consumer<? super TableInfo> out) {
    if (message.type() != Nfnetlink.NFT_MSG_NEWTABLE) {
      return;
    }
    String name = "";
    long handle = 0;
    int flags = 0;
    Attributes attributes = message.attributes(Nfnetlink.FIXED);
    while (attributes.next()) {
      switch (attributes.type()) {
        case Nfnetlink.NFTA_TABLE_NAME -> name = attributes.getString();
        case Nfnetlink.NFTA_TABLE_HANDLE -> handle = attributes.getLongOfNetwork();
        case Nfnetlink.NFTA_TABLE_FLAGS -> flags = NetworkOrder.ofInt(attributes.getInt());
        default -> {}
      }
    }
    out.accept(new TableInfo(name, handle, (flags & Nfnetlink.NFT_TABLE_F_DORMANT) != 0));
  }
}
