// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.IndexerResourceCache;
import io.javaoperatorsdk.operator.processing.event.source.inbound.SimpleInboundEventSource;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reconciles one object after the other with what the last allocation pass decided: a result that
 * the object differs from is written, and tried again until it is. The informer of the kind serves
 * the passes too.
 *
 * @param <T> kind of the objects
 */
abstract class ResultReconciler<T extends HasMetadata> implements Reconciler<T> {
  private static final Logger LOG = LoggerFactory.getLogger(ResultReconciler.class);

  private final RefusedWrites refused;
  private final SimpleInboundEventSource<T> results = new SimpleInboundEventSource<>("results");
  private final Set<String> retrying = ConcurrentHashMap.newKeySet(); // names
  private volatile IndexerResourceCache<T> cache;
  private volatile PassResult last;

  /**
   * @param refused takes the writes that fail
   */
  ResultReconciler(RefusedWrites refused) {
    this.refused = refused;
  }

  /** The names of the objects of the kind that a result is about. */
  abstract Set<String> names(PassResult result);

  /** Whether something of an object is to be written. */
  abstract boolean isDue(T cached, PassResult result);

  /**
   * Writes what differs.
   *
   * @return how long until the rest may be written; empty: nothing is left
   * @throws KubernetesClientException if the API server refuses or is away
   */
  abstract Optional<Duration> write(T object, PassResult result);

  /** Forgets what is remembered of an object that is gone. */
  abstract void forget(T gone);

  /** Takes what a pass decided; objects whose write is tried again already are left to that. */
  void publish(PassResult result) {
    last = result;
    for (String name : names(result)) {
      ResourceID id = new ResourceID(name);
      if (!retrying.contains(name)
          && cache.get(id).filter(cached -> isDue(cached, result)).isPresent()) {
        results.propagateEvent(id);
      }
    }
  }

  /** Every object of the kind, as its watch reported it last. */
  List<T> all() {
    return cache.list().toList();
  }

  @Override
  public List<EventSource<?, T>> prepareEventSources(EventSourceContext<T> context) {
    cache = context.getPrimaryCache();
    return List.of(results);
  }

  @Override
  public UpdateControl<T> reconcile(T object, Context<T> context) {
    PassResult result = last;
    if (context.isPrimaryResourceDeleted()) {
      end(object);
      forget(object);
      return UpdateControl.noUpdate();
    }
    Optional<Duration> rest = result == null ? Optional.empty() : writeOrFail(object, result);
    UpdateControl<T> done = UpdateControl.noUpdate();
    return rest.map(done::rescheduleAfter).orElse(done);
  }

  private Optional<Duration> writeOrFail(T object, PassResult result) {
    try {
      Optional<Duration> rest = write(object, result);
      end(object);
      return rest;
    } catch (RuntimeException | Error e) { // the framework's own log is silenced
      retrying.add(object.getMetadata().getName());
      if (e instanceof KubernetesClientException) {
        LOG.warn("{}: {}; trying again", what(object), e.getMessage());
        refused.failed(what(object), e.getMessage());
      } else {
        LOG.error("{}; trying again", what(object), e);
        refused.failed(what(object), e.toString());
      }
      // The framework tries again after an exception, and after an Error never.
      throw e instanceof RuntimeException failure ? failure : new IllegalStateException(e);
    }
  }

  static boolean isSameObject(HasMetadata one, HasMetadata other) {
    return Objects.equals(one.getMetadata().getUid(), other.getMetadata().getUid());
  }

  private void end(T object) {
    retrying.remove(object.getMetadata().getName());
    refused.succeeded(what(object));
  }

  private static String what(HasMetadata object) {
    return "write the status of %s %s".formatted(object.getKind(), object.getMetadata().getName());
  }
}
