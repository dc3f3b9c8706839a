// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox.demo;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.weft.core.net.Family;
import dev.weft.sandbox.ExecResult;
import dev.weft.sandbox.Sandbox;
import dev.weft.sandbox.SandboxNode;
import dev.weft.sandbox.SandboxOptions;
import dev.weft.sandbox.SandboxPod;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Weft's main job on one screen: a pool, three nodes, four pods that reach each other; then an
 * agent dies, a node goes, all pods end. Every line that is shown is checked.
 */
public final class Demo {
  private static final String NAMESPACE = "default";
  private static final int STEPS = 9;
  private static final int PACKETS_PER_SECOND = 200;

  private final Set<Family> families;
  private final Figure figure;
  private final Path root;
  private final String probe;
  private final PrintStream out;
  private final Stage stage;
  private final List<SandboxPod> pods = new ArrayList<>();

  /**
   * Prepares a run.
   *
   * @param families of the cluster
   * @param root the checkout, with examples
   * @param probe the program that pings and serves
   */
  public Demo(Set<Family> families, Path root, Path probe, PrintStream out) {
    this.families = families;
    this.figure = new Figure(families);
    this.root = root;
    this.probe = probe.toString();
    this.out = out;
    this.stage = new Stage(out, STEPS);
  }

  /**
   * Plays it, and takes everything down again.
   *
   * @param options names the sandbox
   * @throws RuntimeException when a line does not hold; the sandbox's logs are kept then
   */
  public void run(SandboxOptions options) {
    out.println(
        "Weft: a pod network for Kubernetes, in a sandbox of network namespaces on this machine.");
    Sandbox[] sandbox = new Sandbox[1];
    stage.step(
        "Start an API server, the operator, and three nodes with an agent each",
        () -> sandbox[0] = Sandbox.up(options.withNodes(3).withFamilies(families)));
    try {
      play(sandbox[0]);
    } catch (RuntimeException e) {
      throw new DemoFailure(
          e.getMessage() + "\nlogs are kept in " + sandbox[0].closeKeepingLogs(), e);
    }
    stage.step("Take the sandbox down", sandbox[0]::close);
    out.printf(Locale.ROOT, "%nEverything as it should be, in %.0f s.%n", stage.seconds());
  }

  private void play(Sandbox sandbox) {
    stage.step("Declare an IPPool; each node gets a block of it", () -> pool(sandbox));
    stage.step(
        "Start four pods through CNI, as a container runtime does", () -> startPods(sandbox));
    stage.step("Show the addresses of each node, and routes in a pod", () -> showNodes(sandbox));
    List<PodServer> servers = new ArrayList<>();
    try {
      stage.step(
          "Ping and connect: all pods, from all pods and nodes", () -> matrix(sandbox, servers));
      stage.step("Kill node1's agent (SIGKILL) while packets flow", () -> killAgent(sandbox));
    } finally {
      servers.forEach(PodServer::close);
    }
    stage.step("Cut node3's power, delete its Node", () -> removeNode(sandbox));
    stage.step("Delete all pods", () -> deletePods(sandbox));
  }

  private void pool(Sandbox sandbox) {
    for (String file : poolFiles()) {
      sandbox.applyPools(root.resolve("examples").resolve(file));
    }
    sandbox.awaitNodesReady();
    Stage.await("the operator to report every block", () -> allReady(sandbox));
    stage.show("kubectl get ippools", sandbox.get("ippools"));
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
    if (families.contains(Family.IPV4)) {
      files.add("ippool.yaml");
    }
    if (families.contains(Family.IPV6)) {
      files.add("ippool-6.yaml");
    }
    return files;
  }

  private boolean allReady(Sandbox sandbox) {
    List<String> lines = sandbox.table("ipallocations").lines().skip(1).toList();
    return lines.size() == 3 * families.size()
        && lines.stream().allMatch(line -> line.contains(" Ready "));
  }

