// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent;

import dev.weft.agent.cluster.NodeIdentity;
import dev.weft.agent.cluster.PolicyFeed;
import dev.weft.agent.cluster.RememberedView;
import dev.weft.agent.cni.AddressGate;
import dev.weft.agent.cni.Attachments;
import dev.weft.agent.cni.CniMetrics;
import dev.weft.agent.cni.CniNode;
import dev.weft.agent.cni.CniServer;
import dev.weft.agent.cni.CniService;
import dev.weft.agent.dataplane.Dataplane;
import dev.weft.agent.dataplane.policy.PolicyDataplane;
import dev.weft.agent.http.AgentHttp;
import dev.weft.agent.install.InstallException;
import dev.weft.agent.path.PathProbes;
import dev.weft.agent.policy.PolicyLoop;
import dev.weft.agent.reconcile.DrainedBlocks;
import dev.weft.agent.reconcile.ReconcileLoop;
import dev.weft.agent.reconcile.ReconcileMetrics;
import dev.weft.agent.reconcile.ReconcileReport;
import dev.weft.agent.reconcile.ReconcileSchedule;
import dev.weft.agent.reconcile.Reconciler;
import dev.weft.agent.thread.AgentThread;
import dev.weft.core.node.Blocker;
import dev.weft.core.node.ClusterView;
import dev.weft.probes.Liveness;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The agent of a node: wires its parts, and starts and stops them. The kernel is read and the API
 * server is connected to at the same time; CNI is served as soon as the kernel was read. A stop
 * leaves everything in the kernel, and the runtime's files, as they are.
 */
final class Agent implements AutoCloseable {
  /** What is remembered of the cluster, in the run directory. */
  static final String BLOCKS = "blocks.json";

  /** Where the plugin connects to, in the run directory. */
  static final String SOCKET = "cni.sock";

  private static final Logger LOG = LoggerFactory.getLogger(Agent.class);
  private static final Duration MIN_INTERVAL = Duration.ofMillis(50);
  private static final Duration BUSY_INTERVAL = Duration.ofMillis(300);
  private static final Duration RETRY_INTERVAL = Duration.ofSeconds(2);
  private static final Duration MAX_INTERVAL = Duration.ofSeconds(60);
  private static final Duration FIRST_CONNECT_PAUSE = Duration.ofMillis(500);
  private static final int ROOT = 0;

  private final AgentOptions options;
  private final Dataplane dataplane;
  private final Attachments attachments;
  private final AgentMetrics metrics = new AgentMetrics();
  private final CniMetrics cniMetrics;
  private final DropMetrics dropMetrics;
  private final RememberedView memory;
  private final ApiConnector api;
  private final PathProbes paths;
  private final AgentState state;
  private final CniServing cni;
  private final Liveness restartable;
  private final AgentHttp http;
  private final MetricsServing metricsServing;
  private final RuntimeFilesSync files;
  private final WarmUpRun warmUp;
  private final StatusReporter statuses;
  private final DrainedBlocks drained = new DrainedBlocks();
  private final LostBlocks lostBlocks;
  private final Blockers blockers;
  private final BlockerEvents blockerEvents;
  private final Optional<PolicyLoop> policies;
  private final ScheduledExecutorService executor =
      Executors.newSingleThreadScheduledExecutor(AgentThread.RECONCILE.factory());
  private final ReconcileSchedule schedule;

  /**
   * An agent that has not started.
   *
   * @param rehearsal makes the dataplane's first ADD as fast as any
   */
  Agent(AgentOptions options, Dataplane dataplane, Runnable rehearsal) {
    this(options, dataplane, Optional.empty(), rehearsal, attachments(options));
  }

  /**
   * An agent that has not started.
   *
   * @param policies the kernel's enforcement of network policies
   * @param rehearsal makes the dataplane's first ADD as fast as any
   */
  Agent(AgentOptions options, Dataplane dataplane, PolicyDataplane policies, Runnable rehearsal) {
    this(options, dataplane, Optional.of(policies), rehearsal, attachments(options));
  }

  private static Attachments attachments(AgentOptions options) {
    return new Attachments(Math.max(1, options.cniWorkers() / 4));
  }

  /**
   * An agent that has not started.
   *
   * @param attachments none yet
   */
  Agent(AgentOptions options, Dataplane dataplane, Runnable rehearsal, Attachments attachments) {
    this(options, dataplane, Optional.empty(), rehearsal, attachments);
  }

  private Agent(
      AgentOptions options,
      Dataplane dataplane,
      Optional<PolicyDataplane> policyDataplane,
      Runnable rehearsal,
      Attachments attachments) {
    this.options = options;
    this.dataplane = dataplane;
    this.attachments = attachments;
    cniMetrics = new CniMetrics(attachments);
    dropMetrics = new DropMetrics(dataplane::dropped, System::nanoTime);
    memory =
        new RememberedView(
            options.runDir().resolve(BLOCKS),
            NodeIdentity.read(options.nodeName(), options.nodeUid()));
    ClusterView remembered = memory.load();
    api =
        new ApiConnector(
            () -> Cluster.connect(options, remembered, policyFeed(), this::wake),
            remembered,
            FIRST_CONNECT_PAUSE);
    paths = PathProbes.create(metrics.registry(), options.tunnels().port(), this::wake);
    policies = policyDataplane.map(this::policyLoop);
    state = new AgentState(attachments, api::trouble, paths::reached, policies);
    cni = new CniServing(this::listenForCni);
    restartable = Liveness.all(List.of(state, cni));
    http =
        new AgentHttp(
            options.nodeName(),
            options.httpPort(),
            Liveness.all(List.of(restartable, dataplane)),
            state,
            this::wake);
    metricsServing =
        new MetricsServing(
            options.metricsPort(),
            address ->
                http.startMetrics(address, options.metricsPort(), metrics.registry()::scrape));
    files = new RuntimeFilesSync(options.runtimeFiles());
    warmUp = new WarmUpRun(rehearsal, this::wake);
    statuses =
        new StatusReporter(
            state::report,
            attachments::usage,
            (report, usage) ->
                api.reportStatuses(
                    StatusReports.of(report, usage, attachments.all(), drained, state.degraded()),
                    StatusReports.nodes(report)));
    lostBlocks = new LostBlocks(api::blockLost);
    blockers = new Blockers(sources());
    blockerEvents = new BlockerEvents(api::nodeEvent);
    ReconcileLoop loop =
        new ReconcileLoop(
            new Reconciler(api, dataplane, attachments, options.tunnels()),
            new ReconcileMetrics(metrics.registry()),
            this::reconciled);
    schedule =
        ReconcileSchedule.create(
            MIN_INTERVAL,
            BUSY_INTERVAL,
            RETRY_INTERVAL,
            MAX_INTERVAL,
            executor,
            () -> reconcile(loop));
  }

