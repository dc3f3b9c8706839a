// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

/**
 * The state of a block of this node. Its {@link #reason} names it everywhere: as the reason of a
 * condition and of an Event, as a label of a metric, and in {@code /v1/blocks}.
 */
public enum BlockState {
  /** New pods get addresses from it. */
  ACTIVE("Active", Serving.PROGRAMMED),
  /** The node is to give it back: its pods keep their addresses, new pods get none of it. */
  DRAINING("Draining", Serving.PROGRAMMED),
  /** Its addresses can never be pods': an older schema admitted it. */
  UNUSABLE_RANGE("UnusableRange", Serving.PROGRAMMED),
  /** Its gateway is not on the bridge yet. */
  PENDING("Pending", Serving.NOT_PROGRAMMED),
  /** The kernel refused a part of it. */
  FAILED("ProgrammingFailed", Serving.NOT_PROGRAMMED),
  /** A route that is not ours lies in it. */
  FOREIGN_ROUTE("ForeignRoute", Serving.NOT_PROGRAMMED),
  /** It overlaps a network that the node is connected to. */
  NODE_NETWORK("NodeNetworkOverlap", Serving.NOT_PROGRAMMED),
  /** IPv6 needs packets of 1,280 bytes, and pods can send none as long. */
  MTU_TOO_SMALL("MtuTooSmall", Serving.NOT_PROGRAMMED),
  /** It lies outside its IPPool's range in force. */
  NOT_IN_POOL("NotInPool", Serving.NOT_PROGRAMMED),
  /** It overlaps an older block. */
  OVERLAPPING("Overlapping", Serving.NOT_PROGRAMMED),
  /** The operator releases it: its routes go, another node may have it next. */
  RELEASING("Releasing", Serving.LOST),
  /**
   * Its IPAllocation was deleted without having been released: this agent claims it again, which
   * the operator accepts or refuses.
   */
  DELETED("AllocationDeleted", Serving.LOST),
  /** Its IPAllocation was deleted, and the node was to give it back, or never to serve it. */
  GIVEN_BACK("GivenBack", Serving.LOST),
  /** Its IPAllocation is for a Node of this name that is another machine. */
  OTHER_NODE("NodeMismatch", Serving.LOST);

  private enum Serving {
    PROGRAMMED,
    NOT_PROGRAMMED,
    LOST
  }

  private final String reason;
  private final Serving serving;

  BlockState(String reason, Serving serving) {
    this.reason = reason;
    this.serving = serving;
  }

  /** The state as a condition's reason: CamelCase. */
  public String reason() {
    return reason;
  }

  /** Whether the kernel serves it though it may have no pod: its gateway is on the bridge. */
  public boolean isProgrammed() {
    return serving == Serving.PROGRAMMED;
  }

  /** Whether it is not this node's any more: its pods keep their addresses until they end. */
  public boolean isLost() {
    return serving == Serving.LOST;
  }
}
