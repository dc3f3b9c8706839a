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

  /** No watch. */
  private static final int NONE = -1;

  private static final class Held {
    /** A bit for each watch. */
    private long watches;

    /** The object's version that was news last. */
    private long version;

    /** Which watch brought that. */
    private int last = NONE;
  }

  private final Map<String, Held> pods = new HashMap<>();

  /**
   * Takes what a watch reports. What the watch brings that brought the last is always news, since
   * its events are in order; the versions of an API server that was restored begin again below.
   *
   * @param watch its number, below {@link #MAX_WATCHES}
   * @param version of the object, to compare it with what another watch brought
   * @return whether it is news: another watch may have brought a newer one
   */
  boolean hold(int watch, String key, long version) {
    return hold(watch, watch, key, version);
  }

  /** Takes for a watch what did not come by it, and may be older than what did. */
  boolean offer(int watch, String key, long version) {
    return hold(watch, NONE, key, version);
  }

  private boolean hold(int watch, int source, String key, long version) {
    Held held = pods.computeIfAbsent(key, k -> new Held());
    held.watches |= 1L << watch;
    boolean isOld =
        source == NONE ? version <= held.version : version < held.version && source != held.last;
    if (isOld) {
      return false;
    }
    held.version = version;
    held.last = source;
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
      if (held.last == watch) {
        held.last = NONE;
        held.version = 0;
      }
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
