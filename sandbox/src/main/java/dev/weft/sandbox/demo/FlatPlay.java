// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox.demo;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.weft.sandbox.ExecResult;
import dev.weft.sandbox.SandboxNode;
import dev.weft.sandbox.SandboxPod;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Nodes on one LAN: an agent dies, a node goes, all pods end. */
final class FlatPlay implements Play {
  @Override
  public String beginning() {
    return "Start an API server, the operator, and three nodes with an agent each";
  }

  @Override
  public int steps() {
    return 7;
  }

  @Override
  public void play(Scene scene) {
    Stage stage = scene.stage();
    stage.step("Declare an IPPool; each node gets a block of it", () -> scene.pool(false));
    stage.step("Start four pods through CNI, as a container runtime does", scene::startPods);
    stage.step("Show the addresses of each node, and routes in a pod", () -> showNodes(scene));
    List<PodServer> servers = new ArrayList<>();
    try {
      stage.step(
          "Ping and connect: all pods, from all pods and nodes", () -> scene.matrix(servers));
      stage.step("Kill node1's agent (SIGKILL) while packets flow", () -> killAgent(scene));
    } finally {
      servers.forEach(PodServer::close);
    }
    stage.step("Cut node3's power, delete its Node", () -> removeNode(scene));
    stage.step("Delete all pods", () -> deletePods(scene));
  }

  private static void showNodes(Scene scene) {
    for (SandboxNode node : scene.sandbox().nodes()) {
      String table = node.askAgent("/v1/addresses").orThrow().stdout();
      showAddresses(scene, node, table);
      for (SandboxPod pod : scene.podsOf(node)) {
        for (String address : pod.addresses()) {
          String line =
              table.lines().filter(l -> l.startsWith(address + " ")).findFirst().orElse("");
          Stage.require(
              line.contains(" ASSIGNED ")
                  && line.contains(" " + Scene.NAMESPACE + "/" + pod.name()),
              "the agent of " + node.name() + " does not list " + pod.name() + " at " + address);
        }
      }
    }
    for (SandboxPod pod : scene.pods()) {
      routes(scene, pod);
    }
    scene
        .stage()
        .checked(
            "every pod has its default route over its node's v-net-0, and every list is right");
  }

  /**
   * The first three columns of the agent's table; container and interface would fill the screen.
   */
  private static void showAddresses(Scene scene, SandboxNode node, String table) {
    int width = table.indexOf("CONTAINER-ID");
    String first =
        table
            .lines()
            .map(l -> l.substring(0, Math.min(width, l.length())))
            .collect(Collectors.joining("\n"));
    scene.stage().show(node.name() + ": curl http://127.0.0.1:9470/v1/addresses", first);
  }

  private static void routes(Scene scene, SandboxPod pod) {
    SandboxNode node = scene.nodeOf(pod);
    for (String gateway : scene.figure().gateways(indexOf(node))) {
      String family = gateway.contains(":") ? "-6" : "-4";
      String routes = node.execInPod(pod, "ip", family, "route").orThrow().stdout();
      Stage.require(
          routes.contains("default via " + gateway + " dev eth0"),
          pod.name() + " has no default route via " + gateway + ": " + routes);
      if (pod.equals(scene.pods().get(0))) {
        scene.stage().show(pod.name() + ": ip " + family + " route", routes);
      }
    }
  }

  private static int indexOf(SandboxNode node) {
    return Integer.parseInt(node.name().substring("node".length()));
  }

  private static void killAgent(Scene scene) {
    SandboxNode node = scene.sandbox().node("node1");
    JsonNode before = addresses(node);
    SandboxPod blue = scene.pods().get(0);
    SandboxPod purple = scene.pods().get(2);
    scene.loseNothingWhile(
        purple,
        blue,
        blue.addresses().get(0),
        () -> {
          node.killAgent();
          Stage.pause(1500);
          node.startAgent();
          node.awaitReady();
          JsonNode after = addresses(node);
          Stage.require(
              after.equals(before), "the agent's list was " + before + ", and is now " + after);
        });
    scene.stage().checked("no packet was lost, and the new agent read its list from the kernel");
  }

  private static JsonNode addresses(SandboxNode node) {
    ExecResult answer = node.askAgent("/v1/addresses?format=json").orThrow();
    try {
      return new ObjectMapper().readTree(answer.stdout());
    } catch (JsonProcessingException e) {
      throw new DemoFailure("/v1/addresses of " + node.name() + " is no JSON: " + answer.stdout());
    }
  }

  private static void removeNode(Scene scene) {
    List<String> blocks = scene.figure().blocks(3);
    SandboxNode node1 = scene.sandbox().node("node1");
    for (String block : blocks) {
      String route = routesTo(node1, block);
      Stage.require(!route.isEmpty(), "node1 has no route to " + block);
      scene.stage().show("node1: ip route show " + block, route);
    }
    scene.sandbox().removeNode("node3");
    scene.pods().removeIf(pod -> pod.node().equals("node3"));
    for (SandboxNode node : scene.sandbox().nodes()) {
      for (String block : blocks) {
        Stage.await(
            node.name() + " to drop its route to " + block, () -> routesTo(node, block).isEmpty());
      }
    }
    scene.stage().checked("after its grace period no other node has a route to " + blocks);
  }

  private static String routesTo(SandboxNode node, String block) {
    String family = block.contains(":") ? "-6" : "-4";
    return node.exec("ip", family, "route", "show", block).orThrow().stdout();
  }

  private static void deletePods(Scene scene) {
    scene.pods().forEach(pod -> scene.nodeOf(pod).deletePod(pod));
    for (SandboxNode node : scene.sandbox().nodes()) {
      Stage.await(node.name() + " to have no address in use", () -> allFree(node));
      String veths = node.exec("ip", "-brief", "link", "show", "type", "veth").orThrow().stdout();
      boolean onlyUplink = veths.lines().allMatch(line -> line.startsWith("eth0@"));
      Stage.require(onlyUplink, node.name() + " still has " + veths);
      showAddresses(scene, node, node.askAgent("/v1/addresses").orThrow().stdout());
    }
    scene.stage().checked("every address is FREE, and no pod's interface is left");
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