  private void startPods(Sandbox sandbox) {
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

  private void showNodes(Sandbox sandbox) {
    for (SandboxNode node : sandbox.nodes()) {
      String table = node.askAgent("/v1/addresses").orThrow().stdout();
      showAddresses(node, table);
      for (SandboxPod pod : podsOf(node)) {
        for (String address : pod.addresses()) {
          String line =
              table.lines().filter(l -> l.startsWith(address + " ")).findFirst().orElse("");
          Stage.require(
              line.contains(" ASSIGNED ") && line.contains(" " + NAMESPACE + "/" + pod.name()),
              "the agent of " + node.name() + " does not list " + pod.name() + " at " + address);
        }
      }
    }
    for (SandboxPod pod : pods) {
      routes(sandbox, pod);
    }
    stage.checked(
        "every pod has its default route over its node's v-net-0, and every list is right");
  }

  /**
   * The first three columns of the agent's table; container and interface would fill the screen.
   */
  private void showAddresses(SandboxNode node, String table) {
    int width = table.indexOf("CONTAINER-ID");
    String first =
        table
            .lines()
            .map(l -> l.substring(0, Math.min(width, l.length())))
            .collect(Collectors.joining("\n"));
    stage.show(node.name() + ": curl http://127.0.0.1:9470/v1/addresses", first);
  }

  private void routes(Sandbox sandbox, SandboxPod pod) {
    SandboxNode node = sandbox.node(pod.node());
    for (String gateway : figure.gateways(indexOf(node))) {
      String family = gateway.contains(":") ? "-6" : "-4";
      String routes = node.execInPod(pod, "ip", family, "route").orThrow().stdout();
      Stage.require(
          routes.contains("default via " + gateway + " dev eth0"),
          pod.name() + " has no default route via " + gateway + ": " + routes);
      if (pod.equals(pods.get(0))) {
        stage.show(pod.name() + ": ip " + family + " route", routes);
      }
    }
  }

  private static int indexOf(SandboxNode node) {
    return Integer.parseInt(node.name().substring("node".length()));
  }

  private List<SandboxPod> podsOf(SandboxNode node) {
    return pods.stream().filter(pod -> pod.node().equals(node.name())).toList();
  }

  private void matrix(Sandbox sandbox, List<PodServer> servers) {
    for (SandboxPod pod : pods) {
      servers.add(inPod(sandbox, pod, "serve", Matrix.PORT).awaitReady());
    }
    Matrix matrix = new Matrix(probe, pods);
    matrix.fill(sandbox);
    stage.show(matrix.text());
    Stage.require(matrix.failures().isEmpty(), String.join("\n", matrix.failures()));
    stage.checked("everyone reaches everyone, over every address");
  }

  private PodServer inPod(Sandbox sandbox, SandboxPod pod, String... words) {
    List<String> command = new ArrayList<>(List.of(probe));
    command.addAll(List.of(words));
    SandboxNode node = sandbox.node(pod.node());
    List<String> inPod = node.podCommand(pod, command.toArray(String[]::new));
    return new PodServer(node.command(inPod.toArray(String[]::new)));
  }

  private void killAgent(Sandbox sandbox) {
    SandboxNode node = sandbox.node("node1");
    JsonNode before = addresses(node);
    SandboxPod blue = pods.get(0);
    SandboxPod purple = pods.get(2);
    String rate = Integer.toString(PACKETS_PER_SECOND);
    try (PodServer stream =
        inPod(sandbox, purple, "stream", blue.addresses().get(0), Matrix.PORT, rate)) {
      Stage.pause(500);
      node.killAgent();
      Stage.pause(1500);
      node.startAgent();
      node.awaitReady();
      JsonNode after = addresses(node);
      Stage.require(
          after.equals(before), "the agent's list was " + before + ", and is now " + after);
      String counts = stream.finish();
      stage.show(purple.name() + " -> " + blue.name() + " -> " + purple.name() + ": " + counts);
      Stage.require(isLossless(counts), "packets were lost: " + counts);
    }
    stage.checked("no packet was lost, and the new agent read its list from the kernel");
  }

  /** "sent 800 received 800 refused 0". */
  private static boolean isLossless(String counts) {
    String[] words = counts == null ? new String[0] : counts.split(" ");
    return words.length == 6
        && words[1].equals(words[3])
        && words[5].equals("0")
        && Integer.parseInt(words[1]) > PACKETS_PER_SECOND;
  }

  private static JsonNode addresses(SandboxNode node) {
    ExecResult answer = node.askAgent("/v1/addresses?format=json").orThrow();
    try {
      return new ObjectMapper().readTree(answer.stdout());
    } catch (JsonProcessingException e) {
      throw new DemoFailure("/v1/addresses of " + node.name() + " is no JSON: " + answer.stdout());
    }
  }

  private void removeNode(Sandbox sandbox) {
    SandboxNode node1 = sandbox.node("node1");
    for (String block : figure.blocks(3)) {
      String route = routesTo(node1, block);
      Stage.require(!route.isEmpty(), "node1 has no route to " + block);
      stage.show("node1: ip route show " + block, route);
    }
    sandbox.removeNode("node3");
    pods.removeIf(pod -> pod.node().equals("node3"));
    for (SandboxNode node : sandbox.nodes()) {
      for (String block : figure.blocks(3)) {
        Stage.await(
            node.name() + " to drop its route to " + block, () -> routesTo(node, block).isEmpty());
      }
    }
    stage.checked("after its grace period no other node has a route to " + figure.blocks(3));
  }

  private static String routesTo(SandboxNode node, String block) {
    String family = block.contains(":") ? "-6" : "-4";
    return node.exec("ip", family, "route", "show", block).orThrow().stdout();
  }

  private void deletePods(Sandbox sandbox) {
    pods.forEach(pod -> sandbox.node(pod.node()).deletePod(pod));
    for (SandboxNode node : sandbox.nodes()) {
      Stage.await(node.name() + " to have no address in use", () -> allFree(node));
      String veths = node.exec("ip", "-brief", "link", "show", "type", "veth").orThrow().stdout();
      boolean onlyUplink = veths.lines().allMatch(line -> line.startsWith("eth0@"));
      Stage.require(onlyUplink, node.name() + " still has " + veths);
      showAddresses(node, node.askAgent("/v1/addresses").orThrow().stdout());
    }
    stage.checked("every address is FREE, and no pod's interface is left");
  }

  private static boolean allFree(SandboxNode node) {
    for (JsonNode row : addresses(node)) {
      if (!row.path("status").asText().equals("FREE")) {
        return false;
      }
    }
    return true;
  }
}
