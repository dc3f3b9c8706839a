// SPDX-License-Identifier: Apache-2.0
package dev.weft.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.net.Family;
import dev.weft.sandbox.ExecResult;
import dev.weft.sandbox.Sandbox;
import dev.weft.sandbox.SandboxNode;
import dev.weft.sandbox.SandboxOptions;
import dev.weft.sandbox.SandboxPod;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/** A sandbox of one test class, and what the system tests ask of it. */
final class Cluster implements AutoCloseable {
  static final Path HOME = home();
  static final Path POOL_4 = HOME.resolve("examples/ippool.yaml");
  static final Path POOL_6 = HOME.resolve("examples/ippool-6.yaml");

  private final Sandbox sandbox;

  private Cluster(Sandbox sandbox) {
    this.sandbox = sandbox;
  }

  /** Starts a cluster with the example pool of each family. */
  static Cluster up(String name, int nodes, Family... families) {
    return up(options(name, nodes, families));
  }

  static Cluster up(SandboxOptions options) {
    return new Cluster(Sandbox.up(options));
  }

  static SandboxOptions options(String name, int nodes, Family... families) {
    Set<Family> wanted = Set.of(families);
    List<Path> pools = new ArrayList<>();
    if (wanted.contains(Family.IPV4)) {
      pools.add(POOL_4);
    }
    if (wanted.contains(Family.IPV6)) {
      pools.add(POOL_6);
    }
    return SandboxOptions.named("test-" + name)
        .withNodes(nodes)
        .withFamilies(wanted)
        .withPools(pools);
  }

  Sandbox sandbox() {
    return sandbox;
  }

  /** Where the sandbox keeps its files. */
  Path state() {
    return sandbox.log("sandbox").getParent().getParent();
  }

  SandboxNode node(int number) {
    return sandbox.node("node" + number);
  }

  SandboxPod addPod(int node, String name) {
    return sandbox.addPod("node" + node, "default", name);
  }

  /** A pod with the label {@code app}. */
  SandboxPod addPod(int node, String namespace, String name, String app) {
    return node(node).addPod(namespace, name, Map.of("app", app));
  }

  void deletePod(SandboxPod pod) {
    sandbox.node(pod.node()).deletePod(pod);
  }

  /** Runs the probe in a pod. */
  ExecResult probe(SandboxPod pod, String... words) {
    return sandbox.node(pod.node()).execInPod(pod, probeCommand(words));
  }

  static String[] probeCommand(String... words) {
    List<String> command = new ArrayList<>();
    command.add(HOME.resolve("build/sandbox/weft-probe").toString());
    command.addAll(List.of(words));
    return command.toArray(String[]::new);
  }

  /** Waits for something that must become true, and says what it was in the error. */
  static void await(String what, Callable<Boolean> condition) {
    Awaitility.await(what).pollInterval(Duration.ofMillis(50)).ignoreExceptions().until(condition);
  }

  /** What {@code ip} says in a node, a line each. */
  Set<String> ip(int node, String... words) {
    List<String> command = new ArrayList<>(List.of("ip"));
    command.addAll(List.of(words));
    String out = node(node).exec(command.toArray(String[]::new)).orThrow().stdout();
    Set<String> lines = new TreeSet<>();
    out.lines().map(String::strip).filter(line -> !line.isEmpty()).forEach(lines::add);
    return lines;
  }

  /** Ends a stream, which must have lost nothing; the error tells what the nodes are like then. */
  void assertLossless(Probe stream) throws IOException {
    assertThat(stream.verdict())
        .as(this::nodesInWords)
        .matches("sent (\\d+) received \\1 refused 0");
  }

  private String nodesInWords() {
    StringBuilder words = new StringBuilder();
    for (SandboxNode node : sandbox.nodes()) {
      String script = "ip route; ip -6 route show proto 87; ip neigh; tail -n 15 \"$0\"";
      String log = sandbox.log("agent-" + node.name()).toString();
      String state = node.exec("sh", "-c", script, log).stdout();
      words.append("%n%s at %s:%n%s".formatted(node.name(), Instant.now(), state));
    }
    return words.toString();
  }

  /** Names of the host ends of ours on a node. */
  Set<String> ports(int node) {
    Set<String> ports = new TreeSet<>();
    for (String line : ip(node, "-o", "link", "show", "type", "veth")) {
      String name = line.split(": ")[1].split("@")[0];
      if (name.startsWith("wf")) {
        ports.add(name);
      }
    }
    return ports;
  }

  /** Ends the cluster; what its programs said is kept under {@code target/sandbox}. */
  @Override
  public void close() {
    try {
      keepLogs();
    } catch (IOException e) {
      throw new UncheckedIOException("keep the logs of sandbox " + sandbox.name(), e);
    } finally {
      sandbox.close();
    }
  }

  private void keepLogs() throws IOException {
    Path folder = HOME.resolve("system-tests/target/sandbox").resolve(sandbox.name());
    Files.createDirectories(folder);
    try (Stream<Path> logs = Files.list(sandbox.log("sandbox").getParent())) {
      for (Path log : logs.toList()) {
        Files.copy(log, folder.resolve(log.getFileName()), StandardCopyOption.REPLACE_EXISTING);
      }
    }
  }

  private static Path home() {
    for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
      if (Files.exists(at.resolve("bin/weft-agent"))) {
        return at;
      }
    }
    throw new IllegalStateException("run in a checkout");
  }
}
