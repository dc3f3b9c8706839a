// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.nft;

import dev.weft.netlink.Query;
import dev.weft.netlink.codec.Attributes;
import dev.weft.netlink.codec.MessageReader;
import dev.weft.netlink.codec.MessageWriter;
import java.util.function.Consumer;

/**
 * Finds out whether a table is there: its name, if so. For {@code find}.
 *
 * @param family of the table
 * @param table its name
 */
public record TableQuery(NftFamily family, String table) implements Query<String> {
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
  public void read(MessageReader message, Consumer<? super String> out) {
    if (message.type() != Nfnetlink.NFT_MSG_NEWTABLE) {
      return;
    }
    Attributes attributes = message.attributes(Nfnetlink.FIXED);
    while (attributes.next()) {
      if (attributes.type() == Nfnetlink.NFTA_TABLE_NAME) {
        out.accept(attributes.getString());
      }
    }
  }
}
