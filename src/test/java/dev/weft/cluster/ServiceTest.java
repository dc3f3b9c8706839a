// SPDX-License-Identifier: Apache-2.0
package dev.weft.cluster;

import static dev.weft.cluster.Cluster.SOON;
import static dev.weft.cluster.Cluster.TESTS;
import static dev.weft.cluster.Cluster.eventuallyAsserted;
import static dev.weft.cluster.Cluster.field;
import static dev.weft.cluster.Cluster.host;
import static dev.weft.cluster.Cluster.kubectl;
import static dev.weft.cluster.Cluster.nodes;
import static dev.weft.cluster.Cluster.pods;
import static dev.weft.cluster.Cluster.words;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Services of every kind, from pods, nodes, outside and the pod behind them. */
@ClusterTests
@Order(30)
class ServiceTest {
  private static List<String> names;

  @BeforeAll
  static void servers() {
    Cluster.apply("services.yaml");
    Cluster.rolledOut(TESTS, "deployment/gated");
    names = pods("app=web").stream().map(Pod::name).toList();
  }

  @Test
  @Order(1)
  @Tag("smoke")
  void everyPodReachesAServiceByAddressAndByName() {
    for (Pod pod : pods("app=web")) {
      for (String address : addresses("web")) {
        eventuallyAsserted(
            pod + " reaches the Service at " + address,
            SOON,
            () -> assertThat(pod.get(address, 80, "hostname")).isIn(names));
      }
      eventuallyAsserted(
          pod + " reaches the Service by name",
          SOON,
          () -> assertThat(pod.get("web", 80, "hostname")).isIn(names));
    }
  }

  @Test
  @Order(2)
  @Tag("smoke")
  void aPodReachesItselfThroughItsService() {
    Pod behind = pods("app=alone").get(0);
    for (String address : addresses("alone")) {
      assertThat(behind.sh(twelve(address, "80")).lines()).hasSize(12).containsOnly("alone");
    }
  }

  @Test
  @Order(3)
  @Tag("smoke")
  void nodesReachServicesAndEveryNodesNodePort() {
    String nodePort = nodePort("web");
    List<String> requests = new ArrayList<>();
    addresses("web").forEach(address -> requests.add(curl(address, "80", "hostname")));
    nodeAddresses().forEach(target -> requests.add(curl(target, nodePort, "hostname")));
    for (Node node : Node.all()) {
      assertThat(node.sh(String.join("; echo; ", requests)).lines())
          .as("answers to %s", node)
          .hasSameSizeAs(requests)
          .isSubsetOf(names);
    }
  }

  @Test
  @Order(4)
  @Tag("smoke")
  void aNodePortIsReachedFromOutside() {
    for (String target : nodeAddresses()) {
      assertThat(Machines.outside(curl(target, nodePort("web"), "hostname"))).isIn(names);
    }
  }

  @Test
  @Order(5)
  void oneServiceServesUdpAndTcpAndAllItsEndpoints() {
    Pod from = pods("app=web").get(0);
    for (String address : addresses("web")) {
      Set<String> seen = new HashSet<>();
      eventuallyAsserted(
          "each endpoint of " + address + " answers once",
          SOON,
          () -> {
            seen.addAll(from.sh(twelve(address, "80")).lines().toList());
            assertThat(seen).containsExactlyInAnyOrderElementsOf(names);
          });
      assertThat(ReachTest.udp(from, address, 80, "hostname")).isIn(names);
    }
  }

  @Test
  @Order(6)
  void aClientStaysWithItsEndpointWhileTheServiceAsksForIt() {
    Pod from = pods("app=web").get(0);
    for (String address : addresses("sticky")) {
      assertOneEndpoint(from.sh(twelve(address, "80")));
    }
    Node node = Node.last();
    assertOneEndpoint(node.sh(twelve(nodeAddresses().get(0), nodePort("sticky"))));
    kubectl(
        "patch", "svc", "-n", TESTS, "sticky", "-p", "{\"spec\":{\"sessionAffinity\":\"None\"}}");
    Set<String> seen = new HashSet<>();
    eventuallyAsserted(
        "without affinity other endpoints answer, too",
        SOON,
        () -> {
          seen.addAll(from.sh(twelve(addresses("sticky").get(0), "80")).lines().toList());
          assertThat(seen).hasSizeGreaterThan(1);
        });
  }

