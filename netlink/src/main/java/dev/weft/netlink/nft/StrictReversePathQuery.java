// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.nft;

import dev.weft.netlink.Query;
import dev.weft.netlink.codec.Attributes;
import dev.weft.netlink.codec.MessageReader;
import dev.weft.netlink.codec.MessageWriter;
import dev.weft.netlink.codec.NetworkOrder;
import java.util.function.Consumer;

/**
 * Lists the rules of a chain that drop a packet whose answer would leave by another link than it
 * came by, each by its handle: {@code fib saddr . iif oif missing drop} of nft, {@code -m rpfilter
 * --invert -j DROP} of iptables-nft. For {@code dump}; none where there is no such chain. What a
 * rule jumps to is not read.
 *
 * @param chain which
 */
public record StrictReversePathQuery(ChainInfo chain) implements Query<Long> {
  private static final int NFT_FIB_RESULT_OIF = 1;
  private static final int NFT_FIB_RESULT_OIFNAME = 2;
  private static final int NFTA_FIB_F_SADDR = 1;
  private static final int NFTA_FIB_F_IIF = 8;

  /** Flag of struct xt_rpfilter_info (linux/netfilter/xt_rpfilter.h). */
  private static final int XT_RPFILTER_LOOSE = 1;

  @Override
  public String describe() {
    return "list rules of nftables chain " + chain;
  }

  @Override
  public void write(MessageWriter out) {
    out.begin(Nfnetlink.NFT_MSG_GETRULE, Nfnetlink.NLM_F_REQUEST | Nfnetlink.NLM_F_DUMP);
    Nfnetlink.header(out, chain.table().family().number(), 0);
    out.attributeString(Nfnetlink.NFTA_RULE_TABLE, chain.table().name());
    out.attributeString(Nfnetlink.NFTA_RULE_CHAIN, chain.name());
    out.end();
  }

  @Override
  public void read(MessageReader message, Consumer<? super Long> out) {
    if (message.type() != Nfnetlink.NFT_MSG_NEWRULE) {
      return;
    }
    long handle = 0;
    boolean strict = false;
    boolean drops = false;
    Attributes rule = message.attributes(Nfnetlink.FIXED);
    while (rule.next()) {
      if (rule.type() == Nfnetlink.NFTA_RULE_HANDLE) {
        handle = rule.getLongOfNetwork();
      } else if (rule.type() == Nfnetlink.NFTA_RULE_EXPRESSIONS) {
        Attributes expressions = rule.nested();
        while (expressions.next()) {
          Expression expression = Expression.read(expressions.nested());
          strict |= expression == Expression.STRICT;
          drops |= expression == Expression.DROP;
        }
      }
    }
    if (strict && drops) {
      out.accept(handle);
    }
  }

  private enum Expression {
    STRICT,
    DROP,
    OTHER;

    /** The name comes before the data. */
    static Expression read(Attributes expression) {
      String name = "";
      while (expression.next()) {
        if (expression.type() == Nfnetlink.NFTA_EXPR_NAME) {
          name = expression.getString();
        } else if (expression.type() == Nfnetlink.NFTA_EXPR_DATA) {
          return switch (name) {
            case "fib" -> isStrictFib(expression.nested()) ? STRICT : OTHER;
            case "match" -> isStrictMatch(expression.nested()) ? STRICT : OTHER;
            case "immediate" -> isDrop(expression.nested()) ? DROP : OTHER;
            default -> OTHER;
          };
        }
      }
      return OTHER;
    }
  }

  private static boolean isStrictFib(Attributes fib) {
    int result = 0;
    int flags = 0;
    while (fib.next()) {
      if (fib.type() == Nfnetlink.NFTA_FIB_RESULT) {
        result = NetworkOrder.ofInt(fib.getInt());
      } else if (fib.type() == Nfnetlink.NFTA_FIB_FLAGS) {
        flags = NetworkOrder.ofInt(fib.getInt());
      }
    }
    return (result == NFT_FIB_RESULT_OIF || result == NFT_FIB_RESULT_OIFNAME)
        && (flags & NFTA_FIB_F_SADDR) != 0
        && (flags & NFTA_FIB_F_IIF) != 0;
  }

  private static boolean isStrictMatch(Attributes match) {
    String name = "";
    int flags = XT_RPFILTER_LOOSE;
    while (match.next()) {
      if (match.type() == Nfnetlink.NFTA_MATCH_NAME) {
        name = match.getString();
      } else if (match.type() == Nfnetlink.NFTA_MATCH_INFO && match.length() > 0) {
        flags = match.getBytes()[0];
      }
    }
    return name.equals("rpfilter") && (flags & XT_RPFILTER_LOOSE) == 0;
  }

  private static boolean isDrop(Attributes immediate) {
    while (immediate.next()) {
      if (immediate.type() == Nfnetlink.NFTA_IMMEDIATE_DATA) {
        Attributes data = immediate.nested();
        while (data.next()) {
          if (data.type() == Nfnetlink.NFTA_DATA_VERDICT) {
            return isDropVerdict(data.nested());
          }
        }
      }
    }
    return false;
  }

  private static boolean isDropVerdict(Attributes verdict) {
    while (verdict.next()) {
      if (verdict.type() == Nfnetlink.NFTA_VERDICT_CODE) {
        return NetworkOrder.ofInt(verdict.getInt()) == Nfnetlink.NF_DROP;
      }
    }
    return false;
  }
}
