// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

/**
 * How a block of this node stands. Its {@link #word} names the state everywhere: as the reason of a
 * condition and of an Event, as a label of a metric, and in {@code /v1/blocks}.
 */
public enum BlockState {
  /** New pods get addresses from it. */
  ACTIVE("Active", Serving.PROGRAMMED),
  /** Its IPPool is disabled: its pods go on, new ones get nothing from it. */
  DISABLED("PoolDisabled", Serving.PROGRAMMED),
  /** It can never be pods': an older schema let it pass. */
  UNUSABLE_RANGE("UnusableRange", Serving.PROGRAMMED),
  /** Its gateway is not on the bridge yet. */
  BEING_SET_UP("BeingSetUp", Serving.NOT_PROGRAMMED),
  /** The kernel refused a part of it. */
  FAILED("Failed", Serving.NOT_PROGRAMMED),
  /** A route that is not ours lies in it. */
  FOREIGN_ROUTE("ForeignRoute", Serving.NOT_PROGRAMMED),
  /** It overlaps a network that the node is connected to. */
  NODE_NETWORK("NodeNetwork", Serving.NOT_PROGRAMMED),
  /** It overlaps an older block. */
  OVERLAPPING("Overlapping", Serving.NOT_PROGRAMMED),
  /** The operator releases it: its routes go, another node may have it next. */
  RELEASING("Releasing", Serving.LOST),
  /** Its IPAllocation was deleted without having been released. */
  DELETED("AllocationDeleted", Serving.LOST),
  /** Its IPAllocation is for a Node of this name that is another machine. */
  OTHER_NODE("OtherNode", Serving.LOST);

  private enum Serving {
    PROGRAMMED,
    NOT_PROGRAMMED,
    LOST
  }

  private final String word;
  private final Serving serving;

  BlockState(String word, Serving serving) {
    this.word = word;
    this.serving = serving;
  }

  /** The state in one word, as a condition's reason is spelled. */
  public String word() {
    return word;
  }

  /** Whether the kernel serves it though it may have no pod: its gateway is on the bridge. */
  public boolean isProgrammed() {
    return serving == Serving.PROGRAMMED;
  }

  /** Whether it is this node's no more: its pods keep their addresses only until they end. */
  public boolean isLost() {
    return serving == Serving.LOST;
  }
}
