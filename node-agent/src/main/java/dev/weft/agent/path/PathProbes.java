// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.path;

import dev.weft.agent.path.PathResult.Outcome;
import dev.weft.agent.path.ProbedPath.Ends;
import dev.weft.agent.path.ProbedPath.Id;
import dev.weft.agent.reconcile.ReconcileReport;
import dev.weft.agent.thread.AgentThread;
import dev.weft.core.node.Blocker;
import dev.weft.core.node.PeerReport;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Probes the paths to other nodes by datagrams from gateway address to gateway address, to a few
 * nodes a minute: first those that were not probed on their present path, in random order, then the
 * ones probed longest ago. A path is reached where the other node answers. Where it does not,
 * {@link #ATTEMPTS} times, the same is sent between the nodes' own addresses: an answer to that
 * shows that the path drops what is from or to pods' addresses, or what is in a tunnel. Nothing
 * depends on a result but what is reported. Between the ends of a tunnel a datagram as long as the
 * link takes follows, by which the kernel learns what the path passes. Thread-safe.
 */
public final class PathProbes implements AutoCloseable {
  /** How many nodes are probed at a time, and how many more of those that did not answer. */
  static final int NODES = 3;

  /** How often a path is silent before that counts. */
  static final int ATTEMPTS = 3;

  private static final Logger LOG = LoggerFactory.getLogger(PathProbes.class);
  private static final int NAMES = 3;

  /**
   * How often is probed.
   *
   * @param interval between the probes of a few nodes and of the next ones, give or take a quarter
   * @param pause before a silent path is probed again; more than the second in which a kernel sends
   *     one ICMP error to an address
   */
  record Timing(Duration interval, Duration pause) {
    static final Timing DEFAULT = new Timing(Duration.ofSeconds(60), Duration.ofSeconds(5));
  }

  private static final Duration ANSWER_TIME = Duration.ofSeconds(1);

  private final Datagrams datagrams;
  private final Timing timing;
  private final MeterRegistry registry;
  private final int tunnelPort;
  private final Runnable changed;

  /** Of paths as they are: a change of its path ends a result. */
  private final Map<Id, PathResult> results = new LinkedHashMap<>();

  private final CountDownLatch firstPath = new CountDownLatch(1);
  private volatile Optional<ReconcileReport> report = Optional.empty();
  private volatile Optional<Thread> thread = Optional.empty();

  PathProbes(
      Datagrams datagrams,
      Timing timing,
      MeterRegistry registry,
      int tunnelPort,
      Runnable changed) {
    this.datagrams = datagrams;
    this.timing = timing;
    this.registry = registry;
    this.tunnelPort = tunnelPort;
    this.changed = changed;
  }

  /**
   * Probes that have not started.
   *
   * @param tunnelPort the UDP port that tunnels end at, for messages
   * @param changed called when {@link #blockers} has changed by a probe
   */
  public static PathProbes create(MeterRegistry registry, int tunnelPort, Runnable changed) {
    return new PathProbes(
        new UdpDatagrams(ANSWER_TIME), Timing.DEFAULT, registry, tunnelPort, changed);
  }

  /** Begins to probe, once a reconcile reports a path. */
  public void start() {
    thread = Optional.of(AgentThread.PATHS.start(this::work));
  }

  @Override
  public void close() {
    thread.ifPresent(Thread::interrupt);
  }

  /** Takes the paths as they are after a reconcile, and forgets the results of others. */
  public void reconciled(ReconcileReport newReport) {
    report = Optional.of(newReport);
    forgetFormerPaths();
    if (firstPath.getCount() > 0 && ProbedPath.ids(newReport).findAny().isPresent()) {
      firstPath.countDown();
    }
  }

  /** What a probe of the path to a block of another node found; empty where there was none. */
  public String reached(PeerReport peer) {
    PathResult result;
    synchronized (results) {
      result = results.get(Id.of(peer));
    }
    return result == null || result.path().kind() != peer.path()
        ? ""
        : result.text(System.nanoTime());
  }

  /**
   * Which paths are blocked: one for each kind of path, that names a few nodes and not how many, so
   * that it is the same while more of them are found.
   */
  public List<Blocker> blockers() {
    List<Blocker> blockers = new ArrayList<>();
    for (PeerReport.Path kind : List.of(PeerReport.Path.DIRECT, PeerReport.Path.VXLAN)) {
      List<String> nodes = blockedNodes(kind);
      if (!nodes.isEmpty()) {
        String message =
            (kind == PeerReport.Path.DIRECT
                    ? "packets between pods' addresses do not pass between this node and %s, and"
                        + " those between the nodes' own addresses do; "
                    : "no packet passes through the tunnel between this node and %s, and those"
                        + " between the nodes' own addresses do; ")
                + remedy(kind);
        blockers.add(new Blocker(PathResult.reason(kind), message.formatted(names(nodes))));
      }
    }
    return blockers;
  }

  private List<String> blockedNodes(PeerReport.Path kind) {
    synchronized (results) {
      return results.values().stream()
          .filter(result -> result.outcome() == Outcome.BLOCKED && result.path().kind() == kind)
          .map(result -> result.path().id().node())
          .distinct()
          .limit(NAMES + 1)
          .toList();
    }
  }

  private static String names(List<String> nodes) {
    String names = nodes.stream().limit(NAMES).collect(Collectors.joining(", "));
    return nodes.size() > NAMES ? names + " and others (/v1/peers lists all)" : names;
  }

  private String remedy(PeerReport.Path kind) {
    return kind == PeerReport.Path.DIRECT
        ? "set spec.routing: VXLAN of the IPPools, or make the network between the nodes, and their"
            + " firewalls, pass pods' addresses"
        : "open UDP port %d between the nodes".formatted(tunnelPort);
  }

  private void work() throws InterruptedException {
    firstPath.await();
    Thread.sleep(timing.pause().toMillis());
    while (true) {
      probeNext();
      double spread = 0.75 + ThreadLocalRandom.current().nextDouble() / 2;
      Thread.sleep((long) (timing.interval().toMillis() * spread));
    }
  }

  /** Probes the paths to the next few nodes. */
  void probeNext() throws InterruptedException {
    List<Blocker> before = blockers();
    List<ProbedPath> silent = next();
    for (int attempt = 1; attempt < ATTEMPTS && !silent.isEmpty(); attempt++) {
      silent = silent.stream().filter(path -> !isReached(path)).toList();
      if (!silent.isEmpty()) {
        Thread.sleep(timing.pause().toMillis());
      }
    }
    silent.forEach(this::conclude);
    forgetFormerPaths();
    if (!blockers().equals(before)) {
      changed.run();
    }
  }

  /** The paths to the nodes that are due, and to a few of those that did not answer. */
  private List<ProbedPath> next() {
    if (report.isEmpty()) {
      return List.of();
    }
    ReconcileReport last = report.get();
    Map<String, Long> ages = new HashMap<>();
    Set<String> silent = new HashSet<>();
    long now = System.nanoTime();
    synchronized (results) {
      ProbedPath.ids(last)
          .forEach(
              id -> {
                PathResult result = results.get(id);
                long age = result == null ? Long.MAX_VALUE : now - result.atNanos();
                ages.merge(id.node(), age, Math::max);
                if (result != null && result.outcome() != Outcome.REACHED) {
                  silent.add(id.node());
                }
              });
    }
    List<String> oldestFirst = new ArrayList<>(ages.keySet());
    Collections.shuffle(oldestFirst, ThreadLocalRandom.current());
    oldestFirst.sort(Comparator.comparing(ages::get, Comparator.reverseOrder()));
    Set<String> due = new HashSet<>(oldestFirst.subList(0, Math.min(NODES, oldestFirst.size())));
    oldestFirst.stream().skip(NODES).filter(silent::contains).limit(NODES).forEach(due::add);
    return List.copyOf(ProbedPath.of(last, id -> due.contains(id.node())).values());
  }

  private boolean isReached(ProbedPath path) {
    try {
      if (isAnswered(path.gateways())) {
        note(path, Outcome.REACHED, "");
        measure(path);
        return true;
      }
    } catch (IOException e) {
      LOG.debug("probed again in a moment: {}", e.getMessage());
    }
    return false;
  }

  /** Probes a path for the last time, and then the nodes' own addresses. */
  private void conclude(ProbedPath path) {
    try {
      if (isAnswered(path.gateways())) {
        note(path, Outcome.REACHED, "");
      } else if (path.nodes().isPresent() && isAnsweredOnce(path.nodes().get())) {
        note(
            path,
            Outcome.BLOCKED,
            "its address %s answers and its gateway %s does not; %s"
                .formatted(path.nodes().get().to(), path.gateways().to(), remedy(path.kind())));
      } else {
        String address = path.nodes().map(nodes -> nodes.to() + " nor its gateway ").orElse("");
        note(
            path,
            Outcome.UNKNOWN,
            "no answer of %s%s; a firewall may drop UDP port %d or the ICMP error that answers"
                .formatted(address, path.gateways().to(), UdpDatagrams.PORT));
      }
    } catch (IOException e) {
      note(path, Outcome.UNKNOWN, e.getMessage());
    }
  }

  private boolean isAnsweredOnce(Ends ends) throws IOException {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (isAnswered(ends)) {
        return true;
      }
    }
    return false;
  }

  /** Has the kernel learn where the path that carries a tunnel passes less than the node's link. */
  private void measure(ProbedPath path) throws IOException {
    if (path.carrierBytes() > 0 && path.nodes().isPresent()) {
      Ends nodes = path.nodes().get();
      datagrams.isAnswered(nodes.from(), nodes.to(), path.carrierBytes());
    }
  }

  private boolean isAnswered(Ends ends) throws IOException {
    return datagrams.isAnswered(ends.from(), ends.to(), 0);
  }

  private void note(ProbedPath path, Outcome outcome, String detail) {
    Counter.builder("weft.path.probes")
        .description("Probes of the paths to other nodes, by what they found")
        .tag("path", path.kind().label())
        .tag("family", String.valueOf(path.id().family().version()))
        .tag("result", outcome.label())
        .register(registry)
        .increment();
    synchronized (results) {
      results.put(path.id(), new PathResult(path, outcome, detail, System.nanoTime()));
    }
  }

  private void forgetFormerPaths() {
    synchronized (results) {
      Map<Id, ProbedPath> now =
          results.isEmpty() || report.isEmpty()
              ? Map.of()
              : ProbedPath.of(report.get(), results::containsKey);
      results.values().removeIf(result -> !result.path().equals(now.get(result.path().id())));
    }
  }
}
