// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox.demo;

import dev.weft.core.net.Family;
import dev.weft.sandbox.Sandbox;
import dev.weft.sandbox.SandboxNode;
import dev.weft.sandbox.SandboxPod;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A sandbox with three nodes, and what every play does there: a pool, four pods, who reaches whom.
 */
final class Scene {
  /** Namespace of its pods. */
  static final String NAMESPACE = "default";

  private static final int PACKETS_PER_SECOND = 200;

  private final Sandbox sandbox;
  private final Stage stage;
  private final Figure figure;
  private final Path root;
  private final String probe;
  private final List<SandboxPod> pods = new ArrayList<>();

  /**
   * One without pools and pods.
   *
   * @param root the checkout, with examples
   * @param probe the program that pings and serves
   */
  Scene(Sandbox sandbox, Stage stage, Figure figure, Path root, Path probe) {
    this.sandbox = sandbox;
    this.stage = stage;
    this.figure = figure;
    this.root = root;
    this.probe = probe.toString();
  }

  Sandbox sandbox() {
    return sandbox;
  }

  Stage stage() {
    return stage;
  }

  Figure figure() {
    return figure;
  }

  /** Its pods, in the order they started; a play removes those that end. */
  List<SandboxPod> pods() {
    return pods;
  }

  SandboxNode nodeOf(SandboxPod pod) {
    return sandbox.node(pod.node());
  }

  List<SandboxPod> podsOf(SandboxNode node) {
    return pods.stream().filter(pod -> pod.node().equals(node.name())).toList();
  }

  /** The probe with these words. */
  String[] probe(String... words) {
    List<String> command = new ArrayList<>(List.of(probe));
    command.addAll(List.of(words));
    return command.toArray(String[]::new);
  }

  /** Runs the probe in a pod until its input ends. */
  PodServer inPod(SandboxPod pod, String... words) {
    List<String> inPod = nodeOf(pod).podCommand(pod, probe(words));
    return new PodServer(nodeOf(pod).command(inPod.toArray(String[]::new)));
  }

  /** Datagrams from a pod to an echo in another, of which none may be lost while this happens. */
  void loseNothingWhile(SandboxPod from, SandboxPod to, String address, Runnable event) {
    String rate = Integer.toString(PACKETS_PER_SECOND);
    try (PodServer stream = inPod(from, "stream", address, Matrix.PORT, rate)) {
      Stage.pause(500);
      event.run();
      String counts = stream.finish();
      stage.show(from.name() + " -> " + to.name() + " -> " + from.name() + ": " + counts);
      Stage.require(isLossless(counts), "packets were lost: " + counts);
    }
  }

  /** "sent 800 received 800 refused 0". */
  private static boolean isLossless(String counts) {
    String[] words = counts == null ? new String[0] : counts.split(" ");
    return words.length == 6
        && words[1].equals(words[3])
        && words[5].equals("0")
        && Integer.parseInt(words[1]) > PACKETS_PER_SECOND;
  }

  /**
   * Declares the pools, and shows them and the blocks of them.
   *
   * @param wide whether with every column of the pools
   */
  void pool(boolean wide) {
    for (String file : poolFiles()) {
      sandbox.applyPools(root.resolve("examples").resolve(file));
    }
    sandbox.awaitNodesReady();
    Stage.await("the operator to report every block", this::allReady);
    stage.show(
        "kubectl get ippools" + (wide ? " -o wide" : ""),
        wide ? sandbox.getWide("ippools") : sandbox.get("ippools"));
    stage.show("kubectl get ipallocations", sandbox.get("ipallocations"));
    for (Figure.Place place : Figure.PLACES) {
      for (String block : figure.blocks(place.node())) {
        String line =
            sandbox
                .table("ipallocations")
                .lines()
                .filter(l -> l.contains(" " + block + " "))
                .findFirst()
                .orElse("");
        Stage.require(
            line.contains(" " + place.name() + " "),
            block + " is not " + place.name() + "'s: " + line);
      }
    }
    stage.checked(
        "node1, node2 and node3 have "
            + figure.blocks(1)
            + ", "
            + figure.blocks(2)
            + " and "
            + figure.blocks(3));
  }

  private List<String> poolFiles() {
    List<String> files = new ArrayList<>();
    if (figure.families().contains(Family.IPV4)) {
      files.add("ippool.yaml");
    }
    if (figure.families().contains(Family.IPV6)) {
      files.add("ippool-6.yaml");
    }
    return files;
  }

  private boolean allReady() {
    List<String> lines = sandbox.table("ipallocations").lines().skip(1).toList();
    return lines.size() == 3 * figure.families().size()
        && lines.stream().allMatch(line -> line.contains(" Ready "));
  }

  /** Starts the pods, which get the addresses of the figure. */
  void startPods() {
    for (Figure.Place place : Figure.PLACES) {
      for (int n = 0; n < place.pods().size(); n++) {
        SandboxPod pod = sandbox.addPod(place.name(), NAMESPACE, place.pods().get(n));
        pods.add(pod);
        List<String> expected = figure.podAddresses(place.node(), n);
        Stage.require(
            pod.addresses().equals(expected),
            pod.name() + " got " + pod.addresses() + ", not " + expected);
      }
      String bridge =
          sandbox
              .node(place.name())
              .exec("ip", "-brief", "address", "show", "v-net-0")
              .orThrow()
              .stdout();
      for (String address : figure.bridgeAddresses(place.node())) {
        Stage.require(
            bridge.contains(" " + address + " "),
            place.name() + "'s v-net-0 lacks " + address + ": " + bridge);
      }
    }
    stage.show(figure.text());
    stage.checked("every address of this figure is there");
  }

  /** Starts a server in each pod, and reaches each from everywhere. */
  void matrix(List<PodServer> servers) {
    for (SandboxPod pod : pods) {
      servers.add(inPod(pod, "serve", Matrix.PORT).awaitReady());
    }
    Matrix matrix = new Matrix(probe, pods);
    matrix.fill(sandbox);
    stage.show(matrix.text());
    Stage.require(matrix.failures().isEmpty(), String.join("\n", matrix.failures()));
    stage.checked("everyone reaches everyone, over every address");
  }
}
