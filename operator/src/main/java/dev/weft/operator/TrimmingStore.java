// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import io.fabric8.kubernetes.client.informers.cache.Cache;
import io.fabric8.kubernetes.client.informers.cache.ItemStore;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.stream.Stream;

/**
 * Keeps what a watch reports, without the parts that nobody here reads and that are the most of it:
 * who owns which field, a node's images and volumes, and of a pod all but its node and whether it
 * is Ready. One entry for each object of the cluster; what is in it must never be written back
 * whole. Reports each change in the thread of the watch.
 *
 * @param <T> kind of the objects
 */
final class TrimmingStore<T extends HasMetadata> implements ItemStore<T> {
  private final Map<String, T> objects = new ConcurrentHashMap<>();
  private final BiConsumer<T, T> changed;

  /** One that reports nothing. */
  TrimmingStore() {
    this((before, now) -> {});
  }

  /**
   * @param changed takes an object as it was and as it is, once it is stored; null: there was, or
   *     is, none. Must not block.
   */
  TrimmingStore(BiConsumer<T, T> changed) {
    this.changed = changed;
  }

  @Override
  public String getKey(T object) {
    return Cache.metaNamespaceKeyFunc(object);
  }

  @Override
  public T put(String key, T object) {
    object.getMetadata().setManagedFields(null);
    if (object instanceof Node node && node.getStatus() != null) {
      node.getStatus().setImages(null);
      node.getStatus().setVolumesAttached(null);
      node.getStatus().setVolumesInUse(null);
    }
    if (object instanceof Pod pod) {
      trim(pod);
    }
    T before = objects.put(key, object);
    changed.accept(before, object);
    return before;
  }

  private static void trim(Pod pod) {
    pod.getMetadata().setLabels(null);
    pod.getMetadata().setAnnotations(null);
    pod.getMetadata().setOwnerReferences(null);
    String node = pod.getSpec() == null ? null : pod.getSpec().getNodeName();
    pod.setSpec(new PodSpecBuilder().withNodeName(node).build());
    if (pod.getStatus() != null) {
      pod.setStatus(
          new PodStatusBuilder()
              .withConditions(
                  pod.getStatus().getConditions().stream()
                      .filter(condition -> "Ready".equals(condition.getType()))
                      .toList())
              .build());
    }
  }

  @Override
  public T remove(String key) {
    T before = objects.remove(key);
    if (before != null) {
      changed.accept(before, null);
    }
    return before;
  }

  @Override
  public Stream<String> keySet() {
    return objects.keySet().stream();
  }

  @Override
  public Stream<T> values() {
    return objects.values().stream();
  }

  @Override
  public int size() {
    return objects.size();
  }

  @Override
  public T get(String key) {
    return objects.get(key);
  }
}
