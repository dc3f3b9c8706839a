// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import java.util.HashMap;
import java.util.Map;

/**
 * Which watches have a pod: several may be about the same, and one of them that loses it, since its
 * labels have changed or nobody wants it any more, does not make it one that is gone. Not
 * thread-safe.
 */
final class PodHolders {
  /** How many watches there can be at a time. */
  static final int MAX_WATCHES = Long.SIZE;

  private static final class Held {
    /** A bit for each watch. */
    private long watches;

    /** The newest that any watch has brought. */
    private long version;
  }

  private final Map<String, Held> pods = new HashMap<>();

  /**
   * Takes what a watch reports.
   *
   * @param watch its number, below {@link #MAX_WATCHES}
   * @param version of the object; it only grows
   * @return whether it is news: another watch may have brought a newer one
   */
  boolean hold(int watch, String key, long version) {
    Held held = pods.computeIfAbsent(key, k -> new Held());
    held.watches |= 1L << watch;
    if (version < held.version) {
      return false;
    }
    held.version = version;
    return true;
  }

  /** Takes that a watch has a pod no more; returns whether it was the last that had it. */
  boolean release(int watch, String key) {
    Held held = pods.get(key);
    if (held == null) {
      return true;
    }
    held.watches &= ~(1L << watch);
    if (held.watches != 0) {
      return false;
    }
    pods.remove(key);
    return true;
  }

  /** How many pods any watch has. */
  int size() {
    return pods.size();
  }
}
