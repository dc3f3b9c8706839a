// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.nft;

import dev.weft.netlink.Query;
import dev.weft.netlink.codec.Attributes;
import dev.weft.netlink.codec.MessageReader;
import dev.weft.netlink.codec.MessageWriter;
import dev.weft.netlink.codec.NetworkOrder;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/**
 * Lists the elements of a set or map. For {@code dump}; refused with ENOENT where the table or the
 * set is not there.
 *
 * @param set which
 * @param decoder what its elements are
 * @param <T> an element
 */
public record SetQuery<T>(SetRef set, Decoder<T> decoder) implements Query<T> {
  /** Reads an element. */
  public interface Decoder<T> {
    /**
     * From its bytes.
     *
     * @param data what the key leads to; nothing in a set. Of a jump to a chain the chain's name,
     *     and nothing of another verdict
     * @throws dev.weft.netlink.codec.MalformedMessageException if it is no such element
     */
    T of(byte[] key, byte[] data);
  }

  private static final byte[] NOTHING = {};

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
  public void read(MessageReader message, Consumer<? super T> out) {
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

  private void readElement(Attributes element, Consumer<? super T> out) {
    byte[] key = NOTHING;
    byte[] data = NOTHING;
    while (element.next()) {
      if (element.type() == Nfnetlink.NFTA_SET_ELEM_KEY) {
        key = value(element.nested());
      } else if (element.type() == Nfnetlink.NFTA_SET_ELEM_DATA) {
        data = value(element.nested());
      }
    }
    if (key.length > 0) {
      out.accept(decoder.of(key, data));
    }
  }

  private static byte[] value(Attributes data) {
    while (data.next()) {
      if (data.type() == Nfnetlink.NFTA_DATA_VALUE) {
        return data.getBytes();
      }
      if (data.type() == Nfnetlink.NFTA_DATA_VERDICT) {
        return jumpTo(data.nested()).getBytes(StandardCharsets.UTF_8);
      }
    }
    return NOTHING;
  }

  private static String jumpTo(Attributes verdict) {
    boolean jump = false;
    String chain = "";
    while (verdict.next()) {
      if (verdict.type() == Nfnetlink.NFTA_VERDICT_CODE) {
        jump = NetworkOrder.ofInt(verdict.getInt()) == Nfnetlink.NFT_JUMP;
      } else if (verdict.type() == Nfnetlink.NFTA_VERDICT_CHAIN) {
        chain = verdict.getString();
      }
    }
    return jump ? chain : "";
  }
}
