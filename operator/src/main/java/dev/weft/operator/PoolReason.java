// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import java.util.Arrays;

/** Why an IPPool is Ready, accepted or drained, or not: reasons of its conditions and Events. */
enum PoolReason {
  /** What was declared is in force. */
  ACCEPTED("Accepted", Wish.USERS),
  /** What was declared does not hold the range in force. */
  NOT_CONTAINING("NotContaining", Wish.NOBODYS),
  /** Blocks are allocated. */
  ALLOCATING("Allocating", Wish.USERS),
  /** Its user wants no new block of it. */
  NO_NEW_BLOCKS("NoNewBlocks", Wish.USERS),
  /** Its user drains it. */
  DRAINING("Draining", Wish.USERS),
  /** It is drained: no node has a block of it. */
  NO_BLOCKS("NoBlocks", Wish.USERS),
  /** It is being drained, and nodes still have blocks of it. */
  BLOCKS_IN_USE("BlocksInUse", Wish.USERS),
  /** It is being drained, and nodes do not serve their blocks of other pools yet. */
  OTHER_BLOCK_NOT_SERVED("OtherBlockNotServed", Wish.USERS),
  /** It is to be drained, and nothing is allocated for now, since allocations may be lost. */
  SETTLING("Settling", Wish.NOBODYS),
  /** It is to be drained, and no other pool has blocks for its nodes. */
  NO_OTHER_POOL("NoOtherPool", Wish.NOBODYS),
  /** It is being deleted, and has no blocks. */
  DELETING("Deleting", Wish.USERS),
  /** It is being deleted, and its blocks prevent that. */
  IN_USE("InUse", Wish.NOBODYS),
  /** What was declared cannot be. */
  INVALID("Invalid", Wish.NOBODYS),
  /** Its range overlaps something older. */
  OVERLAPPING("Overlapping", Wish.NOBODYS),
  /** No block is free. */
  EXHAUSTED("Exhausted", Wish.NOBODYS),
  /** No node that it selects has an InternalIP of its family. */
  NO_NODE_ADDRESS("NoNodeAddress", Wish.NOBODYS),
  /** Nodes have addresses of their own in it, and the blocks around them are not allocated. */
  NODE_ADDRESSES("NodeAddresses", Wish.NOBODYS);

  private enum Wish {
    USERS,
    NOBODYS
  }

  private final String text;
  private final Wish wish;

  PoolReason(String text, Wish wish) {
    this.text = text;
    this.wish = wish;
  }

  /** As in a condition. */
  String text() {
    return text;
  }

  /** Whether a user wanted it so. */
  boolean isIntended() {
    return wish == Wish.USERS;
  }

  /** Whether a condition's reason is one that a user wanted. */
  static boolean isIntended(String text) {
    return Arrays.stream(values()).anyMatch(one -> one.text.equals(text) && one.isIntended());
  }
}
