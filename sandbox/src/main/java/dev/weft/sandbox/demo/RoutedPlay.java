// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox.demo;

import dev.weft.api.IPPool;
import dev.weft.api.IPPoolSpec.Routing;
import dev.weft.core.net.Family;
import dev.weft.sandbox.ExecResult;
import dev.weft.sandbox.SandboxNode;
import dev.weft.sandbox.SandboxPod;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * node3 behind a router that knows no pods: it is reached through a tunnel, node1 and node2 reach
 * each other by routes. Then every path becomes a tunnel and back while packets flow, and a pod
 * tries to send into a tunnel.
 */
final class RoutedPlay implements Play {
  private static final int LINK_MTU_BYTES = 1500;
  private static final int IPV4_AND_ICMP_BYTES = 28;
  private static final int IPV6_AND_ICMP_BYTES = 48;
  private static final long TRANSFER_BYTES = 20_000_000;
  private static final String SINK_PORT = "8081";
  private static final String TUNNEL_PORT = "8478";
  private static final Pattern MTU = Pattern.compile("mtu[ :=]+(\\d+)");

  @Override
  public String beginning() {
    return "Start an API server, the operator, and three nodes, node3 behind a router";
  }

  @Override
  public int steps() {
    return 8;
  }

  @Override
  public void play(Scene scene) {
    Stage stage = scene.stage();
    stage.step("Declare an IPPool; each node gets a block of it", () -> scene.pool(true));
    stage.step("Start four pods through CNI, as a container runtime does", scene::startPods);
    stage.step(
        "Show how each node reaches the others, and what the router knows", () -> paths(scene));
    List<PodServer> servers = new ArrayList<>();
    try {
      stage.step(
          "Ping and connect: all pods, from all pods and nodes", () -> scene.matrix(servers));
      stage.step("Whom does a server see, and what did the router see?", () -> sources(scene));
      stage.step("Send what is too long for the tunnel, and a large file", () -> sizes(scene));
      stage.step("Tunnels everywhere, and back, while packets flow", () -> changeRouting(scene));
      stage.step("A pod sends a datagram to a node's end of the tunnel", () -> intrude(scene));
    } finally {
      servers.forEach(PodServer::close);
    }
  }

  private static void paths(Scene scene) {
    Stage stage = scene.stage();
    stage.show(
        """
        node1 %s ─┐           router %s             ┌─ node3 %s
        node2 %s ─┴── lan ──        %s  ── lan2 ──┘"""
            .formatted(
                node(scene, 1).get(0),
                router(scene, 1),
                node(scene, 3).get(0),
                node(scene, 2).get(0),
                router(scene, 2)));
    for (String family : scene.figure().families().stream().map(RoutedPlay::option).toList()) {
      String routes = scene.sandbox().exec("ip", family, "route").orThrow().stdout();
      stage.show("router: ip " + family + " route", routes);
      Stage.require(
          !routes.contains("10.244.") && !routes.contains("fd00:244:"),
          "the router has a route to pods: " + routes);
    }
    for (SandboxNode node : scene.sandbox().nodes()) {
      String peers = peers(node);
      stage.show(node.name() + ": curl http://127.0.0.1:9470/v1/peers", peers);
      for (Figure.Place place : Figure.PLACES) {
        if (!place.name().equals(node.name())) {
          boolean tunnel = node.name().equals("node3") || place.node() == 3;
          scene
              .figure()
              .blocks(place.node())
              .forEach(block -> expectPath(scene, peers, place.node(), block, tunnel));
        }
      }
    }
    showMetric(scene);
    stage.checked("node1 and node2 reach each other by a route, and node3 through a tunnel");
  }

  private static String option(Family family) {
    return "-" + family.version();
  }

  private static List<String> node(Scene scene, int node) {
    return scene.figure().nodeAddresses(node);
  }

  private static String router(Scene scene, int lan) {
    return node(scene, lan == 1 ? 1 : 3).get(0).replaceAll("\\d+$", "10");
  }

  /** What is not in the way of a screen: without the time since when, the last column. */
  private static String peers(SandboxNode node) {
    String table = node.askAgent("/v1/peers").orThrow().stdout();
    int width = table.indexOf("SINCE");
    return table
        .lines()
        .map(line -> line.substring(0, Math.min(width, line.length())))
        .collect(Collectors.joining("\n"));
  }

