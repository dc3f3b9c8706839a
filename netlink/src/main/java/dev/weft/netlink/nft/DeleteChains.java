// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.nft;

import dev.weft.netlink.Request;
import dev.weft.netlink.codec.MessageWriter;
import java.util.ArrayList;
import java.util.List;

/**
 * Deletes chains with their rules, then sets, of a table, in one transaction: all or nothing.
 * Refused with ENOENT where one is not there, and with EBUSY where something leads to it.
 *
 * @param table theirs
 * @param chains by name
 * @param sets by name; of both together at least one
 */
public record DeleteChains(TableRef table, List<String> chains, List<String> sets)
    implements Request {
  public DeleteChains {
    chains = List.copyOf(chains);
    sets = List.copyOf(sets);
    if (chains.isEmpty() && sets.isEmpty()) {
      throw new IllegalArgumentException("a deletion of nothing");
    }
  }

  @Override
  public String describe() {
    List<String> names = new ArrayList<>(chains);
    names.addAll(sets);
    String more = names.size() > 1 ? " and more" : "";
    return "delete %s%s of nftables table %s".formatted(names.get(0), more, table);
  }

  @Override
  public boolean alone() {
    return true;
  }

  @Override
  public void write(MessageWriter out) {
    Nfnetlink.beginBatch(out);
    for (String chain : chains) {
      delete(out, Nfnetlink.NFT_MSG_DELRULE, Nfnetlink.NFTA_RULE_CHAIN, chain);
    }
    for (String chain : chains) {
      delete(out, Nfnetlink.NFT_MSG_DELCHAIN, Nfnetlink.NFTA_CHAIN_NAME, chain);
    }
    for (String set : sets) {
      delete(out, Nfnetlink.NFT_MSG_DELSET, Nfnetlink.NFTA_SET_NAME, set);
    }
    Nfnetlink.endBatch(out);
  }

  /** The table's name is the first attribute of each. */
  private void delete(MessageWriter out, int type, int nameAttribute, String name) {
    out.begin(type, Nfnetlink.NLM_F_REQUEST);
    Nfnetlink.header(out, table.family().number(), 0);
    out.attributeString(Nfnetlink.NFTA_TABLE_NAME, table.name());
    out.attributeString(nameAttribute, name);
    out.end();
  }
}
