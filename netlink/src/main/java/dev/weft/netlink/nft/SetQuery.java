// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.nft;

import dev.weft.netlink.Query;
import dev.weft.netlink.codec.Attributes;
import dev.weft.netlink.codec.MessageReader;
import dev.weft.netlink.codec.MessageWriter;
import java.util.function.Consumer;

/**
 * Asks for the elements of a set. For {@code dump}; refused with ENOENT where the table or the set
 * is not there.
 *
 * @param set which
 */
public record SetQuery(SetRef set) implements Query<SetKey> {
  @Override
  public String describe() {
    return "list elements of set " + set;
  }

  @Override
  public void write(MessageWriter out) {
    out.begin(Nfnetlink.NFT_MSG_GETSETELEM, Nfnetlink.NLM_F_REQUEST | Nfnetlink.NLM_F_DUMP);
    Nfnetlink.header(out, set.family().number(), 0);
    out.attributeString(Nfnetlink.NFTA_SET_ELEM_LIST_TABLE, set.table());
    out.attributeString(Nfnetlink.NFTA_SET_ELEM_LIST_SET, set.name());
    out.end();
  }

  @Override
  public void read(MessageReader message, Consumer<? super SetKey> out) {
    if (message.type() != Nfnetlink.NFT_MSG_NEWSETELEM) {
      return;
    }
    Attributes list = message.attributes(Nfnetlink.FIXED);
    while (list.next()) {
      if (list.type() == Nfnetlink.NFTA_SET_ELEM_LIST_ELEMENTS) {
        Attributes elements = list.nested();
        while (elements.next()) {
          readElement(elements.nested(), out);
        }
      }
    }
  }

  private static void readElement(Attributes element, Consumer<? super SetKey> out) {
    while (element.next()) {
      if (element.type() == Nfnetlink.NFTA_SET_ELEM_KEY) {
        Attributes key = element.nested();
        while (key.next()) {
          if (key.type() == Nfnetlink.NFTA_DATA_VALUE) {
            out.accept(SetKey.of(key.getBytes()));
          }
        }
      }
    }
  }
}
