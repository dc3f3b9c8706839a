// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import dev.weft.api.IPAllocation;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeCondition;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/**
 * Writes the Node condition NetworkUnavailable, and, where a node's agent is lost, that its blocks'
 * Programmed is unknown: an agent that lives contradicts, and is requested to again after a while,
 * as it may have died since. Keeps one entry for each block of a lost agent.
 */
@ControllerConfiguration(
    name = "nodes",
    fieldManager = ClusterWriter.NODE_CONDITION,
    generationAwareEventProcessing = false,
    triggerReconcilerOnAllEvents = true)
final class NodeConditionReconciler extends ResultReconciler<Node> {
  private final ClusterWriter writer;
  private final Events events;
  private final Clocks clocks;
  private final long againNanos;
  private final OwnWrites<Node> written = new OwnWrites<>();
  private final Map<String, Long> requestedAt = new ConcurrentHashMap<>(); // name of an allocation

  /**
   * @param again how long until a lost agent is requested to answer again
   */
  NodeConditionReconciler(
      RefusedWrites refused, ClusterWriter writer, Events events, Clocks clocks, Duration again) {
    super(refused);
    this.writer = writer;
    this.events = events;
    this.clocks = clocks;
    this.againNanos = again.toNanos();
  }

  @Override
  void publish(PassResult result) {
    requestedAt
        .keySet()
        .retainAll(
            result.networks().values().stream()
                .filter(network -> network.lost().isPresent())
                .flatMap(network -> network.served().stream())
                .map(allocation -> allocation.getMetadata().getName())
                .collect(Collectors.toSet()));
    super.publish(result);
  }

  @Override
  Set<String> names(PassResult result) {
    return result.networks().keySet();
  }

  @Override
  boolean isDue(Node node, PassResult result) {
    NodeNetwork network = result.networks().get(node.getMetadata().getName());
    return network.condition().isPresent()
        || network.lost().isPresent() && network.served().stream().anyMatch(this::mayRequest);
  }

  @Override
  Optional<Duration> write(Node cached, PassResult result) {
    String name = cached.getMetadata().getName();
    NodeNetwork network = result.networks().get(name);
    if (network == null || !network.uid().equals(cached.getMetadata().getUid())) {
      return Optional.empty();
    }
    network
        .lost()
        .ifPresent(
            lost ->
                network.served().stream()
                    .filter(this::mayRequest)
                    .forEach(allocation -> requestAnswer(allocation, lost)));
    Node node = written.newest(cached);
    network
        .condition()
        .filter(condition -> !NodeConditions.reports(node, condition))
        .ifPresent(condition -> write(cached, node, condition));
    return Optional.empty();
  }

  @Override
  void forget(Node gone) {
    written.remove(gone);
  }

  private void write(Node cached, Node node, NodeCondition condition) {
    Optional<Node> answer = writer.condition(node, condition);
    answer.ifPresent(one -> written.put(cached, one));
    if (answer.isPresent() && condition.getStatus().equals("True")) {
      events.warning(node, condition.getReason(), condition.getMessage());
    } else if (answer.isPresent() && NodeConditions.reportsLost(node)) {
      events.normal(node, condition.getReason(), condition.getMessage());
    }
  }

  private boolean mayRequest(IPAllocation allocation) {
    Long last = requestedAt.get(allocation.getMetadata().getName());
    return (last == null || clocks.nanoTime().getAsLong() - last >= againNanos)
        && !AllocationStatuses.reportsLost(allocation);
  }

  private void requestAnswer(IPAllocation allocation, NodeCondition lost) {
    Optional<Condition> unknown =
        AllocationStatuses.unknown(allocation, lost, clocks.wall().instant());
    unknown.ifPresent(
        condition -> {
          writer.conditionForAgent(allocation, condition);
          requestedAt.put(allocation.getMetadata().getName(), clocks.nanoTime().getAsLong());
        });
  }
}
