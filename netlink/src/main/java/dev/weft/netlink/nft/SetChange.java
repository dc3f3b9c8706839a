// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.nft;

import dev.weft.netlink.Request;
import dev.weft.netlink.codec.MessageWriter;
import java.util.List;

/**
 * Adds or deletes elements of named sets in one transaction: all or nothing. Adding what is there
 * succeeds; deleting what is not is refused with ENOENT, as is a set that is not there.
 *
 * @param steps in their order, at least one
 */
public record SetChange(List<Step> steps) implements Request {
  private static final int ELEMENTS_A_MESSAGE = 512;

  /** Copies the list. */
  public SetChange {
    steps = List.copyOf(steps);
    if (steps.isEmpty()) {
      throw new IllegalArgumentException("a change without steps");
    }
  }

  /** Adds elements to one set. */
  public static SetChange add(SetRef set, SetKey... keys) {
    return new SetChange(List.of(new Step(true, set, List.of(keys))));
  }

  /** Deletes elements of one set. */
  public static SetChange delete(SetRef set, SetKey... keys) {
    return new SetChange(List.of(new Step(false, set, List.of(keys))));
  }

  @Override
  public String describe() {
    Step first = steps.get(0);
    String more = steps.size() > 1 || first.keys.size() > 1 ? " and more" : "";
    return (first.add ? "add element { " : "delete element { ")
        + first.keys.get(0)
        + " } of set "
        + first.set
        + more;
  }

  /** nfnetlink takes one transaction of a send and drops the rest. */
  @Override
  public boolean alone() {
    return true;
  }

  @Override
  public void write(MessageWriter out) {
    out.beginControl(Nfnetlink.NFNL_MSG_BATCH_BEGIN, Nfnetlink.NLM_F_REQUEST);
    Nfnetlink.header(out, 0, Nfnetlink.NFNL_SUBSYS_NFTABLES);
    out.end();
    for (Step step : steps) {
      for (int from = 0; from < step.keys.size(); from += ELEMENTS_A_MESSAGE) {
        int to = Math.min(step.keys.size(), from + ELEMENTS_A_MESSAGE);
        step.write(out, step.keys.subList(from, to));
      }
    }
    out.beginControl(Nfnetlink.NFNL_MSG_BATCH_END, Nfnetlink.NLM_F_REQUEST);
    Nfnetlink.header(out, 0, Nfnetlink.NFNL_SUBSYS_NFTABLES);
    out.end();
  }

  /**
   * What happens to one set.
   *
   * @param add whether the elements are added; else deleted
   * @param set which set
   * @param keys which elements, at least one
   */
  public record Step(boolean add, SetRef set, List<SetKey> keys) {
    /** Copies the list. */
    public Step {
      keys = List.copyOf(keys);
      if (keys.isEmpty()) {
        // Without elements the kernel takes "delete" as "delete all".
        throw new IllegalArgumentException("a change of set " + set + " without elements");
      }
    }

    private void write(MessageWriter out, List<SetKey> part) {
      int flags = Nfnetlink.NLM_F_REQUEST | (add ? Nfnetlink.NLM_F_CREATE : 0);
      out.begin(add ? Nfnetlink.NFT_MSG_NEWSETELEM : Nfnetlink.NFT_MSG_DELSETELEM, flags);
      Nfnetlink.header(out, set.family().number(), 0);
      out.attributeString(Nfnetlink.NFTA_SET_ELEM_LIST_TABLE, set.table());
      out.attributeString(Nfnetlink.NFTA_SET_ELEM_LIST_SET, set.name());
      int elements = out.nestFlagged(Nfnetlink.NFTA_SET_ELEM_LIST_ELEMENTS);
      for (SetKey key : part) {
        int element = out.nestFlagged(Nfnetlink.NFTA_LIST_ELEM);
        int data = out.nestFlagged(Nfnetlink.NFTA_SET_ELEM_KEY);
        out.attributeBytes(Nfnetlink.NFTA_DATA_VALUE, key.bytes());
        out.endNest(data);
        out.endNest(element);
      }
      out.endNest(elements);
      out.end();
    }
  }
}