  private static void expectPath(
      Scene scene, String peers, int node, String block, boolean tunnel) {
    List<String> ends = node(scene, node);
    String address =
        tunnel
            ? ends.get(0)
            : ends.stream()
                .filter(end -> end.contains(":") == block.contains(":"))
                .findFirst()
                .orElseThrow();
    String path =
        tunnel
            ? "vxlan to " + address + " dev " + device(scene)
            : "direct via " + address + " dev eth0";
    String line = peers.lines().filter(l -> l.contains(" " + block + " ")).findFirst().orElse("");
    Stage.require(line.contains(path), block + " is not reached " + path + ": " + line);
  }

  private static String device(Scene scene) {
    return isOverIpv4(scene) ? "v-net-vx4" : "v-net-vx6";
  }

  private static boolean isOverIpv4(Scene scene) {
    return scene.figure().families().contains(Family.IPV4);
  }

  private static void showMetric(Scene scene) {
    String address = node(scene, 1).get(0);
    String[] get = scene.probe("get", address, "9471", "/metrics");
    String metrics = scene.sandbox().node("node1").exec(get).orThrow().stdout();
    String shown =
        metrics
            .lines()
            .filter(line -> line.startsWith("weft_peers"))
            .sorted()
            .collect(Collectors.joining("\n"));
    String host = address.contains(":") ? "[" + address + "]" : address;
    scene.stage().show("node1: curl http://" + host + ":9471/metrics | grep ^weft_peers", shown);
    for (Family family : scene.figure().families()) {
      for (String path : List.of("direct", "vxlan")) {
        String labels = "weft_peers{family=\"%d\",path=\"%s\"} 1".formatted(family.version(), path);
        Stage.require(shown.contains(labels), "the metrics lack " + labels + ": " + shown);
      }
    }
  }

  private static void sources(Scene scene) {
    SandboxPod blue = scene.pods().get(0);
    SandboxPod green = green(scene);
    for (List<SandboxPod> pair : List.of(List.of(blue, green), List.of(green, blue))) {
      SandboxPod client = pair.get(0);
      List<String> words = new ArrayList<>(List.of("seen", Matrix.PORT));
      words.addAll(pair.get(1).addresses());
      String seen =
          scene
              .nodeOf(client)
              .execInPod(client, scene.probe(words.toArray(String[]::new)))
              .orThrow()
              .stdout();
      scene.stage().show(client.name() + " connects to ADDRESS and is seen as SOURCE", seen);
      Stage.require(
          seen.lines().map(line -> line.split(" ")[1]).toList().equals(client.addresses()),
          client.name() + " is not seen as " + client.addresses() + ": " + seen);
    }
    String rules =
        scene
            .sandbox()
            .exec("nft", "list", "chain", "inet", "router", "forward")
            .orThrow()
            .stdout();
    String counters =
        rules
            .lines()
            .filter(line -> line.contains("counter"))
            .map(String::strip)
            .collect(Collectors.joining("\n"));
    scene.stage().show("router: nft list chain inet router forward | grep counter", counters);
    Stage.require(
        counters.lines().count() == 2
            && counters.lines().allMatch(line -> line.contains("packets 0 ")),
        "packets from pods' addresses reached the router: " + counters);
    scene.stage().checked("pods keep their addresses, and the router never saw one");
  }

  private static SandboxPod green(Scene scene) {
    return scene.pods().get(scene.pods().size() - 1);
  }

  private static void sizes(Scene scene) {
    SandboxPod blue = scene.pods().get(0);
    SandboxPod green = green(scene);
    for (String address : green.addresses()) {
      int headers = address.contains(":") ? IPV6_AND_ICMP_BYTES : IPV4_AND_ICMP_BYTES;
      int fits = LINK_MTU_BYTES - (isOverIpv4(scene) ? 50 : 70);
      ping(scene, blue, "-Mdo", fits - headers, address).orThrow();
      int payload = LINK_MTU_BYTES - headers;
      ExecResult refused = ping(scene, blue, "-Mdo", payload, address);
      String answer =
          (refused.stdout() + refused.stderr())
              .lines()
              .filter(line -> MTU.matcher(line).find())
              .findFirst()
              .orElse("no answer");
      scene.stage().show("blue: ping -M do -s " + payload + " " + address, answer);
      Matcher mtu = MTU.matcher(answer);
      Stage.require(
          mtu.find() && mtu.group(1).equals(Integer.toString(fits)),
          "the pod does not learn that " + fits + " bytes fit: " + answer);
      ping(scene, blue, "-Mdont", payload, address).orThrow();
    }
    for (List<SandboxPod> pair : List.of(List.of(blue, green), List.of(green, blue))) {
      pair.get(1)
          .addresses()
          .forEach(address -> transfer(scene, pair.get(0), pair.get(1), address));
    }
    scene.stage().checked("senders learn what fits, and large transfers arrive both ways");
  }

