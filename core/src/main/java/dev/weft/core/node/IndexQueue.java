// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

/**
 * Small numbers in the order in which they were appended, each at most once: a doubly linked list
 * in two arrays, so that every operation takes constant time and none allocates.
 *
 * <p>The numbers are 1 to a bound below 65,536; 0 is the list's own end and never a member.
 */
final class IndexQueue {
  private static final char END = 0;

  /** What follows each member; a number that is none points at itself. */
  private final char[] next;

  private final char[] previous;
  private int size;

  /**
   * An empty queue.
   *
   * @param bound the first number that it cannot hold, at most 65,536
   */
  IndexQueue(int bound) {
    next = new char[bound];
    previous = new char[bound];
    for (int i = 0; i < bound; i++) {
      next[i] = (char) i;
      previous[i] = (char) i;
    }
  }

  int size() {
    return size;
  }

  /** The member that was appended first, or 0 if there is none. */
  int first() {
    return next[END];
  }

  boolean contains(int index) {
    return index > 0 && index < next.length && next[index] != index;
  }

  /** Appends a number; does nothing if it is a member already. */
  void append(int index) {
    if (contains(index)) {
      return;
    }
    char last = previous[END];
    link(last, (char) index);
    link((char) index, END);
    size++;
  }

  /** Takes a number out; does nothing if it is no member. */
  void remove(int index) {
    if (!contains(index)) {
      return;
    }
    link(previous[index], next[index]);
    next[index] = (char) index;
    previous[index] = (char) index;
    size--;
  }

  private void link(char before, char after) {
    next[before] = after;
    previous[after] = before;
  }
}
