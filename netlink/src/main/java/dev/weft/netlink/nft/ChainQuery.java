// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.nft;

import dev.weft.netlink.Query;
import dev.weft.netlink.codec.Attributes;
import dev.weft.netlink.codec.MessageReader;
import dev.weft.netlink.codec.MessageWriter;
import dev.weft.netlink.codec.NetworkOrder;
import java.util.function.Consumer;

/**
 * Lists the chains of a table. For {@code dump}; none where there is no such table.
 *
 * @param table which
 */
public record ChainQuery(TableRef table) implements Query<ChainQuery.Chain> {
  private static final int NF_ACCEPT = 1;

  /**
   * A chain.
   *
   * @param name its own
   * @param handle its number: another chain of its name has another
   * @param accepts whether a packet that no rule decides on goes on: a chain that is at no hook has
   *     no policy, and leaves it to the chain before
   */
  public record Chain(String name, long handle, boolean accepts) {}

  @Override
  public String describe() {
    return "list chains of nftables table " + table;
  }

  @Override
  public void write(MessageWriter out) {
    out.begin(Nfnetlink.NFT_MSG_GETCHAIN, Nfnetlink.NLM_F_REQUEST | Nfnetlink.NLM_F_DUMP);
    Nfnetlink.header(out, table.family().number(), 0);
    out.attributeString(Nfnetlink.NFTA_CHAIN_TABLE, table.name());
    out.end();
  }

  /** Kernels before 6.8 list the chains of the family's other tables too. */
  @Override
  public void read(MessageReader message, Consumer<? super Chain> out) {
    if (message.type() != Nfnetlink.NFT_MSG_NEWCHAIN) {
      return;
    }
    String ofTable = "";
    String name = "";
    long handle = 0;
    int policy = NF_ACCEPT;
    Attributes chain = message.attributes(Nfnetlink.FIXED);
    while (chain.next()) {
      switch (chain.type()) {
        case Nfnetlink.NFTA_CHAIN_TABLE -> ofTable = chain.getString();
        case Nfnetlink.NFTA_CHAIN_NAME -> name = chain.getString();
        case Nfnetlink.NFTA_CHAIN_HANDLE -> handle = chain.getLongOfNetwork();
        case Nfnetlink.NFTA_CHAIN_POLICY -> policy = NetworkOrder.ofInt(chain.getInt());
        default -> {}
      }
    }
    if (ofTable.equals(table.name())) {
      out.accept(new Chain(name, handle, policy == NF_ACCEPT));
    }
  }
}
