// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.informers.cache.ItemStore;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;

/**
 * A watch's store as the informer of one connection has it. An informer that was stopped goes on
 * with its list: from then on nothing that it brings changes the store, and what it brings first
 * ends its list.
 */
final class ConnectionStore<T extends HasMetadata> implements ItemStore<T> {
  private final FeedingStore<T> store;
  private final Object lock;
  private final Runnable progress;
  private boolean replaced;

  /**
   * A view of a store.
   *
   * @param lock under which the store is changed
   * @param progress called under the lock with every object that comes
   */
  ConnectionStore(FeedingStore<T> store, Object lock, Runnable progress) {
    this.store = store;
    this.lock = lock;
    this.progress = progress;
  }

  /** From now on it changes nothing; when this returns no change is in progress. */
  void replace() {
    synchronized (lock) {
      replaced = true;
    }
  }

  @Override
  public String getKey(T object) {
    return store.getKey(object);
  }

  /**
   * Takes an object.
   *
   * @throws CancellationException if another connection has replaced this one
   */
  @Override
  public T put(String key, T object) {
    synchronized (lock) {
      if (replaced) {
        throw new CancellationException("another connection has replaced this one");
      }
      progress.run();
      return store.put(key, object);
    }
  }

  @Override
  public T remove(String key) {
    synchronized (lock) {
      return replaced ? null : store.remove(key);
    }
  }

  @Override
  public Stream<String> keySet() {
    return store.keySet();
  }

  @Override
  public Stream<T> values() {
    return store.values();
  }

  @Override
  public int size() {
    return store.size();
  }

  @Override
  public T get(String key) {
    return store.get(key);
  }
}
