// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import dev.weft.api.IPAllocation;
import dev.weft.api.IPPool;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import io.javaoperatorsdk.operator.Operator;
import io.javaoperatorsdk.operator.api.config.ControllerConfigurationOverrider;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.IndexerResourceCache;
import java.util.List;
import java.util.function.Consumer;

/**
 * The reconcilers of the three kinds. A decision about one object needs all others (which block is
 * free, who waits longest), so each only asks for a round over the whole.
 */
final class Watchers implements ClusterCaches {
  private static final long PAGE = 500; // objects in an answer to a list

  private final Runnable request;
  private final Consumer<String> toldOfAllocation;
  private final PoolWatcher pools = new PoolWatcher();
  private final AllocationWatcher allocations = new AllocationWatcher();
  private final NodeWatcher nodes = new NodeWatcher();

  /**
   * @param request asks for a round
   * @param toldOfAllocation takes the name of each IPAllocation that is new, changed or gone
   */
  Watchers(Runnable request, Consumer<String> toldOfAllocation) {
    this.request = request;
    this.toldOfAllocation = toldOfAllocation;
  }

  /** Adds the reconcilers to an operator that has not started. */
  void registerWith(Operator operator) {
    operator.register(pools, this::slim);
    operator.register(allocations, this::slim);
    operator.register(nodes, config -> slim(config).withOnUpdateFilter(Views::differ));
  }

  private <T extends HasMetadata> ControllerConfigurationOverrider<T> slim(
      ControllerConfigurationOverrider<T> config) {
    return config.withItemStore(new SlimStore<>()).withInformerListLimit(PAGE);
  }

  @Override
  public List<IPPool> pools() {
    return pools.all();
  }

  @Override
  public List<IPAllocation> allocations() {
    return allocations.all();
  }

  @Override
  public List<Node> nodes() {
    return nodes.all();
  }

  private abstract class Watcher<T extends HasMetadata> implements Reconciler<T> {
    private volatile IndexerResourceCache<T> cache;

    @Override
    public List<EventSource<?, T>> prepareEventSources(EventSourceContext<T> context) {
      cache = context.getPrimaryCache();
      return List.of();
    }

    @Override
    public UpdateControl<T> reconcile(T resource, Context<T> context) {
      request.run();
      return UpdateControl.noUpdate();
    }

    List<T> all() {
      return cache.list().toList();
    }
  }

  @ControllerConfiguration(
      name = "pools",
      generationAwareEventProcessing = false,
      triggerReconcilerOnAllEvents = true)
  private final class PoolWatcher extends Watcher<IPPool> implements Reconciler<IPPool> {}

  @ControllerConfiguration(
      name = "allocations",
      generationAwareEventProcessing = false,
      triggerReconcilerOnAllEvents = true)
  private final class AllocationWatcher extends Watcher<IPAllocation>
      implements Reconciler<IPAllocation> {
    @Override
    public UpdateControl<IPAllocation> reconcile(
        IPAllocation allocation, Context<IPAllocation> context) {
      toldOfAllocation.accept(allocation.getMetadata().getName());
      return super.reconcile(allocation, context);
    }
  }

  @ControllerConfiguration(
      name = "nodes",
      generationAwareEventProcessing = false,
      triggerReconcilerOnAllEvents = true)
  private final class NodeWatcher extends Watcher<Node> implements Reconciler<Node> {}
}
