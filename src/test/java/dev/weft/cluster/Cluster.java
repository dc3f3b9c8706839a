// SPDX-License-Identifier: Apache-2.0
package dev.weft.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;

/**
 * The cluster that {@code KUBECONFIG} names, by the commands that a user has: kubectl and helm. Its
 * nodes have the image of Weft and one with a shell and {@code agnhost} ({@code E2E_IMAGE}).
 */
final class Cluster {
  /** Namespace of the release. */
  static final String SYSTEM = "weft-system";

  /** Namespace of the tests' own pods. */
  static final String TESTS = "weft-e2e";

  /** A generous limit for what takes seconds. */
  static final Duration SOON = Duration.ofSeconds(120);

  /** The test image: a shell and {@code agnhost}. */
  static final String IMAGE =
      System.getenv().getOrDefault("E2E_IMAGE", "registry.k8s.io/e2e-test-images/agnhost:2.56");

  private static final Path HOME = Path.of(System.getProperty("weft.home", ".."));

  private Cluster() {}

  /** kubectl with these words; what it answers. */
  static String kubectl(String... arguments) {
    return Command.ok(line("kubectl", arguments));
  }

  /** kubectl with these words, which may fail. */
  static Command tryKubectl(String... arguments) {
    return Command.run(line("kubectl", arguments));
  }

  /** helm with these words; what it answers. */
  static String helm(String... arguments) {
    return Command.ok(line("helm", arguments));
  }

  /** The chart's folder. */
  static String chart() {
    return file("helm/weft");
  }

  /** A file of the repository. */
  static String file(String path) {
    return HOME.resolve(path).toString();
  }

  /** Applies a manifest of the tests' resources; {@code IMAGE} in it is the test image. */
  static void apply(String resource) {
    apply(resource, Map.of());
  }

  /** The same, with more words in it to be replaced. */
  static void apply(String resource, Map<String, String> words) {
    try (var in = Cluster.class.getResourceAsStream("/cluster/" + resource)) {
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8).replace("IMAGE", IMAGE);
      for (var word : words.entrySet()) {
        text = text.replace(word.getKey(), word.getValue());
      }
      String manifest = text;
      // A new namespace has no service account yet, and no pod is taken without one.
      eventuallyAsserted(
          "the API server takes " + resource,
          SOON,
          () -> Command.runWithInput(manifest, "kubectl", "apply", "-f", "-").succeeded());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Names of all nodes. */
  static List<String> nodes() {
    return words(kubectl("get", "nodes", "-o", "jsonpath={.items[*].metadata.name}"));
  }

  /** The pods of a label in the tests' namespace that have a node, in the order of their nodes. */
  static List<Pod> pods(String label) {
    String lines =
        kubectl(
            "get",
            "pods",
            "-n",
            TESTS,
            "-l",
            label,
            "--sort-by=.spec.nodeName",
            "-o",
            "jsonpath={range .items[*]}{.metadata.name} {.spec.nodeName} {.status.podIPs[*].ip}{\"\\n\"}{end}");
    List<Pod> pods = new ArrayList<>();
    for (String line : lines.lines().toList()) {
      List<String> fields = words(line);
      if (fields.size() >= 2) { // without a node it does not run
        pods.add(new Pod(fields.get(0), fields.get(1), fields.subList(2, fields.size())));
      }
    }
    return pods;
  }

  /** Runs a shell command on a node: in its network and among its processes, its files in /host. */
  static String onNode(String node, String command) {
    return nodeCommand(node, command).succeeded();
  }

  /** The same, for a command that may fail. */
  static Command nodeCommand(String node, String command) {
    Pod shell =
        pods("app=node-shell").stream()
            .filter(pod -> pod.node().equals(node))
            .findFirst()
            .orElseThrow(() -> new AssertionError("no node-shell pod on " + node));
    return shell.exec(command);
  }

  /** Waits for something that must become true. */
  static void eventually(String what, Duration within, Callable<Boolean> condition) {
    await(what)
        .atMost(within)
        .pollInterval(Duration.ofMillis(500))
        .ignoreExceptions()
        .until(condition);
  }

  /** Waits until an assertion holds. */
  static void eventuallyAsserted(
      String what, Duration within, org.awaitility.core.ThrowingRunnable assertion) {
    await(what)
        .atMost(within)
        .pollInterval(Duration.ofMillis(500))
        .ignoreExceptions()
        .untilAsserted(assertion);
  }

  /** Waits for a DaemonSet or Deployment to be rolled out. */
  static void rolledOut(String namespace, String what) {
    kubectl("rollout", "status", "-n", namespace, what, "--timeout=240s");
  }

  /** Every node is Ready. */
  static void assertNodesReady() {
    String statuses =
        kubectl(
            "get",
            "nodes",
            "-o",
            "jsonpath={.items[*].status.conditions[?(@.type==\"Ready\")].status}");
    assertThat(words(statuses)).hasSize(nodes().size()).containsOnly("True");
  }

  /** Starts new pods of the tests; those that run then, each of which answers. */
  static List<Pod> startPods() {
    kubectl("rollout", "restart", "-n", TESTS, "deployment/restarted");
    rolledOut(TESTS, "deployment/restarted");
    List<Pod> started = pods("app=restarted");
    assertAnswer(started);
    return started;
  }

  /** These pods answer to another. */
  static void assertAnswer(List<Pod> pods) {
    Pod from = pods("app=web").get(0);
    for (Pod pod : pods) {
      assertThat(from.get(pod.address(), 8080, "hostname")).isEqualTo(pod.name());
    }
  }

  /** Every block and the node that has it. */
  static List<String> blocks() {
    return kubectl(
            "get",
            "ipallocations",
            "--sort-by=.metadata.name",
            "-o",
            "jsonpath={range .items[*]}{.metadata.name} {.spec.node}{\"\\n\"}{end}")
        .lines()
        .toList();
  }

  /** No two running pods have the same address. */
  static void assertNoAddressTwice() {
    String columns = "custom-columns=HOST:.spec.hostNetwork,ADDRESSES:.status.podIPs[*].ip";
    String running = "--field-selector=status.phase=Running";
    List<String> addresses =
        kubectl("get", "pods", "-A", running, "--no-headers", "-o", columns)
            .lines()
            .filter(line -> !line.startsWith("true"))
            .flatMap(line -> Stream.of(words(line).get(1).split(",")))
            .toList();
    assertThat(addresses).isNotEmpty().doesNotHaveDuplicates();
  }

  /**
   * Since when each node is Ready and has its network: a node that was not for a moment differs.
   */
  static String nodesReadySince() {
    assertNodesReady();
    return kubectl(
        "get",
        "nodes",
        "-o",
        "jsonpath={range .items[*]}{.metadata.name}{range .status.conditions[*]}"
            + " {.type} {.status} {.lastTransitionTime}{end}{\"\\n\"}{end}");
  }

  static List<String> words(String text) {
    return text.isBlank() ? List.of() : List.of(text.strip().split("\\s+"));
  }

  /** An address as a URL writes it. */
  static String host(String address) {
    return address.contains(":") ? "[" + address + "]" : address;
  }

  /** A field of an object of the tests' namespace. */
  static String field(String object, String path) {
    return kubectl("get", "-n", TESTS, object, "-o", "jsonpath={%s}".formatted(path));
  }

  private static String[] line(String program, String... arguments) {
    String[] line = new String[arguments.length + 1];
    line[0] = program;
    System.arraycopy(arguments, 0, line, 1, arguments.length);
    return line;
  }
}
