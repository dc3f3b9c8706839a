// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.nft;

import dev.weft.netlink.Request;
import dev.weft.netlink.codec.MessageWriter;
import dev.weft.netlink.codec.NetworkOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Adds or deletes elements of named sets and maps in one transaction: all or nothing. Adding what
 * is there succeeds, but in a map with another target it is refused with EEXIST (EBUSY by some
 * kernels); deleting what is not is refused with ENOENT, as is a set that is not there. What is
 * deleted is found by its key.
 *
 * @param steps in their order, at least one
 */
public record SetChange(List<Step> steps) implements Request {
  /**
   * How many elements {@link #packed} has in one change. The largest that we use, of a map from an
   * IPv6 address and port to another, take 64 bytes each, and a send holds 1 MiB.
   */
  public static final int MAX_ELEMENTS = 10_000;

  private static final int ELEMENTS_A_MESSAGE = 512;

  /** The list does not change with the caller's. */
  public SetChange {
    steps = List.copyOf(steps);
    if (steps.isEmpty()) {
      throw new IllegalArgumentException("a change without steps");
    }
  }

  /** Adds elements to one set. */
  public static SetChange add(SetRef set, SetElement... elements) {
    return new SetChange(List.of(new Step(true, set, List.of(elements))));
  }

  /** Deletes elements of one set. */
  public static SetChange delete(SetRef set, SetElement... elements) {
    return new SetChange(List.of(new Step(false, set, List.of(elements))));
  }

  /**
   * Changes that add or delete elements of sets, in as few transactions as their number allows.
   *
   * @param add whether the elements are added; else deleted
   * @param elements by set; they stay in their order
   * @return no change where there are no elements
   */
  public static List<SetChange> packed(
      boolean add, Map<SetRef, ? extends List<? extends SetElement>> elements) {
    List<SetChange> changes = new ArrayList<>();
    List<Step> steps = new ArrayList<>();
    int room = MAX_ELEMENTS;
    for (Map.Entry<SetRef, ? extends List<? extends SetElement>> set : elements.entrySet()) {
      List<? extends SetElement> rest = set.getValue();
      while (!rest.isEmpty()) {
        int count = Math.min(room, rest.size());
        steps.add(new Step(add, set.getKey(), rest.subList(0, count)));
        rest = rest.subList(count, rest.size());
        room -= count;
        if (room == 0) {
          changes.add(new SetChange(steps));
          steps.clear();
          room = MAX_ELEMENTS;
        }
      }
    }
    if (!steps.isEmpty()) {
      changes.add(new SetChange(steps));
    }
    return changes;
  }

  @Override
  public String describe() {
    Step first = steps.get(0);
    String more = steps.size() > 1 || first.elements.size() > 1 ? " and more" : "";
    return (first.add ? "add element { " : "delete element { ")
        + first.elements.get(0)
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
    Nfnetlink.beginBatch(out);
    for (Step step : steps) {
      for (int from = 0; from < step.elements.size(); from += ELEMENTS_A_MESSAGE) {
        int to = Math.min(step.elements.size(), from + ELEMENTS_A_MESSAGE);
        step.write(out, step.elements.subList(from, to));
      }
    }
    Nfnetlink.endBatch(out);
  }

  /**
   * What happens to one set.
   *
   * @param add whether the elements are added; else deleted
   * @param set which set
   * @param elements which, at least one
   */
  public record Step(boolean add, SetRef set, List<? extends SetElement> elements) {
    /** The list does not change with the caller's. */
    public Step {
      elements = List.copyOf(elements);
      if (elements.isEmpty()) {
        // Without elements the kernel takes "delete" as "delete all".
        throw new IllegalArgumentException("a change of set " + set + " without elements");
      }
    }

    private void write(MessageWriter out, List<? extends SetElement> part) {
      int flags = Nfnetlink.NLM_F_REQUEST | (add ? Nfnetlink.NLM_F_CREATE : 0);
      out.begin(add ? Nfnetlink.NFT_MSG_NEWSETELEM : Nfnetlink.NFT_MSG_DELSETELEM, flags);
      Nfnetlink.header(out, set.family().number(), 0);
      out.attributeString(Nfnetlink.NFTA_SET_ELEM_LIST_TABLE, set.table());
      out.attributeString(Nfnetlink.NFTA_SET_ELEM_LIST_SET, set.name());
      int list = out.nestFlagged(Nfnetlink.NFTA_SET_ELEM_LIST_ELEMENTS);
      for (SetElement element : part) {
        int item = out.nestFlagged(Nfnetlink.NFTA_LIST_ELEM);
        writeData(out, Nfnetlink.NFTA_SET_ELEM_KEY, element.key());
        byte[] data = element.data();
        String chain = element.chain();
        if (data.length > 0) {
          writeData(out, Nfnetlink.NFTA_SET_ELEM_DATA, data);
        } else if (!chain.isEmpty()) {
          writeJump(out, chain);
        }
        out.endNest(item);
      }
      out.endNest(list);
      out.end();
    }

    private static void writeJump(MessageWriter out, String chain) {
      int data = out.nestFlagged(Nfnetlink.NFTA_SET_ELEM_DATA);
      int verdict = out.nestFlagged(Nfnetlink.NFTA_DATA_VERDICT);
      out.attributeInt(Nfnetlink.NFTA_VERDICT_CODE, NetworkOrder.ofInt(Nfnetlink.NFT_JUMP));
      out.attributeString(Nfnetlink.NFTA_VERDICT_CHAIN, chain);
      out.endNest(verdict);
      out.endNest(data);
    }

    private static void writeData(MessageWriter out, int type, byte[] value) {
      int data = out.nestFlagged(type);
      out.attributeBytes(Nfnetlink.NFTA_DATA_VALUE, value);
      out.endNest(data);
    }
  }
}