  @Test
  @Order(7)
  void aServiceOfLocalEndpointsKeepsTheClientsAddress() {
    Pod only = pods("app=alone").get(0);
    Node home = new Node(only.node());
    for (String target : home.addresses()) {
      String client = Machines.outsideAddress(target);
      eventuallyAsserted(
          "the endpoint sees " + client,
          SOON,
          () ->
              assertThat(Machines.outside(curl(target, nodePort("local"), "clientip")))
                  .startsWith(host(client) + ":"));
    }
    Node other = Node.all().stream().filter(node -> !node.equals(home)).findFirst().orElseThrow();
    String elsewhere = other.addresses().get(0);
    assertThat(Machines.tryOutside(curl(elsewhere, nodePort("local"), "clientip")).code())
        .as("a node without an endpoint refuses")
        .isNotZero();
  }

  @Test
  @Order(8)
  void anEndpointIsServedWhileItIsReady() {
    Pod gated = pods("app=gated").get(0);
    assertThat(endpoints("gated")).contains(gated.address()).endsWith("true");
    Pod from = pods("app=web").get(0);
    String address = addresses("gated").get(0);
    assertThat(from.get(address, 80, "hostname")).isEqualTo(gated.name());
    gated.sh("rm /tmp/ready");
    eventuallyAsserted(
        "the endpoint is not ready", SOON, () -> assertThat(endpoints("gated")).endsWith("false"));
    eventuallyAsserted(
        "the Service refuses",
        SOON,
        () -> assertThat(from.exec(curl(address, "80", "hostname")).code()).isNotZero());
    gated.sh("touch /tmp/ready");
    eventuallyAsserted(
        "it is served again",
        SOON,
        () -> assertThat(from.get(address, 80, "hostname")).isEqualTo(gated.name()));
  }

  @Test
  @Order(9)
  void endpointSlicesNameEveryPodOfTheService() {
    List<String> expected =
        pods("app=web").stream().flatMap(pod -> pod.addresses().stream()).toList();
    assertThat(
            words(
                kubectl(
                    "get",
                    "endpointslices",
                    "-n",
                    TESTS,
                    "-l",
                    "kubernetes.io/service-name=web",
                    "-o",
                    "jsonpath={.items[*].endpoints[*].addresses[*]}")))
        .containsExactlyInAnyOrderElementsOf(expected);
  }

  private static void assertOneEndpoint(String answers) {
    assertThat(Set.copyOf(answers.lines().toList())).hasSize(1).isSubsetOf(names);
  }

  /** Twelve requests, each of its own connection; a line an answer. */
  private static String twelve(String address, String port) {
    return "for i in $(seq 12); do %s; echo; done".formatted(curl(address, port, "hostname"));
  }

  private static List<String> addresses(String service) {
    return words(field("svc/" + service, ".spec.clusterIPs[*]"));
  }

  private static String nodePort(String service) {
    return field("svc/" + service, ".spec.ports[0].nodePort");
  }

  private static List<String> nodeAddresses() {
    return nodes().stream().flatMap(name -> new Node(name).addresses().stream()).toList();
  }

  private static String endpoints(String service) {
    return kubectl(
        "get",
        "endpointslices",
        "-n",
        TESTS,
        "-l",
        "kubernetes.io/service-name=" + service,
        "-o",
        "jsonpath={.items[0].endpoints[*].addresses[*]} {.items[0].endpoints[*].conditions.ready}");
  }

  private static String curl(String address, String port, String path) {
    return "curl -sS -g --fail --max-time 10 http://%s:%s/%s".formatted(host(address), port, path);
  }
}
