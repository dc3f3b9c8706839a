// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent;

import dev.weft.agent.cluster.NodeIdentity;
import dev.weft.agent.cluster.RememberedView;
import dev.weft.agent.cni.Attachments;
import dev.weft.agent.cni.CniMetrics;
import dev.weft.agent.cni.CniNode;
import dev.weft.agent.cni.CniServer;
import dev.weft.agent.cni.CniService;
import dev.weft.agent.cni.PodEvents;
import dev.weft.agent.cni.WarmUp;
import dev.weft.agent.dataplane.Dataplane;
import dev.weft.agent.http.AgentHttp;
import dev.weft.agent.install.InstallException;
import dev.weft.agent.reconcile.ReconcileLoop;
import dev.weft.agent.reconcile.ReconcileMetrics;
import dev.weft.agent.reconcile.ReconcileReport;
import dev.weft.agent.reconcile.ReconcileSchedule;
import dev.weft.agent.reconcile.Reconciler;
import dev.weft.agent.thread.AgentThread;
import dev.weft.core.dataplane.Bridge;
import dev.weft.core.net.IpAddress;
import dev.weft.core.node.BlockUsage;
import dev.weft.core.node.ClusterView;
import dev.weft.core.node.Obstacle;
import dev.weft.core.node.PodName;
import dev.weft.probes.Liveness;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The agent of a node, put together. The kernel is read and the API server is connected to at the
 * same time; CNI is served as soon as the kernel was read. Stopping it leaves everything in the
 * kernel, and the runtime's files, as they are.
 */
final class Agent implements AutoCloseable {
  /** What is remembered of the cluster, in the run folder. */
  static final String BLOCKS = "blocks.json";

  /** The reason of the Event where every thread that deletes links waits for the kernel. */
  static final String DELETIONS_STUCK = "DeletionsStuck";

  /** Where the plugin calls, in the run folder. */
  static final String SOCKET = "cni.sock";

  private static final Logger LOG = LoggerFactory.getLogger(Agent.class);
  private static final Duration MIN_INTERVAL = Duration.ofMillis(300);
  private static final Duration RETRY_INTERVAL = Duration.ofSeconds(2);
  private static final Duration MAX_INTERVAL = Duration.ofSeconds(60);
  private static final Duration WARM_UP = Duration.ofMillis(200);
  private static final int DEFAULT_MTU_BYTES = 1500;
  private static final int ROOT = 0;
  private static final int USAGE_CHECK_MS = 500;
  private static final Duration FIRST_CONNECT_PAUSE = Duration.ofMillis(500);
  private static final Duration LAST_CONNECT_PAUSE = Duration.ofSeconds(15);

  private final AgentOptions options;
  private final Dataplane dataplane;
  private final Runnable rehearsal;
  private final Attachments attachments;
  private final AgentMetrics metrics = new AgentMetrics();
  private final CniMetrics cniMetrics;
  private final DropMetrics dropMetrics;
  private final RememberedView memory;
  private final ClusterView remembered;
  private final Serving serving;
  private final AgentState state;
  private final Liveness liveness;

  /** What a restart mends. */
  private final Liveness restartable;

  /** An ADD or DEL wakes no loop; what it changes of a block's use is looked for beside it. */
  private final StatusReporter statuses;

  private final ScheduledExecutorService executor =
      Executors.newSingleThreadScheduledExecutor(AgentThread.RECONCILE.factory());
  private final ReconcileSchedule schedule;
  private volatile Optional<Cluster> cluster = Optional.empty();
  private volatile String connectTrouble = "not connected yet";
  private final LostBlocks lostBlocks = new LostBlocks(this::tellBlockLost);
  private final ObstacleEvents obstacleEvents =
      new ObstacleEvents(
          (reason, message) -> cluster.ifPresent(c -> c.events().node(reason, message)));
  private Optional<Obstacle> obstacle = Optional.empty();
  private volatile boolean warm;
  private volatile Optional<CniServer> cni = Optional.empty();
  private volatile AgentHttp http;
  private String cniTrouble = "";
  private String metricsTrouble = "";
  private boolean readyTold;
  private Thread connecting;

