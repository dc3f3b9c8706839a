// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.reconcile;

import dev.weft.agent.cni.Attachments;
import dev.weft.agent.cni.Observation;
import dev.weft.agent.dataplane.Dataplane;
import dev.weft.agent.dataplane.DataplaneException;
import dev.weft.core.dataplane.Change;
import dev.weft.core.dataplane.Gateway;
import dev.weft.core.dataplane.HostPort;
import dev.weft.core.dataplane.HostVeth;
import dev.weft.core.dataplane.NodeState;
import dev.weft.core.dataplane.Planner;
import dev.weft.core.node.BlockState;
import dev.weft.core.node.Calculation;
import dev.weft.core.node.ClusterView;
import dev.weft.core.node.NodeStateCalculator;
import dev.weft.core.node.OwnBlock;
import dev.weft.core.node.TunnelSettings;
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
  private final TunnelSettings tunnels;

  /**
   * Reconciles this dataplane.
   *
   * @param cluster what is known of the cluster
   * @param tunnels what this cluster's tunnels are like
   */
  public Reconciler(
      Supplier<ClusterView> cluster,
      Dataplane dataplane,
      Attachments attachments,
      TunnelSettings tunnels) {
    this.cluster = cluster;
    this.tunnels = tunnels;
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
      observation.adopt(actual.of(HostVeth.KIND), actual.of(HostPort.KIND));
      Calculation calculation = calculate(view, actual);
      attachments.setBlocks(servedNow(calculation, actual));
      List<Change<?>> plan = Planner.plan(calculation.desired(), actual, observation.inFlight());
      List<Dataplane.Failure> failures = dataplane.apply(plan);
      List<OwnBlock> served = servedAfter(calculation, failures);
      attachments.setBlocks(served);
      return new ReconcileReport(view, calculation, served, plan, failures);
    }
  }

  private Calculation calculate(ClusterView view, NodeState actual) throws DataplaneException {
    return NodeStateCalculator.calculate(
        view,
        tunnels,
        dataplane.facts(NodeStateCalculator.factsWanted(view)),
        attachments.all(),
        attachments.hostPorts(),
        actual);
  }

  /** A block whose gateway is not there yet allocates nothing until it is. */
  private static List<OwnBlock> servedNow(Calculation calculation, NodeState actual) {
    Set<Gateway> there = actual.of(Gateway.KIND);
    return calculation.blocks().stream()
        .map(
            block ->
                there.contains(new Gateway(block.gateway())) || !block.state().isProgrammed()
                    ? block
                    : block.with(BlockState.PENDING, "its gateway is being set up"))
        .toList();
  }

  /** A block that the kernel refused a part of allocates nothing. */
  private static List<OwnBlock> servedAfter(
      Calculation calculation, List<Dataplane.Failure> failures) {
    return calculation.blocks().stream()
        .map(
            block ->
                failures.stream()
                    .filter(failure -> block.state().isProgrammed())
                    .filter(failure -> failure.change().isNeededFor(block.cidr()))
                    .findFirst()
                    .map(failure -> block.with(BlockState.FAILED, failure.error().getMessage()))
                    .orElse(block))
        .toList();
  }
}
