// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import dev.weft.api.IPAllocation;
import dev.weft.api.IPPool;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import io.javaoperatorsdk.operator.Operator;
import io.javaoperatorsdk.operator.api.config.ControllerConfigurationOverrider;
import io.javaoperatorsdk.operator.processing.retry.GenericRetry;
import java.time.Duration;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * The reconcilers of the three kinds, whose informers the allocation passes read too: each kind is
 * watched once. What a watch reports requests a pass in the watch's own thread: those of the
 * reconcilers may all wait for the answers to their writes.
 *
 * @param requestPass requests an allocation pass
 * @param observed takes the name of each IPAllocation that is new, changed or gone
 */
record Controllers(
    PoolStatusReconciler pools,
    AllocationConditionReconciler allocations,
    NodeConditionReconciler nodes,
    Runnable requestPass,
    Consumer<String> observed)
    implements ClusterCaches {
  private static final long PAGE = 500; // objects in an answer to a list
  private static final int UNLIMITED = -1;
  private static final Duration FIRST_RETRY = Duration.ofMillis(200);
  private static final double RETRY_FACTOR = 2;

  /** The longest pause between two tries of a write that fails. */
  static final Duration LONGEST_RETRY = Duration.ofSeconds(15);

  /** Adds the reconcilers to an operator that has not started. */
  void registerWith(Operator operator) {
    operator.register(pools, config -> configure(config, (before, now) -> requestPass.run()));
    operator.register(allocations, config -> configure(config, this::allocationChanged));
    operator.register(
        nodes,
        config -> configure(config, this::nodeChanged).withOnUpdateFilter(ResourceMapper::differ));
  }

  private void allocationChanged(IPAllocation before, IPAllocation now) {
    observed.accept((now == null ? before : now).getMetadata().getName());
    requestPass.run();
  }

  private void nodeChanged(Node before, Node now) {
    if (before == null || now == null || ResourceMapper.differ(now, before)) {
      requestPass.run();
    }
  }

  private static <T extends HasMetadata> ControllerConfigurationOverrider<T> configure(
      ControllerConfigurationOverrider<T> config, BiConsumer<T, T> changed) {
    return config
        .withItemStore(new TrimmingStore<>(changed))
        .withInformerListLimit(PAGE)
        .withRetry(
            new GenericRetry()
                .setMaxAttempts(UNLIMITED)
                .setInitialInterval(FIRST_RETRY)
                .setIntervalMultiplier(RETRY_FACTOR)
                .setMaxInterval(LONGEST_RETRY.toMillis()));
  }

  /** Passes on what an allocation pass decided. */
  void publish(PassResult result) {
    pools.publish(result);
    allocations.publish(result);
    nodes.publish(result);
  }

  @Override
  public List<IPPool> allPools() {
    return pools.all();
  }

  @Override
  public List<IPAllocation> allAllocations() {
    return allocations.all();
  }

  @Override
  public List<Node> allNodes() {
    return nodes.all();
  }
}
