// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent;

import dev.weft.agent.reconcile.ReconcileReport;
import dev.weft.agent.thread.AgentThread;
import dev.weft.core.node.OwnBlock;
import dev.weft.core.node.PeerReport;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The agent's meters, and their text for Prometheus. */
final class AgentMetrics {
  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final Counts blockers =
      new Counts(
          "weft.agent.blockers",
          "Blocks, of this node and of others, that are not programmed, by reason");
  private final Counts blocks = new Counts("weft.agent.blocks", "Blocks of this node, by state");
  private final Counts peers =
      new Counts(
          "weft.peers", "Blocks of other nodes, by how they are reached and by their family");
  private volatile long routeCount;

  AgentMetrics() {
    gauge("weft.agent.peer.routes", "Routes to the blocks of other nodes", () -> routeCount);
    gauge("jvm.memory.used.bytes", "Heap in use", AgentMetrics::heapBytes);
    gauge("process.resident.memory.bytes", "Resident set of the agent", AgentMetrics::rssBytes);
    AgentThread.bindTo(registry);
    gauge("jvm.threads.current", "Live threads of the JVM", Thread::activeCount);
  }

  PrometheusMeterRegistry registry() {
    return registry;
  }

  private void gauge(String name, String description, Supplier<Number> value) {
    Gauge.builder(name, value).description(description).register(registry);
  }

  /** Registers gauges that are 1 while there is no trouble of a kind, else 0. */
  void states(
      Supplier<Optional<String>> notReady,
      Supplier<Optional<String>> apiTrouble,
      Supplier<Optional<String>> notPersisted) {
    gauge("weft.agent.ready", "1 where CNI's STATUS reports the node as good", () -> one(notReady));
    gauge(
        "weft.agent.api.connected",
        "1 while every watch of the API server is open",
        () -> one(apiTrouble));
    gauge(
        "weft.agent.blocks.persisted",
        "1 while this node's blocks are in the file that a restarted agent begins with",
        () -> one(notPersisted));
  }

  /** Registers a gauge that is 1 while something is wrong with the node. */
  void degraded(BooleanSupplier degraded) {
    gauge(
        "weft.agent.degraded",
        "1 while the node's IPAllocations are Degraded, which has the reason",
        () -> degraded.getAsBoolean() ? 1 : 0);
  }

  /** Registers a gauge that is 1 while a TCP port of the agent's own cannot be listened on. */
  void portTaken(int port, Supplier<Optional<String>> trouble) {
    Gauge.builder("weft.agent.port.taken", () -> 1 - one(trouble))
        .description("1 while a TCP port of the agent's own cannot be listened on")
        .tag("port", String.valueOf(port))
        .register(registry);
  }

  void reconciled(ReconcileReport report) {
    blockers.set(
        Stream.concat(
                report.blocks().stream().map(OwnBlock::blocker),
                report.calculation().peers().stream().map(PeerReport::blocker))
            .flatMap(Optional::stream)
            .map(blocker -> Tags.of("reason", blocker.reason())));
    blocks.set(report.blocks().stream().map(block -> Tags.of("state", block.state().reason())));
    peers.set(report.calculation().peers().stream().map(AgentMetrics::path));
    routeCount =
        report.calculation().peers().stream().filter(peer -> peer.route().isPresent()).count();
  }

  private static Tags path(PeerReport peer) {
    String family = String.valueOf(peer.peer().block().family().version());
    return Tags.of("path", peer.path().label(), "family", family);
  }

  /**
   * Gauges of one name, each of how often its tags are there. One that was there once stays, at 0:
   * one that is removed and registered again while the text is written would be in it twice, and
   * all of it be refused. Not thread-safe.
   */
  private final class Counts {
    private final String name;
    private final String description;
    private final Map<Tags, AtomicLong> counts = new HashMap<>();

    Counts(String name, String description) {
      this.name = name;
      this.description = description;
    }

    void set(Stream<Tags> all) {
      Map<Tags, Long> now =
          all.collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));
      now.keySet().forEach(tags -> counts.computeIfAbsent(tags, this::gauge));
      counts.forEach((tags, count) -> count.set(now.getOrDefault(tags, 0L)));
    }

    private AtomicLong gauge(Tags tags) {
      AtomicLong count = new AtomicLong();
      Gauge.builder(name, count, AtomicLong::get)
          .description(description)
          .tags(tags)
          .strongReference(true)
          .register(registry);
      return count;
    }
  }

  private static int one(Supplier<Optional<String>> trouble) {
    return trouble.get().isEmpty() ? 1 : 0;
  }

  private static long heapBytes() {
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }

  private static long rssBytes() {
    try {
      return rssBytes(Files.readString(Path.of("/proc/self/status")));
    } catch (IOException e) {
      return 0;
    }
  }

  /** Reads the resident set out of {@code /proc/self/status}: there it does not depend on pages. */
  static long rssBytes(String status) {
    return status
        .lines()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
        .sum();
  }
}
