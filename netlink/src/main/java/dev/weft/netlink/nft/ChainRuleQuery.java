// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.nft;

import dev.weft.netlink.Query;
import dev.weft.netlink.codec.Attributes;
import dev.weft.netlink.codec.MessageReader;
import dev.weft.netlink.codec.MessageWriter;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * Lists the rules of a table, of each chain in their order. For {@code dump}; none where there is
 * no such table.
 *
 * @param table which
 */
public record ChainRuleQuery(TableRef table) implements Query<ChainRuleQuery.ChainRule> {
  private static final String COUNTER = "counter";

  /**
   * A rule.
   *
   * @param chain its chain's name
   * @param handle its number: no other rule of the table has it, or had it, but one that was
   *     replaced by this one
   * @param content a digest of what it does, its counter left out: another rule has another
   * @param packets that its counter counted; 0 where it has none
   * @param bytes of these, with IP headers
   */
  public record ChainRule(String chain, long handle, long content, long packets, long bytes) {}

  @Override
  public String describe() {
    return "list rules of nftables table " + table;
  }

  @Override
  public void write(MessageWriter out) {
    out.begin(Nfnetlink.NFT_MSG_GETRULE, Nfnetlink.NLM_F_REQUEST | Nfnetlink.NLM_F_DUMP);
    Nfnetlink.header(out, table.family().number(), 0);
    out.attributeString(Nfnetlink.NFTA_RULE_TABLE, table.name());
    out.end();
  }

  @Override
  public void read(MessageReader message, Consumer<? super ChainRule> out) {
    if (message.type() != Nfnetlink.NFT_MSG_NEWRULE) {
      return;
    }
    String chain = "";
    long handle = 0;
    Expressions expressions = new Expressions();
    Attributes rule = message.attributes(Nfnetlink.FIXED);
    while (rule.next()) {
      switch (rule.type()) {
        case Nfnetlink.NFTA_RULE_CHAIN -> chain = rule.getString();
        case Nfnetlink.NFTA_RULE_HANDLE -> handle = rule.getLongOfNetwork();
        case Nfnetlink.NFTA_RULE_EXPRESSIONS -> expressions.read(rule.nested());
        default -> {}
      }
    }
    out.accept(
        new ChainRule(chain, handle, expressions.digest, expressions.packets, expressions.bytes));
  }

  /** What a rule is made of. */
  private static final class Expressions {
    private static final long FACTOR = 1_000_003;

    private long digest;
    private long packets;
    private long bytes;

    void read(Attributes expressions) {
      while (expressions.next()) {
        if (!isCounter(expressions.nested())) {
          digest = digest * FACTOR + Arrays.hashCode(expressions.getBytes());
        }
      }
    }

    private boolean isCounter(Attributes expression) {
      boolean counter = false;
      while (expression.next()) {
        if (expression.type() == Nfnetlink.NFTA_EXPR_NAME) {
          counter = expression.getString().equals(COUNTER);
        } else if (expression.type() == Nfnetlink.NFTA_EXPR_DATA && counter) {
          readCounter(expression.nested());
        }
      }
      return counter;
    }

    private void readCounter(Attributes counter) {
      while (counter.next()) {
        if (counter.type() == Nfnetlink.NFTA_COUNTER_PACKETS) {
          packets = counter.getLongOfNetwork();
        } else if (counter.type() == Nfnetlink.NFTA_COUNTER_BYTES) {
          bytes = counter.getLongOfNetwork();
        }
      }
    }
  }
}
