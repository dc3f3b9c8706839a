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
import dev.weft.core.dataplane.NodeFacts;
import dev.weft.core.dataplane.NodeState;
import dev.weft.core.dataplane.Planner;
import dev.weft.core.node.BlockState;
import dev.weft.core.node.Calculation;
import dev.weft.core.node.ClusterView;
import dev.weft.core.node.MovedPeers;
import dev.weft.core.node.NodeStateCalculator;
import dev.weft.core.node.OwnBlock;
import dev.weft.core.node.Peer;
import dev.weft.core.node.TunnelSettings;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Brings the node's network to what it should be: one code path for start, restart, drift and every
 * event. What an ADD or DEL works on meanwhile is left alone.
 */
public final class Reconciler {
  private final ClusterSource cluster;
  private final Dataplane dataplane;
  private final Attachments attachments;
  private final TunnelSettings tunnels;

  /** The last run, where nothing failed in it. */
  private Optional<Run> last = Optional.empty();

  /** What a run began with, and the state that it left. */
  private record Run(ClusterView view, NodeFacts facts, NodeState programmed) {}

  /**
   * Reconciles this dataplane.
   *
   * @param cluster what is known of the cluster
   * @param tunnels what this cluster's tunnels are like
   */
  public Reconciler(
      ClusterSource cluster, Dataplane dataplane, Attachments attachments, TunnelSettings tunnels) {
    this.cluster = cluster;
    this.tunnels = tunnels;
    this.dataplane = dataplane;
    this.attachments = attachments;
  }

  /**
   * Runs once. What can be written at once for nodes that moved comes first ({@link MovedPeers}).
   *
   * @throws DataplaneException if the kernel's state could not be read; then nothing was changed
   */
  public ReconcileReport reconcileOnce() throws DataplaneException {
    try (Observation observation = attachments.observe()) {
      List<Change<?>> early = follow(cluster.movedPeers());
      ClusterView view = cluster.view();
      NodeState actual = dataplane.read();
      observation.adopt(actual.of(HostVeth.KIND), actual.of(HostPort.KIND));
      NodeFacts facts = dataplane.facts(NodeStateCalculator.factsWanted(view));
      Calculation calculation =
          NodeStateCalculator.calculate(
              view, tunnels, facts, attachments.all(), attachments.hostPorts(), actual);
      attachments.setBlocks(servedNow(calculation, actual));
      List<Change<?>> plan = Planner.plan(calculation.desired(), actual, observation.inFlight());
      List<Dataplane.Failure> failures = dataplane.apply(plan);
      List<OwnBlock> served = servedAfter(calculation, failures);
      attachments.setBlocks(served);
      if (failures.isEmpty()) {
        last = Optional.of(new Run(view, facts, calculation.desired()));
      }
      List<Change<?>> changes = Stream.concat(early.stream(), plan.stream()).toList();
      return new ReconcileReport(view, calculation, served, changes, failures);
    }
  }

  /** What fails of it the run itself tries again. */
  private List<Change<?>> follow(List<Peer> moved) {
    List<Change<?>> changes =
        last.filter(any -> !moved.isEmpty())
            .map(
                run ->
                    MovedPeers.changes(run.view(), tunnels, run.facts(), run.programmed(), moved))
            .orElse(List.of());
    last = Optional.empty();
    if (!changes.isEmpty()) {
      dataplane.apply(changes);
    }
    return changes;
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
