// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.reconcile;

import dev.weft.agent.cni.Attachments;
import dev.weft.agent.cni.Observation;
import dev.weft.agent.dataplane.Dataplane;
import dev.weft.agent.dataplane.DataplaneException;
import dev.weft.core.dataplane.Bridge;
import dev.weft.core.dataplane.DataplaneChange;
import dev.weft.core.dataplane.NodeState;
import dev.weft.core.dataplane.Planner;
import dev.weft.core.net.InterfaceAddress;
import dev.weft.core.node.BlockState;
import dev.weft.core.node.Calculation;
import dev.weft.core.node.ClusterView;
import dev.weft.core.node.NodeStateCalculator;
import dev.weft.core.node.OwnBlock;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Brings the node's network to what it should be: one code path for start, restart, drift and every
 * event. What an ADD or DEL works on meanwhile is left alone.
 */
public final class Reconciler {
  private final Supplier<ClusterView> cluster;
  private final Dataplane dataplane;
  private final Attachments attachments;

  /** Does nothing yet. */
  public Reconciler(Supplier<ClusterView> cluster, Dataplane dataplane, Attachments attachments) {
    this.cluster = cluster;
    this.dataplane = dataplane;
    this.attachments = attachments;
  }

  /**
   * Runs once.
   *
   * @throws DataplaneException if the kernel's state could not be read; then nothing was changed
   */
  public ReconcileReport reconcileOnce() throws DataplaneException {
    try (Observation observation = attachments.observe()) {
      ClusterView view = cluster.get();
      NodeState actual = dataplane.read();
      observation.adopt(actual.ports(), actual.hostPorts());
      Calculation calculation =
          NodeStateCalculator.calculate(
              view,
              dataplane.facts(NodeStateCalculator.factsWanted(view)),
              attachments.all(),
              attachments.hostPorts(),
              actual);
      attachments.setBlocks(servedNow(calculation, actual));
      List<DataplaneChange> plan =
          Planner.plan(calculation.desired(), actual, observation.inFlight());
      List<Dataplane.Failure> failures = dataplane.apply(plan);
      List<OwnBlock> served = servedAfter(calculation, failures);
      attachments.setBlocks(served);
      return new ReconcileReport(view, calculation, served, plan, failures);
    }
  }

  /** A block whose gateway is not there yet gives nothing out until it is. */
  private static List<OwnBlock> servedNow(Calculation calculation, NodeState actual) {
    Set<InterfaceAddress> there = actual.bridge().map(Bridge::gateways).orElse(Set.of());
    return calculation.blocks().stream()
        .map(
            block ->
                there.contains(block.gateway()) || !block.state().isProgrammed()
                    ? block
                    : block.with(BlockState.PENDING, "its gateway is being set up"))
        .toList();
  }

  /** A block that the kernel refused a part of gives nothing out. */
  private static List<OwnBlock> servedAfter(
      Calculation calculation, List<Dataplane.Failure> failures) {
    return calculation.blocks().stream()
        .map(
            block ->
                failures.stream()
                    .filter(failure -> block.state().isProgrammed())
                    .filter(failure -> concerns(failure.change(), block))
                    .findFirst()
                    .map(failure -> block.with(BlockState.FAILED, failure.error().getMessage()))
                    .orElse(block))
        .toList();
  }

  private static boolean concerns(DataplaneChange change, OwnBlock block) {
    if (change instanceof DataplaneChange.AddGateway added) {
      return added.gateway().equals(block.gateway());
    }
    if (change instanceof DataplaneChange.AddRoute added) {
      return added.route().destination().equals(block.cidr());
    }
    return change instanceof DataplaneChange.EnsureBridge
        || change instanceof DataplaneChange.ReplaceRules;
  }
}