  /**
   * Does nothing yet.
   *
   * @param rehearsal makes the dataplane's first ADD as fast as any
   */
  Agent(AgentOptions options, Dataplane dataplane, Runnable rehearsal) {
    this.options = options;
    this.attachments = new Attachments(Math.max(1, options.cniWorkers() / 4));
    this.cniMetrics = new CniMetrics(attachments);
    this.rehearsal = rehearsal;
    this.dataplane = dataplane;
    this.dropMetrics = new DropMetrics(dataplane::dropped, System::nanoTime);
    this.memory =
        new RememberedView(
            options.runDir().resolve(BLOCKS),
            NodeIdentity.read(options.nodeName(), options.nodeUid()));
    this.remembered = memory.load();
    this.serving = new Serving(options.runtimeFiles());
    this.state = new AgentState(attachments, this::apiTrouble);
    this.restartable = Liveness.all(List.of(state, this::cniStuck));
    this.liveness = Liveness.all(List.of(restartable, dataplane));
    this.statuses = new StatusReporter(state::report, attachments::usage, this::writeStatuses);
    ReconcileLoop loop =
        new ReconcileLoop(
            new Reconciler(this::view, dataplane, attachments),
            new ReconcileMetrics(metrics.registry()),
            this::reconciled);
    this.schedule =
        ReconcileSchedule.create(
            MIN_INTERVAL,
            RETRY_INTERVAL,
            MAX_INTERVAL,
            executor,
            () -> {
              try {
                return loop.run()
                    && state.notReady().isEmpty()
                    && state.isServing()
                    && memory.trouble().isEmpty();
              } finally {
                state.ran();
              }
            });
  }

  /**
   * Begins to work.
   *
   * @throws IOException if the process may open no more descriptors
   */
  void start() throws IOException {
    http =
        AgentHttp.start(options.nodeName(), options.httpPort(), liveness, state, this::portChanged);
    metrics.portTaken(options.httpPort(), http::probePortTrouble);
    metrics.portTaken(options.metricsPort(), http::metricsPortTrouble);
    connecting = AgentThread.CONNECT.start(this::connect);
    AgentThread.WARM_UP.start(this::warmUp);
    dataplane.onChange(schedule::wake);
    schedule.wake();
    cniMetrics.bindTo(metrics.registry());
    dropMetrics.bindTo(metrics.registry());
    metrics.states(state::notReady, this::apiTrouble, memory::trouble);
    metrics.gauge(
        "weft.cni.waiting.adds",
        "ADDs that wait until the node, which has just started, is ready",
        () -> cni.map(CniServer::waitingAdds).orElse(0));
  }

  /**
   * Whether it can go on without a restart. {@code /healthz} tells more: deletions that are stuck
   * in the kernel too, though no restart mends them. A thread in there cannot be ended and keeps
   * the lock of the process, so that no other agent could start, while this one still serves ADDs.
   */
  Liveness restartable() {
    return restartable;
  }

  @Override
  public void close() {
    LOG.info("stopping; running pods and the runtime's files stay as they are");
    cni.ifPresent(CniServer::close);
    schedule.close();
    executor.shutdownNow();
    if (http != null) {
      http.close();
    }
    if (connecting != null) {
      connecting.interrupt();
    }
    cluster.ifPresent(Cluster::close);
  }

  /** Until there is a client: a kubeconfig may come, or be mended, after the agent's start. */
  private void connect() throws InterruptedException {
    Duration pause = FIRST_CONNECT_PAUSE;
    while (cluster.isEmpty()) {
      if (!tryConnect()) {
        Thread.sleep(pause.toMillis());
        Duration twice = pause.multipliedBy(2);
        pause = twice.compareTo(LAST_CONNECT_PAUSE) > 0 ? LAST_CONNECT_PAUSE : twice;
      }
    }
    metrics.gauge(
        "weft.agent.events.dropped",
        "Events that were dropped because too many waited",
        () -> cluster.map(c -> c.events().dropped()).orElse(0L));
    schedule.wake();
  }

  private boolean tryConnect() {
    try {
      Cluster connected = Cluster.connect(options, remembered, schedule::wake);
      connected
          .writer()
          .scheduleWithFixedDelay(
              AgentThread.STATUSES.guarded(statuses::reportUsage),
              USAGE_CHECK_MS,
              USAGE_CHECK_MS,
              TimeUnit.MILLISECONDS);
      cluster = Optional.of(connected);
      return true;
    } catch (RuntimeException e) {
      String trouble = "no client can be made: " + words(e);
      if (!trouble.equals(connectTrouble)) {
        LOG.error("API server: {}; is the kubeconfig right? Trying again", trouble);
      }
      connectTrouble = trouble;
      return false;
    }
  }

  /** A client's own words say little: those of its cause name the file. */
  private static String words(Throwable error) {
    return error.getCause() == null
        ? String.valueOf(error.getMessage())
        : error.getMessage() + ": " + error.getCause();
  }

  /** One that fails makes the first ADDs slow, and nothing else. */
  private void warmUp() {
    try {
      rehearsal.run();
      WarmUp.run(WARM_UP);
    } catch (RuntimeException | Error e) {
      AgentThread.WARM_UP.failed(e);
    } finally {
      warm = true;
      schedule.wake();
    }
  }

  private ClusterView view() {
    return cluster.map(c -> c.watch().view()).orElse(remembered);
  }

  private Optional<String> apiTrouble() {
    return cluster.isEmpty() ? Optional.of(connectTrouble) : cluster.get().watch().trouble();
  }