  /**
   * Starts its parts.
   *
   * @throws IOException if the process may open no more descriptors
   */
  void start() throws IOException {
    http.start();
    policies.ifPresent(
        loop -> {
          loop.onListed(this::wake);
          loop.start();
        });
    api.start(
        cluster -> {
          cluster.checkUsage(this::checkUsage);
          policies.ifPresent(loop -> cluster.policies().ifPresent(loop::connectedTo));
          wake();
        });
    warmUp.start();
    paths.start();
    dataplane.onChange(this::wake);
    wake();
    metrics.portTaken(options.httpPort(), http::probePortTrouble);
    metrics.portTaken(options.metricsPort(), http::metricsPortTrouble);
    metrics.states(state::notReady, api::trouble, memory::trouble);
    metrics.degraded(() -> state.degraded().isPresent());
    cniMetrics.bindTo(metrics.registry());
    dropMetrics.bindTo(metrics.registry());
    api.bindTo(metrics.registry());
    cni.bindTo(metrics.registry());
  }

  /**
   * Whether it can go on without a restart. {@code /healthz} reports more: deletions that are stuck
   * in the kernel too, though no restart helps there. A thread in there cannot be ended and keeps
   * the lock of the process, so that no other agent could start, while this one still serves ADDs.
   */
  Liveness restartable() {
    return restartable;
  }

  @Override
  public void close() {
    LOG.info("stopping; running pods and the runtime's files stay as they are");
    cni.close();
    schedule.close();
    executor.shutdownNow();
    policies.ifPresent(PolicyLoop::close);
    paths.close();
    http.close();
    api.close();
  }

  private void wake() {
    schedule.wake();
  }

  private void checkUsage() {
    statuses.reportUsage();
    wakeWhereDrained();
  }

  /** A block that drains and is empty is given back once a run of the loop has found it so. */
  private void wakeWhereDrained() {
    if (drained.isRunDue(attachments.usage())) {
      wake();
    }
  }

  private boolean reconcile(ReconcileLoop loop) {
    try {
      return loop.run()
          && state.notReady().isEmpty()
          && state.isServing()
          && memory.trouble().isEmpty();
    } finally {
      state.ran();
    }
  }

  /** Passes on what a run of the loop found: first what is served, then what is reported. */
  private void reconciled(ReconcileReport report) {
    state.reconciled(report);
    metrics.reconciled(report);
    cniMetrics.blocksChanged();
    memory.save(report.view());
    drained.reconciled(report, memory.trouble().isEmpty(), attachments.usage());
    lostBlocks.check(report.blocks(), attachments.all());
    api.claim(report.view().nodeUid(), LostAllocations.of(report, attachments.usage()));
    metricsServing.serve(report.view().nodeAddresses());
    paths.reconciled(report);
    policies.ifPresent(loop -> loop.reconciled(report.view()));
    Blockers.Found found = blockers.check(report);
    state.found(found);
    statuses.report();
    wakeWhereDrained();
    if (api.hasClient()) {
      blockerEvents.check(found.blockers());
    }
  }

  private Blockers.Sources sources() {
    return new Blockers.Sources(
        cni::serve,
        warmUp::isDone,
        files::isInstalled,
        files::check,
        api::schemaOutdated,
        () -> memory.trouble().map(why -> new Blocker(InstallException.FILE_WRITE_FAILED, why)),
        http::blockers,
        () -> dataplane.stuck().map(why -> new Blocker(Blockers.DELETIONS_STUCK, why)),
        api::poolTroubles,
        paths::blockers,
        () -> policies.map(PolicyLoop::blockers).orElse(List.of()));
  }

  private PolicyLoop policyLoop(PolicyDataplane kernel) {
    return new PolicyLoop(
        options.policyMode(),
        kernel,
        attachments,
        options.runDir(),
        options.nodeName(),
        api.policyEvents(),
        metrics.registry(),
        PolicyLoop.IPVS_LINK,
        System::nanoTime);
  }

  private Optional<PolicyFeed> policyFeed() {
    return policies.flatMap(PolicyLoop::feed);
  }

  private CniServer listenForCni() throws IOException {
    AddressGate gate = policies.<AddressGate>map(loop -> loop).orElse(AddressGate.OPEN);
    CniNode node = new CniNode(attachments, dataplane, state, state::mtuBytes, gate);
    return CniServer.start(
        options.runDir().resolve(SOCKET),
        options.cniWorkers(),
        new CniService(node, api, cniMetrics),
        ROOT);
  }
}
