// SPDX-License-Identifier: Apache-2.0
package dev.weft.cluster;

import static dev.weft.cluster.Cluster.SOON;
import static dev.weft.cluster.Cluster.TESTS;
import static dev.weft.cluster.Cluster.eventually;
import static dev.weft.cluster.Cluster.eventuallyAsserted;
import static dev.weft.cluster.Cluster.field;
import static dev.weft.cluster.Cluster.host;
import static dev.weft.cluster.Cluster.kubectl;
import static dev.weft.cluster.Cluster.pods;
import static dev.weft.cluster.Cluster.words;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A cluster in two subnets: the last node stands behind a router that has no route to pods. Needs
 * three nodes. Who reaches whom and with which address, in general, the tests tagged {@code smoke}
 * show on the same cluster.
 */
@Tag("routed")
@Order(45)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@ExtendWith({Witness.class, Installation.class})
class RoutedTest {
  private static final int LARGE = 25_000_000;

  private static Node near;
  private static Node other;
  private static Node far;
  private static Pod nearPod;
  private static Pod farPod;
  private static Map<String, Long> unroutedBefore;

  @BeforeAll
  static void aServerBehindTheRouter() {
    List<Node> nodes = Node.all();
    near = nodes.get(0);
    other = nodes.get(1);
    far = Node.last();
    unroutedBefore = Machines.routerDrops("no-route");
    Cluster.apply("behind.yaml", Map.of("NODE", far.name()));
    kubectl("wait", "-n", TESTS, "pod/behind", "--for=condition=Ready", "--timeout=180s");
    nearPod = podOn(near);
    farPod = podOn(far);
  }

  private static Pod podOn(Node node) {
    return pods("app=web,set=a").stream()
        .filter(pod -> pod.node().equals(node.name()))
        .findFirst()
        .orElseThrow();
  }

  @Test
  @Order(1)
  void aNodeBehindTheRouterIsReachedThroughATunnelAndTheOthersDirectlyWherePoolsAllowIt() {
    for (String target : far.addresses()) {
      assertThat(near.sh("ip -o route get " + target)).as("a route to %s", far).contains(" via ");
    }
    assertPaths(near, far, "vxlan to ");
    assertPaths(far, near, "vxlan to ");
    String direct = routing().contains("VXLAN") ? "vxlan to " : "direct via ";
    assertPaths(near, other, direct);
    assertPaths(other, near, direct);
  }

  @Test
  @Order(2)
  void podsOfBothSidesReachEachOtherWithTheirOwnAddresses() {
    for (List<Pod> pair : bothWays()) {
      for (String address : pair.get(1).addresses()) {
        assertThat(pair.get(0).get(address, 8080, "clientip"))
            .startsWith(host(sameFamily(pair.get(0), address)) + ":");
        assertThat(ReachTest.udp(pair.get(0), address, 8081, "clientip"))
            .startsWith(host(sameFamily(pair.get(0), address)) + ":");
      }
    }
  }

  @Test
  @Order(3)
  void aServiceWithItsPodBehindTheRouterIsReachedFromEveryNodeEveryPodAndOutside() {
    List<String> requests = new ArrayList<>();
    for (String address : words(field("svc/behind", ".spec.clusterIPs[*]"))) {
      requests.add(curl(address, 80));
    }
    String nodePort = field("svc/behind", ".spec.ports[0].nodePort");
    List<String> atNodes =
        Node.all().stream()
            .flatMap(node -> node.addresses().stream())
            .map(address -> curl(address, Integer.parseInt(nodePort)))
            .toList();
    requests.addAll(atNodes);
    String all = String.join("; echo; ", requests);
    for (Node node : Node.all()) {
      eventuallyAsserted(
          "every address of the Service answers to " + node,
          SOON,
          () -> assertThat(node.sh(all).lines()).hasSameSizeAs(requests).containsOnly("behind"));
      assertThat(podOn(node).sh(all).lines()).hasSameSizeAs(requests).containsOnly("behind");
    }
    for (String request : atNodes) {
      assertThat(Machines.outside(request)).isEqualTo("behind");
    }
  }

  @Test
  @Order(4)
  void largeTransfersArriveBothWays() {
    for (List<Pod> pair : bothWays()) {
      for (String address : pair.get(1).addresses()) {
        ReachTest.send(pair.get(0), pair.get(1), address, LARGE);
      }
    }
  }

  /** Where the pod's MTU is more than the tunnel's its sender is told, and then sends less. */
  @Test
  @Order(5)
  void packetsOfTheWholeMtuArriveOrAreAnswered() {
    for (List<Pod> pair : bothWays()) {
      int mtu = Integer.parseInt(pair.get(0).sh("cat /sys/class/net/eth0/mtu"));
      for (String address : pair.get(1).addresses()) {
        int headers = address.contains(":") ? 48 : 28;
        Command answer = ReachTest.ping(pair.get(0), address, mtu);
        if (answer.code() != 0) {
          Figures.note("longest packet to the other subnet", ReachTest.mtu(answer) + " bytes");
        }
        String message = "echo " + "x".repeat(mtu - headers - "echo ".length());
        assertThat(ReachTest.udp(pair.get(0), address, 8081, "'" + message + "'"))
            .as("a datagram of the whole MTU")
            .isEqualTo(message.substring("echo ".length()));
      }
    }
  }