  private void reconciled(ReconcileReport report) {
    state.reconciled(report);
    metrics.reconciled(report);
    cniMetrics.blocksChanged();
    memory.save(report.view());
    lostBlocks.check(report.blocks(), attachments.all());
    statuses.report();
    serveMetrics(report.view().nodeAddresses());
    serve(report);
    if (cluster.isPresent()) {
      List<Obstacle> others = http.obstacles();
      obstacle.or(this::notRemembered).ifPresent(others::add);
      dataplane.stuck().ifPresent(why -> others.add(new Obstacle(DELETIONS_STUCK, why)));
      obstacleEvents.check(report, others);
    }
  }

  private void writeStatuses(ReconcileReport report, List<BlockUsage> usage) {
    cluster.ifPresent(
        c -> c.statuses().report(StatusReports.of(report, usage), StatusReports.nodes(report)));
  }

  private void serve(ReconcileReport report) {
    Optional<String> problem = cni.isPresent() ? Optional.empty() : startCni();
    problem = problem.or(report::notReady).or(() -> notWritten(report));
    if (problem.isEmpty()) {
      obstacle = warm ? serving.check().or(this::olderSchema) : Optional.empty();
      problem = warm ? obstacle.map(Obstacle::message) : Optional.of("the agent is warming up");
    }
    state.notServing(problem);
    List<String> warnings =
        new ArrayList<>(cluster.map(c -> c.watch().poolTroubles()).orElse(List.of()));
    report.noAddresses().ifPresent(warnings::add);
    memory.trouble().ifPresent(warnings::add);
    report.failures().forEach(failure -> warnings.add(failure.error().getMessage()));
    report.calculation().doubts().forEach(doubt -> warnings.add(doubt.message()));
    http.obstacles().forEach(taken -> warnings.add(taken.message()));
    dataplane.stuck().ifPresent(warnings::add);
    state.warnings(warnings);
    if (problem.isEmpty() && !readyTold) {
      readyTold = true;
      LOG.info("ready {} ms after the process began", ProcessAge.millis());
    }
  }

  /** A runtime that has no configuration of ours yet gets it once pods get addresses. */
  private Optional<String> notWritten(ReconcileReport report) {
    return report
        .noAddresses()
        .filter(why -> !serving.isInstalled())
        .map(why -> "the runtime's configuration is not written yet: " + why);
  }

  private Optional<Obstacle> notRemembered() {
    return memory.trouble().map(words -> new Obstacle(InstallException.FILE_REFUSED, words));
  }

  private Optional<Obstacle> olderSchema() {
    return cluster
        .flatMap(c -> c.schema().trouble())
        .map(words -> new Obstacle(Obstacle.OLDER_SCHEMA, words));
  }

  /** A port's trouble may be told before {@link #start} has the server. */
  private void portChanged() {
    if (http != null) {
      schedule.wake();
    }
  }

  private Optional<String> cniStuck() {
    return cni.flatMap(CniServer::stuck);
  }

  private Optional<String> startCni() {
    CniNode node = new CniNode(attachments, dataplane, state, this::mtuBytes);
    PodEvents events =
        (pod, uid, reason, message) ->
            cluster.ifPresent(c -> c.events().addFailed(pod, uid, reason, message));
    try {
      cni =
          Optional.of(
              CniServer.start(
                  options.runDir().resolve(SOCKET),
                  options.cniWorkers(),
                  new CniService(node, events, cniMetrics),
                  ROOT));
      return Optional.empty();
    } catch (IOException e) {
      if (!e.getMessage().equals(cniTrouble)) {
        LOG.error("{}; trying again", e.getMessage());
      }
      cniTrouble = e.getMessage();
      return Optional.of(cniTrouble);
    }
  }

  private int mtuBytes() {
    return state
        .report()
        .flatMap(report -> report.calculation().desired().bridge())
        .map(Bridge::mtuBytes)
        .orElse(DEFAULT_MTU_BYTES);
  }

  private void serveMetrics(List<IpAddress> nodeAddresses) {
    if (http.hasMetrics() || nodeAddresses.isEmpty()) {
      return;
    }
    IpAddress address = nodeAddresses.get(0);
    try {
      http.startMetrics(
          InetAddress.getByAddress(address.bytes()),
          options.metricsPort(),
          metrics.registry()::scrape);
    } catch (IOException e) {
      String trouble =
          "serve metrics on %s port %d: %s".formatted(address, options.metricsPort(), e);
      if (!trouble.equals(metricsTrouble)) {
        LOG.error("{}; trying again", trouble);
      }
      metricsTrouble = trouble;
    }
  }

  private void tellBlockLost(PodName pod, String why) {
    LOG.warn("pod {}: {}; it keeps its address", pod, why);
    cluster.ifPresent(c -> c.events().blockLost(pod, why));
  }
}
