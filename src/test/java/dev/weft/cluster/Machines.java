// SPDX-License-Identifier: Apache-2.0
package dev.weft.cluster;

import static dev.weft.cluster.Cluster.eventually;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What kubectl cannot do: a host outside the cluster, a router between its subnets, and nodes that
 * are switched off or are new. {@code E2E_CLUSTER_TOOL} names the program that can, {@code
 * E2E_IMAGES} the files of the images that a new node needs. Without them the tests that need them
 * are skipped, but never in CI.
 */
final class Machines {
  private static final String TOOL = System.getenv().getOrDefault("E2E_CLUSTER_TOOL", "");

  private Machines() {}

  /** Runs a shell command outside the cluster that must succeed; what it writes. */
  static String outside(String command) {
    return tryOutside(command).succeeded();
  }

  /** Runs a shell command outside the cluster. */
  static Command tryOutside(String command) {
    return Command.run(line("exec", "--", "sh", "-c", command));
  }

  /** The address that a host outside the cluster has towards this one. */
  static String outsideAddress(String target) {
    List<String> route = Cluster.words(outside("ip -o route get " + target));
    return route.get(route.indexOf("src") + 1);
  }

  /**
   * How many packets the router between two subnets dropped, by their family.
   *
   * @param reason {@code source} (from an address that is no host's) or {@code no-route}
   */
  static Map<String, Long> routerDrops(String reason) {
    return Command.ok(line("router"))
        .lines()
        .map(Cluster::words)
        .filter(fields -> fields.get(0).equals(reason))
        .collect(
            Collectors.toMap(fields -> fields.get(1), fields -> Long.parseLong(fields.get(2))));
  }

  /** A new node, with the images of Weft and of the tests. */
  static Node add() {
    List<Node> before = Node.all();
    // It may look into the node before the node is up, and fail: what counts is that the node
    // comes.
    Command tool = Command.run(line("node", "add"));
    eventually(
        "a new node joins; the tool said: " + tool.err(),
        Cluster.SOON,
        () -> Node.all().size() > before.size());
    Node node = Node.all().stream().filter(it -> !before.contains(it)).findFirst().orElseThrow();
    for (String image : Cluster.words(System.getenv("E2E_IMAGES"))) {
      Command.ok(line("exec", node.name(), "--", "ctr", "-n", "k8s.io", "images", "import", image));
    }
    return node;
  }

  /** Cuts the power of a node. */
  static void cut(Node node) {
    Command.ok(line("node", "kill", node.name()));
  }

  /** Switches a node on; what is on its disk is still there. */
  static void start(Node node) {
    Command.ok(line("node", "start", node.name()));
  }

  /** Takes a node away for good, its object in the cluster too. */
  static void remove(Node node) {
    Command.ok(line("node", "rm", node.name()));
  }

  private static String[] line(String... words) {
    boolean there = !TOOL.isEmpty();
    if (!there && "true".equals(System.getenv("CI"))) {
      throw new AssertionError("E2E_CLUSTER_TOOL is not set, and in CI no test is skipped");
    }
    assumeTrue(there, "E2E_CLUSTER_TOOL is not set");
    List<String> line = new ArrayList<>(List.of(TOOL));
    Collections.addAll(line, words);
    return line.toArray(String[]::new);
  }
}