  @Test
  @Order(6)
  void namesAreResolvedOnEveryNode() {
    List<String> addresses = words(field("svc/behind", ".spec.clusterIPs[*]"));
    for (Node node : Node.all()) {
      for (String how : List.of("+notcp", "+tcp")) {
        String dig =
            "for t in A AAAA; do dig %s +short $t behind.%s.svc.cluster.local; done"
                .formatted(how, TESTS);
        eventuallyAsserted(
            "the Service's name on " + node + " " + how,
            SOON,
            () ->
                assertThat(words(podOn(node).sh(dig)))
                    .containsExactlyInAnyOrderElementsOf(addresses));
      }
    }
  }

  @Test
  @Order(7)
  void whatANodeItselfSendsThroughTheTunnelHasItsGatewaysAddress() {
    for (List<Object> pair :
        List.of(List.<Object>of(near, farPod), List.<Object>of(far, nearPod))) {
      Node node = (Node) pair.get(0);
      String gateways = node.sh("ip -br address show dev v-net-0");
      for (String address : ((Pod) pair.get(1)).addresses()) {
        String seen =
            node.sh(
                "curl -sS -g --fail --max-time 10 http://%s:8080/clientip"
                    .formatted(host(address)));
        String source = seen.substring(0, seen.lastIndexOf(':')).replaceAll("[\\[\\]]", "");
        assertThat(gateways).as("source of %s", node).contains(" " + source + "/");
      }
    }
  }

  @Test
  @Order(8)
  void aPodBehindTheRouterReachesTheApiServerAndEveryKubelet() {
    assertThat(farPod.sh("curl -sk --max-time 20 https://kubernetes.default.svc/version"))
        .contains("gitVersion");
    for (Node node : Node.all()) {
      for (String address : node.addresses()) {
        String ask =
            "curl -sk --max-time 20 -o /dev/null -w '%%{http_code}' https://%s:10250/healthz";
        assertThat(farPod.sh(ask.formatted(host(address)))).isEqualTo("401");
      }
    }
  }

  @Test
  @Order(9)
  void aPoolsRoutingChangesWhilePodsTalkAndNothingIsLost() {
    String before = routing().get(0);
    List<Pod> talking = List.of(nearPod, podOn(other), farPod);
    PacketStream.loses0While(
        "spec.routing to the other of Auto and VXLAN, and back",
        talking,
        () -> {
          for (String wanted : List.of(before.equals("VXLAN") ? "Auto" : "VXLAN", before)) {
            route(wanted);
            String path = wanted.equals("VXLAN") ? "vxlan to " : "direct via ";
            eventually("both nodes changed the path", SOON, () -> reaches(near, other, path));
            eventually("both nodes changed the path", SOON, () -> reaches(other, near, path));
          }
        });
  }

  /**
   * Last: no packet with a pod's address left a node outside of a tunnel, in all that was tried.
   */
  @Test
  @Order(10)
  void theRouterSawNoPodsAddress() {
    assertThat(Machines.routerDrops("source"))
        .isNotEmpty()
        .allSatisfy(
            (family, packets) ->
                assertThat(packets).as("packets from a pod's address, %s", family).isZero());
    assertThat(Machines.routerDrops("no-route")).isEqualTo(unroutedBefore);
  }

  private static List<List<Pod>> bothWays() {
    return List.of(List.of(nearPod, farPod), List.of(farPod, nearPod));
  }

  private static String sameFamily(Pod pod, String address) {
    return pod.addresses().stream()
        .filter(own -> own.contains(":") == address.contains(":"))
        .findFirst()
        .orElseThrow();
  }

  private static List<String> routing() {
    return words(kubectl("get", "ippools", "-o", "jsonpath={.items[*].spec.routing}"));
  }

  private static void route(String routing) {
    for (String pool : words(kubectl("get", "ippools", "-o", "name"))) {
      String spec = "{\"spec\":{\"routing\":\"%s\"}}".formatted(routing);
      kubectl("patch", pool, "--type=merge", "-p", spec);
    }
  }

  private static void assertPaths(Node from, Node to, String path) {
    eventuallyAsserted(
        "%s reaches %s %s".formatted(from, to, path),
        SOON,
        () -> assertThat(reaches(from, to, path)).as(() -> peers(from)).isTrue());
  }

  /** Whether a node reaches every block of another by such a path. */
  private static boolean reaches(Node from, Node to, String path) {
    List<String> lines =
        peers(from).lines().filter(line -> line.startsWith(to.name() + " ")).toList();
    return !lines.isEmpty() && lines.stream().allMatch(line -> line.contains(path));
  }

  private static String peers(Node node) {
    return node.sh("curl -sS --fail 127.0.0.1:9470/v1/peers");
  }

  private static String curl(String address, int port) {
    return "curl -sS -g --fail --max-time 10 http://%s:%d/hostname".formatted(host(address), port);
  }
}
