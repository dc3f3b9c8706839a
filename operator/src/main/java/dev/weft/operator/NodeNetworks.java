// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import static dev.weft.core.pool.AgentLiveness.Verdict.ALIVE;

import dev.weft.api.IPAllocation;
import dev.weft.core.pool.AgentLiveness;
import dev.weft.core.pool.AllocationPlan;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeCondition;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Decides of each node that has a served block whether its network is available: it is not once the
 * blocks of a lost agent have reported so, and the agent did not contradict. To be used by one
 * thread at a time.
 */
final class NodeNetworks {
  private final AgentLiveness liveness;
  private final Supplier<Map<String, Boolean>> agentPods;
  private final LongSupplier nanoTime;

  /**
   * @param agentPods the nodes that an agent's pod is on, and whether it is Ready
   * @param nanoTime time that never goes back
   */
  NodeNetworks(
      AgentLiveness liveness, Supplier<Map<String, Boolean>> agentPods, LongSupplier nanoTime) {
    this.liveness = liveness;
    this.agentPods = agentPods;
    this.nanoTime = nanoTime;
  }

  /** Decides about every node, by its name. */
  Map<String, NodeNetwork> observe(ClusterSnapshot seen, AllocationPlan plan, Instant now) {
    Map<String, List<IPAllocation>> served = served(seen, plan);
    long nanos = nanoTime.getAsLong();
    Map<String, AgentLiveness.Verdict> verdicts =
        liveness.observe(
            served.entrySet().stream()
                .map(entry -> observed(seen.nodes().get(entry.getKey()), entry.getValue()))
                .toList(),
            agentPods.get(),
            nanos);
    Map<String, NodeNetwork> networks = new HashMap<>();
    served.forEach(
        (name, allocations) ->
            networks.put(
                name,
                network(seen.nodes().get(name), allocations, verdicts.get(name), nanos, now)));
    seen.nodes().values().stream()
        .filter(NodeConditions::reportsLost)
        .filter(node -> !served.containsKey(node.getMetadata().getName()))
        .forEach(
            node ->
                networks.put(
                    node.getMetadata().getName(),
                    new NodeNetwork(
                        node.getMetadata().getUid(),
                        Optional.of(NodeConditions.withoutBlock(now)),
                        Optional.empty(),
                        List.of())));
    return networks;
  }

  /** When to observe again though nothing happens, counted from now; empty: never. */
  Optional<Duration> next() {
    return liveness.next(nanoTime.getAsLong());
  }

  private NodeNetwork network(
      Node node,
      List<IPAllocation> allocations,
      AgentLiveness.Verdict verdict,
      long nanos,
      Instant now) {
    String name = node.getMetadata().getName();
    Optional<NodeCondition> lost =
        verdict.isLost() ? Optional.of(NodeConditions.lost(verdict, name, now)) : Optional.empty();
    boolean answered = verdict.isLost() && !isUncontradicted(allocations);
    Optional<NodeCondition> condition = Optional.empty();
    if (verdict.isLost() && liveness.isSilent(name, nanos)) {
      condition = lost.filter(one -> !NodeConditions.reportsLost(node));
    } else if (verdict == ALIVE || answered) {
      condition =
          Optional.of(NodeConditions.ready(now)).filter(one -> !NodeConditions.reportsReady(node));
    }
    return new NodeNetwork(node.getMetadata().getUid(), condition, lost, List.copyOf(allocations));
  }

  private static Map<String, List<IPAllocation>> served(ClusterSnapshot seen, AllocationPlan plan) {
    Map<String, List<IPAllocation>> served = new HashMap<>();
    plan.owners()
        .forEach(
            (cidr, node) -> {
              if (seen.isServed(cidr)) {
                served
                    .computeIfAbsent(node.name(), name -> new ArrayList<>())
                    .add(seen.allocations().get(cidr));
              }
            });
    return served;
  }

  private static AgentLiveness.Observed observed(Node node, List<IPAllocation> served) {
    return new AgentLiveness.Observed(
        node.getMetadata().getName(),
        NodeConditions.isNodeReady(node),
        NodeConditions.reportsLost(node),
        isUncontradicted(served));
  }

  private static boolean isUncontradicted(List<IPAllocation> served) {
    return served.stream().allMatch(AllocationStatuses::reportsLost);
  }
}
