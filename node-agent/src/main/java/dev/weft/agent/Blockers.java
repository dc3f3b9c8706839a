// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent;

import dev.weft.agent.dataplane.Dataplane;
import dev.weft.agent.http.AgentHttp;
import dev.weft.agent.install.InstallException;
import dev.weft.agent.reconcile.ReconcileReport;
import dev.weft.core.dataplane.VxlanDevice;
import dev.weft.core.node.BlockState;
import dev.weft.core.node.Blocker;
import dev.weft.core.node.OwnBlock;
import dev.weft.core.node.PeerReport;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Collects, after each reconcile, what keeps the node from serving pods and what is wrong though it
 * serves them. For the reconcile loop alone.
 */
final class Blockers {
  /** How many failures {@code /readyz} lists. */
  private static final int FAILURES_SHOWN = 10;

  /** The reason of the Event where every thread that deletes links waits for the kernel. */
  static final String DELETIONS_STUCK = "DeletionsStuck";

  /** Reasons that something on this node causes: what every block passes through is none. */
  private static final Set<String> OF_THIS_NODE =
      Set.of(
          Blocker.FOREIGN_ROUTE,
          Blocker.NODE_NETWORK,
          Blocker.FORWARD_DROP,
          BlockState.FAILED.reason(),
          Blocker.NEXT_HOP_NOT_ON_LINK,
          Blocker.NEXT_HOP_IS_THIS_NODE,
          Blocker.NO_COMMON_FAMILY,
          Blocker.MTU_TOO_SMALL,
          Blocker.DIRECT_BLOCKED,
          Blocker.TUNNEL_BLOCKED,
          InstallException.CNI_CONFIG_CONFLICT,
          InstallException.FILE_WRITE_FAILED,
          Blocker.SCHEMA_OUTDATED,
          AgentHttp.PROBE_PORT_TAKEN,
          AgentHttp.METRICS_PORT_TAKEN,
          DELETIONS_STUCK);

  /**
   * Where blockers come from. Each is empty where nothing is wrong.
   *
   * @param cni why CNI cannot be listened for; begins to listen where that was not done yet
   * @param warm whether the first ADD would be as fast as any
   * @param configured whether the runtime has our configuration already
   * @param files why the runtime's files are not as they should be; writes them
   * @param schema why the API server's CRDs cannot be used
   * @param memory why this node's blocks would not be known after a restart
   * @param ports which ports of the agent's own cannot be listened on
   * @param deletions why no link is deleted
   * @param pools which pools are not allocatable though they should be
   * @param paths which paths to other nodes pass nothing
   * @param policies which rules of network policies the kernel refuses
   */
  record Sources(
      Supplier<Optional<String>> cni,
      BooleanSupplier warm,
      BooleanSupplier configured,
      Supplier<Optional<Blocker>> files,
      Supplier<Optional<Blocker>> schema,
      Supplier<Optional<Blocker>> memory,
      Supplier<List<Blocker>> ports,
      Supplier<Optional<Blocker>> deletions,
      Supplier<List<String>> pools,
      Supplier<List<Blocker>> paths,
      Supplier<List<Blocker>> policies) {}

  /**
   * What was found.
   *
   * @param notServing what keeps the node from serving pods; empty where nothing does
   * @param warnings what is wrong though pods get addresses, for {@code /readyz}
   * @param blockers what is wrong with this node, for Events
   * @param degraded what is wrong with this node, summed up for a condition; empty: nothing
   */
  record Found(
      Optional<String> notServing,
      List<String> warnings,
      Set<Blocker> blockers,
      Optional<Blocker> degraded) {}

  private final Sources sources;

  /** Of the files or the schema, as they were when nothing else was wrong. */
  private Optional<Blocker> last = Optional.empty();

  /** Has collected nothing yet. */
  Blockers(Sources sources) {
    this.sources = sources;
  }

  /** Collects what is wrong now. */
  Found check(ReconcileReport report) {
    Optional<String> notServing =
        sources.cni().get().or(report::notReady).or(() -> notConfigured(report));
    if (notServing.isEmpty()) {
      boolean warm = sources.warm().getAsBoolean();
      last = warm ? sources.files().get().or(sources.schema()) : Optional.empty();
      notServing = warm ? last.map(Blocker::message) : Optional.of("the agent is warming up");
    }
    Optional<Blocker> memory = sources.memory().get();
    List<Blocker> ports = sources.ports().get();
    Optional<Blocker> deletions = sources.deletions().get();
    List<Blocker> paths = sources.paths().get();

    List<String> warnings = new ArrayList<>(sources.pools().get());
    report.noAddresses().ifPresent(warnings::add);
    memory.map(Blocker::message).ifPresent(warnings::add);
    warnings.addAll(failures(report));
    report.calculation().warnings().forEach(warning -> warnings.add(warning.message()));
    ports.forEach(port -> warnings.add(port.message()));
    deletions.map(Blocker::message).ifPresent(warnings::add);
    paths.forEach(path -> warnings.add(path.message()));
    List<Blocker> policies = sources.policies().get();
    policies.forEach(refused -> warnings.add(refused.message()));

    Set<Blocker> blockers = ofThisNode(report);
    blockers.addAll(ports);
    last.or(() -> memory).ifPresent(blockers::add);
    deletions.ifPresent(blockers::add);
    report.failures().stream()
        .filter(failure -> failure.change().kind() == VxlanDevice.KIND)
        .map(Blockers::failed)
        .forEach(blockers::add);
    blockers.addAll(paths);
    Set<Blocker> degraded = new HashSet<>(blockers);
    degraded.addAll(policies);
    report.failures().stream().map(Blockers::failed).forEach(degraded::add);
    return new Found(
        notServing, List.copyOf(warnings), Set.copyOf(blockers), Degradation.of(degraded));
  }

  private static Blocker failed(Dataplane.Failure failure) {
    return new Blocker(BlockState.FAILED.reason(), failure.error().getMessage());
  }

  private static Set<Blocker> ofThisNode(ReconcileReport report) {
    Set<Blocker> blockers = new HashSet<>(report.calculation().warnings());
    Stream.concat(
            report.blocks().stream().map(OwnBlock::blocker),
            report.calculation().peers().stream().map(PeerReport::blocker))
        .flatMap(Optional::stream)
        .filter(blocker -> OF_THIS_NODE.contains(blocker.reason()))
        .forEach(blockers::add);
    return blockers;
  }

  /** Without the device that 5,000 routes lead by, each of them fails with a message of its own. */
  private static List<String> failures(ReconcileReport report) {
    List<String> all =
        report.failures().stream().map(failure -> failure.error().getMessage()).distinct().toList();
    if (all.size() <= FAILURES_SHOWN) {
      return all;
    }
    List<String> shown = new ArrayList<>(all.subList(0, FAILURES_SHOWN));
    shown.add("%,d more changes failed".formatted(all.size() - FAILURES_SHOWN));
    return shown;
  }

  /** A runtime that has no configuration of ours yet gets it once pods get addresses. */
  private Optional<String> notConfigured(ReconcileReport report) {
    return report
        .noAddresses()
        .filter(why -> !sources.configured().getAsBoolean())
        .map(why -> "the runtime's configuration is not written yet: " + why);
  }
}
