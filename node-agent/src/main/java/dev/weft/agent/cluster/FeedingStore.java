// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.informers.cache.ItemStore;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * An informer's cache that passes every object on, and keeps of most only name and version, by
 * which an informer compares them: the objects of a large cluster would not fit. (An informer's
 * handlers get what the cache kept, so they cannot be used.)
 */
final class FeedingStore<T extends HasMetadata> implements ItemStore<T> {
  private final Map<String, String> versions = new ConcurrentHashMap<>();
  private final Map<String, T> kept = new ConcurrentHashMap<>();
  private final Supplier<T> blank;
  private final Function<T, Optional<T>> keep;
  private final Consumer<T> upserted;
  private final Consumer<String> removed;

  /**
   * An empty store.
   *
   * @param blank makes an object without anything
   * @param keep what is kept of an object; empty: its name and version
   * @param upserted takes an object that is new or not as it was
   * @param removed takes the key of one that is gone: its name, or NAMESPACE/NAME
   */
  FeedingStore(
      Supplier<T> blank,
      Function<T, Optional<T>> keep,
      Consumer<T> upserted,
      Consumer<String> removed) {
    this.blank = blank;
    this.keep = keep;
    this.upserted = upserted;
    this.removed = removed;
  }

  @Override
  public String getKey(T object) {
    return key(object);
  }

  /** A name, or NAMESPACE/NAME. */
  static String key(HasMetadata object) {
    String namespace = object.getMetadata().getNamespace();
    String name = object.getMetadata().getName();
    return namespace == null ? name : namespace + "/" + name;
  }

  @Override
  public T put(String key, T object) {
    T before = get(key);
    versions.put(key, Optional.ofNullable(object.getMetadata().getResourceVersion()).orElse(""));
    keep.apply(object).ifPresentOrElse(part -> kept.put(key, part), () -> kept.remove(key));
    upserted.accept(object);
    return before;
  }

  @Override
  public T remove(String key) {
    T before = get(key);
    versions.remove(key);
    kept.remove(key);
    removed.accept(key);
    return before;
  }

  @Override
  public Stream<String> keySet() {
    return versions.keySet().stream();
  }

  @Override
  public Stream<T> values() {
    return keySet().map(this::get);
  }

  @Override
  public int size() {
    return versions.size();
  }

  @Override
  public T get(String key) {
    String version = versions.get(key);
    T part = kept.get(key);
    if (version == null || part != null) {
      return part;
    }
    T object = blank.get();
    int slash = key.indexOf('/');
    object.setMetadata(
        new ObjectMetaBuilder()
            .withNamespace(slash < 0 ? null : key.substring(0, slash))
            .withName(key.substring(slash + 1))
            .withResourceVersion(version)
            .build());
    return object;
  }
}
