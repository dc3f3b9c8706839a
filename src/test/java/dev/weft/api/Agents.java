// SPDX-License-Identifier: Apache-2.0
package dev.weft.api;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.awaitility.Awaitility;

/**
 * What the agents of all nodes write: of each block, for each generation, that it is served, and of
 * one that is to be given back that no pod has an address of it. Every change that the API server
 * reports is held against what a node relies on.
 */
final class Agents implements AutoCloseable {
  private static final int AT_ONCE = 16;
  private static final PatchContext APPLY =
      new PatchContext.Builder()
          .withPatchType(PatchType.SERVER_SIDE_APPLY)
          .withFieldManager("weft-agent")
          .withForce(true)
          .build();

  private final KubernetesClient client;
  private final ExecutorService threads = Executors.newFixedThreadPool(AT_ONCE);
  private final Map<String, IPAllocation> allocations = new ConcurrentHashMap<>();
  private final Set<String> said = ConcurrentHashMap.newKeySet();
  private final Queue<String> wrong = new ConcurrentLinkedQueue<>();
  private final AtomicLong writes = new AtomicLong();
  private final SharedIndexInformer<IPAllocation> informer;

  Agents(KubernetesClient client) {
    this.client = client;
    this.informer =
        client
            .resources(IPAllocation.class)
            .inform(
                new ResourceEventHandler<>() {
                  @Override
                  public void onAdd(IPAllocation now) {
                    changed(now);
                  }

                  @Override
                  public void onUpdate(IPAllocation before, IPAllocation now) {
                    changed(now);
                  }

                  @Override
                  public void onDelete(IPAllocation last, boolean unknown) {
                    deleted(last);
                  }
                });
  }

  /** Every block, as it was reported last. */
  Collection<IPAllocation> blocks() {
    return allocations.values();
  }

  /** How many statuses were written. */
  long writes() {
    return writes.get();
  }

  /** What a node could not have relied on, or what was refused to an agent. */
  List<String> wrong() {
    return new ArrayList<>(wrong);
  }

  /**
   * Waits for something that must become true of the blocks.
   *
   * @return when it was, by {@link System#nanoTime}
   */
  long await(String what, Predicate<Collection<IPAllocation>> condition) {
    Awaitility.await(what)
        .pollInterval(Duration.ofMillis(20))
        .until(() -> condition.test(blocks()));
    return System.nanoTime();
  }

  private void changed(IPAllocation now) {
    IPAllocation before = allocations.put(now.getMetadata().getName(), now);
    if (isReleasing(now) && (before == null || !isReleasing(before)) && !isDrained(now)) {
      wrong.add("released, not drained: " + now);
    }
    if (state(now) == IPAllocationSpec.State.Draining) {
      checkServed(now);
    }
    Long generation = now.getMetadata().getGeneration();
    if (!isReleasing(now) && said.add(now.getMetadata().getUid() + "/" + generation)) {
      threads.execute(() -> say(now));
    }
  }

  private void deleted(IPAllocation last) {
    IPAllocation before = allocations.remove(last.getMetadata().getName());
    if (!isReleasing(before)) {
      wrong.add("deleted, not released: " + before);
    }
    checkServed(last);
  }

  /** That the node of a block that goes has another. */
  private void checkServed(IPAllocation going) {
    String node = going.getSpec().node();
    if (allocations.values().stream()
        .noneMatch(one -> one.getSpec().node().equals(node) && isServed(one))) {
      wrong.add("without a block: node " + node + " at " + going);
    }
  }

  private void say(IPAllocation block) {
    IPAllocation patch = new IPAllocation();
    patch.setMetadata(new ObjectMetaBuilder().withName(block.getMetadata().getName()).build());
    long generation = block.getMetadata().getGeneration();
    List<Condition> conditions = new ArrayList<>();
    conditions.add(condition(Conditions.PROGRAMMED, true, generation));
    conditions.add(condition(Conditions.PRESSURE, false, generation));
    boolean drains = state(block) == IPAllocationSpec.State.Draining;
    if (state(block) != IPAllocationSpec.State.Active) {
      conditions.add(condition(Conditions.DRAINED, drains, generation));
    }
    long used = drains ? 0 : 1;
    patch.setStatus(
        new IPAllocationStatus(
            IPAllocationStatus.Phase.Ready,
            new IPAllocationStatus.Endpoint(List.of("192.168.1.11"), null, null),
            new Addresses(253L, used, 253 - used),
            conditions));
    try {
      client.resource(patch).subresource("status").patch(APPLY);
      writes.incrementAndGet();
    } catch (RuntimeException e) {
      wrong.add("refused to an agent: " + e.getMessage());
    }
  }

  private static Condition condition(String type, boolean holds, long generation) {
    return new ConditionBuilder()
        .withType(type)
        .withStatus(holds ? "True" : "False")
        .withReason("Said")
        .withMessage("said by the agent")
        .withLastTransitionTime("2026-01-01T00:00:00Z")
        .withObservedGeneration(generation)
        .build();
  }

  /** Whether its node has it, and serves it. */
  static boolean isServed(IPAllocation block) {
    return state(block) == IPAllocationSpec.State.Active
        && block.getStatus() != null
        && block.getStatus().phase() == IPAllocationStatus.Phase.Ready;
  }

  private static IPAllocationSpec.State state(IPAllocation block) {
    return block.getSpec().stateInForce();
  }

  private static boolean isReleasing(IPAllocation block) {
    return block.getStatus() != null
        && block.getStatus().phase() == IPAllocationStatus.Phase.Releasing;
  }

  /** Whether its agent said so of the generation that it has. */
  private static boolean isDrained(IPAllocation block) {
    return state(block) == IPAllocationSpec.State.Draining
        && block.getStatus().conditions().stream()
            .anyMatch(
                condition ->
                    condition.getType().equals(Conditions.DRAINED)
                        && condition.getStatus().equals("True")
                        && block
                            .getMetadata()
                            .getGeneration()
                            .equals(condition.getObservedGeneration()));
  }

  @Override
  public void close() {
    informer.stop();
    threads.shutdownNow();
  }
}
