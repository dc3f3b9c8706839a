// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent;

import dev.weft.agent.cluster.BlockStatus;
import dev.weft.agent.cluster.PolicyInformers;
import dev.weft.agent.cni.PodEvents;
import dev.weft.agent.policy.PolicyEvents;
import dev.weft.agent.reconcile.ClusterSource;
import dev.weft.agent.thread.AgentThread;
import dev.weft.core.node.Blocker;
import dev.weft.core.node.ClusterView;
import dev.weft.core.node.OwnBlock;
import dev.weft.core.node.Peer;
import dev.weft.core.node.PodName;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Connects to the API server in the background, with back-off, until there is a client: a
 * kubeconfig may be written or corrected after the agent's start. Before that the remembered view
 * holds, and Events and statuses are dropped. Thread-safe, but for {@link #start} and {@link
 * #close}.
 */
final class ApiConnector implements PodEvents, ClusterSource, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ApiConnector.class);
  private static final Duration LAST_PAUSE = Duration.ofSeconds(15);

  private final Supplier<Cluster> connect;
  private final ClusterView remembered;
  private final Duration firstPause;
  private Thread thread;

  /** Set once by the connecting thread, read by every other. */
  private volatile Optional<Cluster> cluster = Optional.empty();

  /** Set by the connecting thread, read by the loop, probes and metrics. */
  private volatile String trouble = "not connected yet";

  /**
   * Not connected.
   *
   * @param connect makes the client; throws where that is not possible yet
   * @param remembered the view until there is a client
   * @param firstPause after the first failure; it doubles, to 15 s at most
   */
  ApiConnector(Supplier<Cluster> connect, ClusterView remembered, Duration firstPause) {
    this.connect = connect;
    this.remembered = remembered;
    this.firstPause = firstPause;
  }

  /**
   * Begins to connect.
   *
   * @param onConnected called once, on the connecting thread
   */
  void start(Consumer<Cluster> onConnected) {
    thread =
        AgentThread.CONNECT.start(
            () -> {
              connect();
              cluster.ifPresent(onConnected);
            });
  }

  void bindTo(MeterRegistry registry) {
    FunctionCounter.builder("weft.agent.events.dropped", this, ApiConnector::eventsDropped)
        .description("Events that were dropped because too many were queued")
        .register(registry);
  }

  @Override
  public ClusterView view() {
    return cluster.map(c -> c.watch().view()).orElse(remembered);
  }

  @Override
  public List<Peer> movedPeers() {
    return cluster.map(c -> c.watch().movedPeers()).orElse(List.of());
  }

  /** What is wrong with the connection; empty where nothing is. */
  Optional<String> trouble() {
    Optional<Cluster> connected = cluster;
    return connected.isEmpty()
        ? Optional.of(trouble)
        : connected
            .get()
            .watch()
            .trouble()
            .or(() -> connected.get().policies().flatMap(PolicyInformers::trouble));
  }

  /** Whether Events can be written: what happens before is reported once there is a client. */
  boolean hasClient() {
    return cluster.isPresent();
  }

  /** Which pools are not allocatable though they should be, and why. */
  List<String> poolTroubles() {
    return cluster.map(c -> c.watch().poolTroubles()).orElse(List.of());
  }

  /** Why the CRDs are too old for this agent; empty where they are not, or are not known. */
  Optional<Blocker> schemaOutdated() {
    return cluster
        .flatMap(c -> c.schema().trouble())
        .map(message -> new Blocker(Blocker.SCHEMA_OUTDATED, message));
  }

  /** Writes the status of this node's allocations. Does not block. */
  void reportStatuses(List<BlockStatus> statuses, int nodes) {
    cluster.ifPresent(c -> c.statuses().report(statuses, nodes));
  }

  /** Claims blocks whose allocations were lost. Does not block. */
  void claim(String nodeUid, List<OwnBlock> lost) {
    cluster.ifPresent(c -> c.claims().report(nodeUid, lost));
  }

  /** Writes a warning Event on this node. Does not block. */
  void nodeEvent(String reason, String message) {
    cluster.ifPresent(c -> c.events().node(reason, message));
  }

  /** Where Events about policies go. */
  PolicyEvents policyEvents() {
    return new PolicyEvents() {
      @Override
      public void pod(PodName pod, String uid, String reason, String message) {
        addFailed(pod, uid, reason, message);
      }

      @Override
      public void node(String reason, String message) {
        nodeEvent(reason, message);
      }
    };
  }

  @Override
  public void addFailed(PodName pod, String uid, String reason, String message) {
    cluster.ifPresent(c -> c.events().addFailed(pod, uid, reason, message));
  }

  /** Logs, and writes as an Event on the pod, that the pod's block is not this node's any more. */
  void blockLost(PodName pod, String why) {
    LOG.warn("pod {}: {}; it keeps its address", pod, why);
    cluster.ifPresent(c -> c.events().blockLost(pod, why));
  }

  @Override
  public void close() {
    if (thread != null) {
      thread.interrupt();
    }
    cluster.ifPresent(Cluster::close);
  }

  private void connect() throws InterruptedException {
    Duration pause = firstPause;
    while (cluster.isEmpty() && !tryConnect()) {
      Thread.sleep(pause.toMillis());
      Duration twice = pause.multipliedBy(2);
      pause = twice.compareTo(LAST_PAUSE) > 0 ? LAST_PAUSE : twice;
    }
  }

  private boolean tryConnect() {
    try {
      cluster = Optional.of(connect.get());
      return true;
    } catch (RuntimeException e) {
      String now = "no client can be made: " + message(e);
      if (!now.equals(trouble)) {
        LOG.error("API server: {}; trying again", now);
      }
      trouble = now;
      return false;
    }
  }

  /** In one line. The client's own message may name no file: its cause's does. */
  private static String message(RuntimeException error) {
    String text =
        error instanceof IllegalArgumentException || error.getCause() == null
            ? String.valueOf(error.getMessage())
            : error.getMessage() + ": " + error.getCause();
    return text.lines().map(String::strip).collect(Collectors.joining(" "));
  }

  private double eventsDropped() {
    return cluster.map(c -> c.events().dropped()).orElse(0L);
  }
}
