// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.informers.cache.BasicItemStore;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * An informer's cache that passes every object on whole, and keeps a part of it: at 5,000 nodes the
 * whole would not fit. (An informer's handlers get what the cache kept, so they cannot be told.)
 */
final class FeedingStore<T extends HasMetadata> extends BasicItemStore<T> {
  private final UnaryOperator<T> slim;
  private final Consumer<T> upserted;
  private final Consumer<String> removed;

  /**
   * An empty store.
   *
   * @param slim what is kept of an object
   * @param upserted takes an object that is new or not as it was
   * @param removed takes the name of one that is gone
   */
  FeedingStore(UnaryOperator<T> slim, Consumer<T> upserted, Consumer<String> removed) {
    super(object -> object.getMetadata().getName());
    this.slim = slim;
    this.upserted = upserted;
    this.removed = removed;
  }

  @Override
  public T put(String key, T object) {
    T before = super.put(key, slim.apply(object));
    upserted.accept(object);
    return before;
  }

  @Override
  public T remove(String key) {
    T before = super.remove(key);
    removed.accept(key);
    return before;
  }
}
