// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.informers.cache.BasicItemStore;
import java.util.function.UnaryOperator;

/** An informer's cache that keeps a part of each object: at 5,000 nodes the whole would not fit. */
final class SlimStore<T extends HasMetadata> extends BasicItemStore<T> {
  private final UnaryOperator<T> slim;

  SlimStore(UnaryOperator<T> slim) {
    super(object -> object.getMetadata().getName());
    this.slim = slim;
  }

  @Override
  public T put(String key, T object) {
    return super.put(key, slim.apply(object));
  }
}
