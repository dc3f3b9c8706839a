// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent;

import dev.weft.agent.cni.AddressRow;
import dev.weft.agent.cni.Attachments;
import dev.weft.agent.cni.Readiness;
import dev.weft.agent.http.AgentHttp;
import dev.weft.agent.http.Probe;
import dev.weft.agent.policy.PolicyItem;
import dev.weft.agent.policy.PolicyLoop;
import dev.weft.agent.policy.PolicyRow;
import dev.weft.agent.reconcile.ReconcileReport;
import dev.weft.core.dataplane.Bridge;
import dev.weft.core.node.Blocker;
import dev.weft.core.node.OwnBlock;
import dev.weft.core.node.PeerReport;
import dev.weft.core.node.PodName;
import dev.weft.probes.Liveness;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The state of the agent, as its probes and CNI's STATUS report it. Thread-safe. */
final class AgentState implements AgentHttp.Source, Readiness, Liveness {
  /** A loop that has not ended a run for so long is stuck. */
  private static final Duration STUCK = Duration.ofMinutes(3);

  /** How long after the start an ADD waits; later it fails at once where the node cannot serve. */
  private static final Duration STARTUP = Duration.ofSeconds(10);

  private static final Logger LOG = LoggerFactory.getLogger(AgentState.class);
  private static final int DEFAULT_MTU_BYTES = 1500;

  private final long startNanos;
  private final CountDownLatch firstReady = new CountDownLatch(1);
  private final Attachments attachments;
  private final Supplier<Optional<String>> apiTrouble;
  private final Function<PeerReport, String> reached;
  private final Optional<PolicyLoop> policies;
  private volatile long lastRunNanos = System.nanoTime();
  private volatile Optional<ReconcileReport> report = Optional.empty();
  private volatile Optional<String> notServing =
      Optional.of("the node's network has not been read yet");
  private volatile List<String> warnings = List.of();
  private volatile Optional<Blocker> degraded = Optional.empty();

  /** Of the reconcile loop alone. */
  private boolean readyLogged;

  /**
   * A state that is not ready yet.
   *
   * @param apiTrouble what is wrong with the connection to the API server
   * @param reached what a probe of the path to a block of another node found
   * @param policies what policies have on this node; empty where there is nothing of them
   */
  AgentState(
      Attachments attachments,
      Supplier<Optional<String>> apiTrouble,
      Function<PeerReport, String> reached,
      Optional<PolicyLoop> policies) {
    this(attachments, apiTrouble, reached, policies, System.nanoTime());
  }

  /**
   * A state that is not ready yet.
   *
   * @param apiTrouble what is wrong with the connection to the API server
   * @param reached what a probe of the path to a block of another node found
   * @param policies what policies have on this node; empty where there is nothing of them
   * @param startNanos when the agent started, by {@link System#nanoTime()}
   */
  AgentState(
      Attachments attachments,
      Supplier<Optional<String>> apiTrouble,
      Function<PeerReport, String> reached,
      Optional<PolicyLoop> policies,
      long startNanos) {
    this.startNanos = startNanos;
    this.attachments = attachments;
    this.apiTrouble = apiTrouble;
    this.reached = reached;
    this.policies = policies;
  }

  /** Notes that the loop ended a run, failed or not. */
  void ran() {
    lastRunNanos = System.nanoTime();
  }

  void reconciled(ReconcileReport newReport) {
    report = Optional.of(newReport);
    if (notReady().isEmpty()) {
      firstReady.countDown();
    }
  }

  /** Takes what is wrong after a run of the loop. */
  void found(Blockers.Found found) {
    notServing = found.notServing();
    warnings = found.warnings();
    degraded = found.degraded();
    if (notServing.isEmpty() && !readyLogged) {
      readyLogged = true;
      LOG.info("ready {} ms after the process began", ProcessAge.millis());
    }
  }

  /** Whether nothing keeps it from serving beside what the loop reports. */
  boolean isServing() {
    return notServing.isEmpty();
  }

  /** What is wrong with this node, summed up; empty: nothing. */
  Optional<Blocker> degraded() {
    return degraded;
  }

  Optional<ReconcileReport> report() {
    return report;
  }

  /** The MTU of a new pod's interface: the bridge's. */
  int mtuBytes() {
    return report
        .flatMap(last -> last.calculation().desired().only(Bridge.KIND))
        .map(Bridge::mtuBytes)
        .orElse(DEFAULT_MTU_BYTES);
  }

  @Override
  public Optional<String> notReady() {
    return report
        .map(ReconcileReport::notReady)
        .orElse(Optional.of("the node's network has not been read yet"))
        .or(() -> policies.flatMap(PolicyLoop::notReady));
  }

  @Override
  public boolean starting() {
    return firstReady.getCount() > 0 && startupLeftNanos() > 0;
  }

  @Override
  public void awaitReady() throws InterruptedException {
    firstReady.await(startupLeftNanos(), TimeUnit.NANOSECONDS);
  }

  private long startupLeftNanos() {
    return startNanos + STARTUP.toNanos() - System.nanoTime();
  }

  @Override
  public Optional<String> stuck() {
    return System.nanoTime() - lastRunNanos < STUCK.toNanos()
        ? Optional.empty()
        : Optional.of("the reconcile loop is stuck");
  }

  @Override
  public Probe ready() {
    List<String> lines = new ArrayList<>();
    notReady().ifPresent(lines::add);
    notServing.filter(why -> !lines.contains(why)).ifPresent(lines::add);
    boolean ready = lines.isEmpty();
    apiTrouble.get().ifPresent(trouble -> lines.add("API server: " + trouble));
    lines.addAll(warnings);
    return new Probe(ready, lines);
  }

  @Override
  public Collection<AddressRow> addresses() {
    return attachments.addresses();
  }

  @Override
  public Collection<OwnBlock> blocks() {
    return report.map(ReconcileReport::blocks).orElse(List.of());
  }

  @Override
  public Collection<PeerReport> peers() {
    return report.map(r -> r.calculation().peers()).orElse(List.of());
  }

  @Override
  public String reached(PeerReport peer) {
    return reached.apply(peer);
  }

  @Override
  public Optional<List<PolicyRow>> policyRows(PodName pod) {
    return policies.flatMap(loop -> loop.rows(pod));
  }

  @Override
  public List<PolicyItem> policyItems() {
    return policies.map(PolicyLoop::items).orElse(List.of());
  }
}
