// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The last changes of all objects, and who waits for the next: a watch that was cut off goes on
 * where it was, a list's next page shows what was there at the first, and both must list again when
 * that is too long ago.
 */
final class WatchHistory {
  /**
   * One change.
   *
   * @param version the version it made
   * @param before the object before it; null: it was created
   * @param after the object after it; null: it was deleted
   */
  private record Change(long version, JsonNode before, JsonNode after) {}

  /** How many changes are kept. */
  private final int bound;

  private final Deque<Change> changes = new ArrayDeque<>();
  private final Set<Watch> watches = new LinkedHashSet<>();

  /** The newest change that is not kept any more. */
  private long forgotten;

  WatchHistory(int bound) {
    this.bound = bound;
  }

  /**
   * Records a change and reports it to the watches.
   *
   * @param before null: it was created; of a deletion with the version at which it went
   * @param after null: it was deleted
   */
  synchronized void record(JsonNode before, ObjectNode after) {
    JsonNode versioned = after == null ? before : after;
    Change change = new Change(versioned.at("/metadata/resourceVersion").asLong(), before, after);
    changes.add(change);
    if (changes.size() > bound) {
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
      throw ApiException.gone(sinceVersion, forgotten);
    }
    for (Change change : changes) {
      if (change.version() > sinceVersion) {
        watch.changed(change.before(), change.after());
      }
    }
    watches.add(watch);
  }

  /**
   * A list of objects as it was.
   *
   * @param now how it is
   * @throws ApiException 410 when not all changes since are kept
   */
  synchronized List<ObjectNode> asOf(long version, List<ObjectNode> now, Kind kind) {
    if (version < forgotten) {
      throw ApiException.continueExpired();
    }
    Map<String, ObjectNode> items = new TreeMap<>();
    now.forEach(item -> items.put(ObjectStore.key(item), item));
    Iterator<Change> back = changes.descendingIterator();
    while (back.hasNext()) {
      Change change = back.next();
      if (change.version() <= version) {
        break;
      }
      if (change.before() instanceof ObjectNode before && kind.isOf(before)) {
        items.put(ObjectStore.key(before), before);
      } else if (change.before() == null && kind.isOf(change.after())) {
        items.remove(ObjectStore.key(change.after()));
      }
    }
    return List.copyOf(items.values());
  }

  synchronized void forget(Watch watch) {
    watches.remove(watch);
  }
}
