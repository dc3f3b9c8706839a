// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The last changes of all objects, and who waits for the next: a watch that was cut off goes on
 * where it was, and is told to list again when that is too long ago.
 */
final class WatchHistory {
  /** How many changes are kept; a watch from before them is refused with 410 (Gone). */
  private static final int BOUND = 10_000;

  /**
   * One change.
   *
   * @param version the version it made
   * @param before the object before it; null: it was created
   * @param after the object after it; null: it was deleted
   */
  private record Change(long version, JsonNode before, JsonNode after) {}

  private final Deque<Change> changes = new ArrayDeque<>();
  private final Set<Watch> watches = new LinkedHashSet<>();

  /** The newest change that is not kept any more. */
  private long forgotten;

  synchronized void record(JsonNode before, ObjectNode after) {
    // A deletion's version is in the object as it was last, which then serves as "before".
    JsonNode versioned = after == null ? before : after;
    Change change = new Change(versioned.at("/metadata/resourceVersion").asLong(), before, after);
    changes.add(change);
    if (changes.size() > BOUND) {
      forgotten = changes.remove().version();
    }
    List.copyOf(watches).forEach(watch -> watch.changed(change.before(), change.after()));
  }

  /**
   * Starts a watch with what changed since a version.
   *
   * @throws ApiException 410 when not all of that is kept
   */
  synchronized void follow(Watch watch, long sinceVersion) {
    if (sinceVersion < forgotten) {
      throw ApiException.gone(Long.toString(sinceVersion));
    }
    for (Change change : changes) {
      if (change.version() > sinceVersion) {
        watch.changed(change.before(), change.after());
      }
    }
    watches.add(watch);
  }

  synchronized void forget(Watch watch) {
    watches.remove(watch);
  }
}
