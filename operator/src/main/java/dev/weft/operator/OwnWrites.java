// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The answers to a reconciler's last writes, each read in place of the cached version that it
 * replaced, so that a cache that lags causes no second write. One entry for each object written and
 * still cached in that version. Safe for use by many threads.
 *
 * @param <T> kind of the objects
 */
final class OwnWrites<T extends HasMetadata> {
  private record Entry<T>(String replacedVersion, T written) {}

  private final Map<String, Entry<T>> entries = new ConcurrentHashMap<>();

  /** The newer of the cached object and what was written since. */
  T newest(T cached) {
    Entry<T> entry = entries.get(cached.getMetadata().getUid());
    if (entry == null) {
      return cached;
    }
    if (entry.replacedVersion().equals(cached.getMetadata().getResourceVersion())) {
      return entry.written();
    }
    entries.remove(cached.getMetadata().getUid());
    return cached;
  }

  /** Takes the answer to a write. */
  void put(T cached, T written) {
    entries.put(
        cached.getMetadata().getUid(),
        new Entry<>(cached.getMetadata().getResourceVersion(), written));
  }

  /** Takes that an object is gone. */
  void remove(T gone) {
    entries.remove(gone.getMetadata().getUid());
  }
}
