// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import io.fabric8.kubernetes.api.model.HasMetadata;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * What was just written and the watch has not reported yet. Read over a cache, it shows each object
 * at least as new as its last write from here. An entry lasts until the cache shows a version that
 * is not known to be older: neither the one that was last read before the first write, nor what a
 * write before the last one was answered with. It lasts 30 s at most. Safe for use by many threads.
 *
 * @param <T> kind of the objects
 */
final class Overlay<T extends HasMetadata> {
  private static final Duration LIFE = Duration.ofSeconds(30);

  /**
   * @param older the versions known to be older than the last write; null: not in the cache
   */
  private record Entry<T>(Set<String> older, T written, Instant at) {}

  private final Map<String, Entry<T>> entries = new HashMap<>();
  private Map<String, String> cachedVersions = Map.of();

  /** Remembers what the API server answered to a write. */
  synchronized void put(T written, Instant now) {
    String name = written.getMetadata().getName();
    Entry<T> before = entries.get(name);
    Set<String> older = new HashSet<>();
    if (before == null) {
      older.add(cachedVersions.get(name));
    } else {
      older.addAll(before.older());
      older.add(before.written().getMetadata().getResourceVersion());
    }
    entries.put(name, new Entry<>(older, written, now));
  }

  /**
   * Takes that the watch reported an object, which may be gone again: one that was created here is
   * in the cache now, or never will be.
   */
  synchronized void observed(String name) {
    Entry<T> entry = entries.get(name);
    if (entry != null) {
      entry.older().remove(null);
    }
  }

  /** The cache's objects by name, each replaced by what was written since. */
  synchronized Map<String, T> over(Collection<T> cached, Instant now) {
    Map<String, T> objects = new HashMap<>();
    cachedVersions = new HashMap<>();
    for (T object : cached) {
      String name = object.getMetadata().getName();
      objects.put(name, object);
      cachedVersions.put(name, object.getMetadata().getResourceVersion());
    }
    entries
        .entrySet()
        .removeIf(
            entry ->
                entry.getValue().at().plus(LIFE).isBefore(now)
                    || !entry.getValue().older().contains(cachedVersions.get(entry.getKey())));
    entries.forEach((name, entry) -> objects.put(name, entry.written()));
    return objects;
  }
}
