// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.nft;

import dev.weft.netlink.Request;
import dev.weft.netlink.codec.MessageWriter;

/**
 * Deletes a table with all that is in it. Refused with ENOENT where it is not there.
 *
 * @param table which
 */
public record DeleteTable(TableRef table) implements Request {
  @Override
  public String describe() {
    return "delete nftables table " + table;
  }

  @Override
  public boolean alone() {
    return true;
  }

  @Override
  public void write(MessageWriter out) {
    Nfnetlink.beginBatch(out);
    out.begin(Nfnetlink.NFT_MSG_DELTABLE, Nfnetlink.NLM_F_REQUEST);
    Nfnetlink.header(out, table.family().number(), 0);
    out.attributeString(Nfnetlink.NFTA_TABLE_NAME, table.name());
    out.end();
    Nfnetlink.endBatch(out);
  }
}
