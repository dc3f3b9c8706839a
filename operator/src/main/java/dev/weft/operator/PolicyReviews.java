// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.client.informers.cache.Cache;
import io.fabric8.kubernetes.client.informers.cache.ItemStore;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

/**
 * Keeps of each NetworkPolicy that a watch reports its review, and not its spec. One entry for each
 * policy of the cluster. Thread-safe.
 */
final class PolicyReviews implements ItemStore<NetworkPolicy> {
  private final Map<String, PolicyReview> reviews = new ConcurrentHashMap<>();
  private final AtomicBoolean changed = new AtomicBoolean();

  /** Those of all policies that are there. */
  List<PolicyReview> all() {
    return List.copyOf(reviews.values());
  }

  /** Whether a policy came, changed or went since the last call. */
  boolean takeChanged() {
    return changed.getAndSet(false);
  }

  @Override
  public String getKey(NetworkPolicy policy) {
    return Cache.metaNamespaceKeyFunc(policy);
  }

  @Override
  public NetworkPolicy put(String key, NetworkPolicy policy) {
    PolicyReview before = reviews.put(key, PolicyReview.of(policy));
    changed.set(true);
    return about(before);
  }

  @Override
  public NetworkPolicy remove(String key) {
    PolicyReview before = reviews.remove(key);
    changed.set(true);
    return about(before);
  }

  @Override
  public Stream<String> keySet() {
    return reviews.keySet().stream();
  }

  @Override
  public Stream<NetworkPolicy> values() {
    return reviews.values().stream().map(PolicyReview::about);
  }

  @Override
  public int size() {
    return reviews.size();
  }

  @Override
  public NetworkPolicy get(String key) {
    return about(reviews.get(key));
  }

  private static NetworkPolicy about(PolicyReview review) {
    return review == null ? null : review.about();
  }
}