  private static ExecResult ping(
      Scene scene, SandboxPod from, String fragments, int payload, String address) {
    return scene
        .nodeOf(from)
        .execInPod(from, "ping", "-c3", "-i0.2", "-W2", fragments, "-s" + payload, address);
  }

  private static void transfer(Scene scene, SandboxPod from, SandboxPod to, String address) {
    try (PodServer sink = scene.inPod(to, "sink", SINK_PORT).awaitReady()) {
      long begun = System.nanoTime();
      String[] fill = scene.probe("fill", address, SINK_PORT, Long.toString(TRANSFER_BYTES));
      String arrived = scene.nodeOf(from).execInPod(from, fill).orThrow().stdout().strip();
      scene
          .stage()
          .show(
              String.format(
                  Locale.ROOT,
                  "%s -> %s %s: %s bytes by TCP in %.2f s",
                  from.name(),
                  to.name(),
                  address,
                  arrived,
                  (System.nanoTime() - begun) / 1e9));
      sink.finish();
    }
  }

  private static void changeRouting(Scene scene) {
    SandboxPod purple = scene.pods().get(2);
    SandboxPod blue = scene.pods().get(0);
    scene.loseNothingWhile(
        purple,
        blue,
        blue.addresses().get(0),
        () -> {
          for (Routing routing : List.of(Routing.VXLAN, Routing.Auto)) {
            for (IPPool pool : scene.sandbox().client().resources(IPPool.class).list().getItems()) {
              route(scene, pool.getMetadata().getName(), routing);
            }
            String path = routing == Routing.VXLAN ? "vxlan to " : "direct via ";
            for (String node : List.of("node1", "node2")) {
              awaitPath(scene, node, path);
            }
          }
        });
    scene.stage().checked("both nodes changed the path twice, and no packet was lost");
  }

  private static void route(Scene scene, String pool, Routing routing) {
    String patch = "{\"spec\":{\"routing\":\"%s\"}}".formatted(routing);
    scene
        .sandbox()
        .client()
        .resources(IPPool.class)
        .withName(pool)
        .patch(PatchContext.of(PatchType.JSON_MERGE), patch);
    scene.stage().show("$ kubectl patch ippool %s --type merge -p '%s'".formatted(pool, patch));
  }

  /** Waits until a node reaches the other of the first LAN so. */
  private static void awaitPath(Scene scene, String node, String path) {
    String other = node.equals("node1") ? "node2" : "node1";
    Set<String> seen =
        Set.copyOf(scene.figure().blocks(Integer.parseInt(other.substring("node".length()))));
    Stage.await(
        node + " to reach " + other + " " + path,
        () ->
            lines(scene, node, other).stream().filter(l -> l.contains(path)).count()
                == seen.size());
    lines(scene, node, other).forEach(line -> scene.stage().show(node + ": " + line));
  }

  private static List<String> lines(Scene scene, String node, String other) {
    return peers(scene.sandbox().node(node))
        .lines()
        .filter(l -> l.startsWith(other + " "))
        .toList();
  }

  private static void intrude(Scene scene) {
    SandboxPod blue = scene.pods().get(0);
    SandboxNode node = scene.nodeOf(blue);
    long before = droppedOfPods(node);
    String end = node(scene, 3).get(0);
    node.execInPod(blue, scene.probe("send", end, TUNNEL_PORT, "0800000077656600")).orThrow();
    Stage.await("the datagram to be dropped", () -> droppedOfPods(node) == before + 1);
    scene
        .stage()
        .show("node1: nft list counter inet weft_tunnel dropped_tunnel_pod", counter(node));
    scene.stage().checked("it is dropped on its own node, and counted");
  }

  private static long droppedOfPods(SandboxNode node) {
    Matcher packets = Pattern.compile("packets (\\d+)").matcher(counter(node));
    Stage.require(packets.find(), "no counter: " + counter(node));
    return Long.parseLong(packets.group(1));
  }

  private static String counter(SandboxNode node) {
    String text =
        node.exec("nft", "list", "counter", "inet", "weft_tunnel", "dropped_tunnel_pod")
            .orThrow()
            .stdout();
    return text.lines().filter(line -> line.contains("packets")).findFirst().orElse("").strip();
  }
}
