// SPDX-License-Identifier: Apache-2.0
package dev.weft.cluster;

import static dev.weft.cluster.Cluster.SYSTEM;
import static dev.weft.cluster.Cluster.TESTS;
import static dev.weft.cluster.Cluster.eventuallyAsserted;
import static dev.weft.cluster.Cluster.kubectl;
import static dev.weft.cluster.Cluster.nodes;
import static dev.weft.cluster.Cluster.onNode;
import static dev.weft.cluster.Cluster.pods;
import static dev.weft.cluster.Cluster.rolledOut;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** Pods with host ports on a real kubelet and runtime, reached from everywhere. */
@ClusterTests
@Order(35)
class HostPortTest {
  private static final Duration SOON = Duration.ofSeconds(90);
  private static final int HTTP = 40080;
  private static final int UDP = 40081;
  private static final int SHARED = 40090;

  private static String node;
  private static String elsewhere;
  private static List<String> addresses;

  @BeforeAll
  static void servers() {
    List<String> nodes = nodes();
    node = nodes.get(nodes.size() - 1);
    elsewhere = nodes.get(0);
    addresses = new Node(node).addresses();
    run("anywhere", port(HTTP, 8080, "TCP", ""), port(UDP, 8081, "UDP", ""));
    run("client");
    ready("anywhere");
    ready("client");
  }

  @AfterAll
  static void removePods() {
    kubectl("delete", "pods", "-n", TESTS, "-l", "app=hostport");
  }

  @Test
  void isReachedFromOutsideTheNodeAPodAndThePodItself() {
    Pod client = pod("client");
    Pod itself = pod("anywhere");
    for (String address : addresses) {
      String url = "http://%s:%d/".formatted(host(address), HTTP);
      String hostname = "curl -sS --fail --max-time 10 " + url + "hostname";
      assertThat(onNode(elsewhere, hostname)).as("from outside").isEqualTo("anywhere");
      assertThat(onNode(node, hostname)).as("from the node").isEqualTo("anywhere");
      assertThat(client.sh(hostname)).as("from a pod").isEqualTo("anywhere");
      assertThat(itself.sh(hostname)).as("from itself").isEqualTo("anywhere");

      String seen = onNode(elsewhere, "curl -sS --fail --max-time 10 " + url + "clientip");
      assertThat(new Node(elsewhere).addresses().stream().map(HostPortTest::host))
          .as("the client's own address")
          .contains(seen.substring(0, seen.lastIndexOf(':')));
    }
  }

  @Test
  void isReachedOverUdp() {
    Pod client = pod("client");
    Pod itself = pod("anywhere");
    for (String address : addresses) {
      String ask = "echo -n hostname | nc -u -w 2 %s %d".formatted(address, UDP);
      eventuallyAsserted(
          "an answer",
          SOON,
          () -> {
            assertThat(onNode(elsewhere, ask)).isEqualTo("anywhere");
            assertThat(onNode(node, ask)).isEqualTo("anywhere");
            assertThat(client.sh(ask)).isEqualTo("anywhere");
            assertThat(itself.sh(ask)).isEqualTo("anywhere");
          });
    }
  }

  /** As Kubernetes' conformance test of host ports has it. */
  @Test
  void theSamePortOfAnotherAddressAndProtocolIsAnotherPods() {
    String address = addresses.get(0);
    String loopback = address.contains(":") ? "::1" : "127.0.0.1";
    run("loopback", port(SHARED, 8080, "TCP", loopback));
    run("address", port(SHARED, 8080, "TCP", address));
    run("udp", port(SHARED, 8081, "UDP", address));
    ready("loopback");
    ready("address");
    ready("udp");

    String curl = "curl -sS --fail --max-time 10 --interface %s http://%s:%d/hostname";
    assertThat(onNode(node, curl.formatted(address, host(loopback), SHARED))).isEqualTo("loopback");
    assertThat(onNode(node, curl.formatted(address, host(address), SHARED))).isEqualTo("address");
    eventuallyAsserted(
        "an answer",
        SOON,
        () ->
            assertThat(
                    onNode(
                        elsewhere,
                        "echo -n hostname | nc -u -w 2 %s %d".formatted(address, SHARED)))
                .isEqualTo("udp"));
  }

  @Test
  void outlivesTheAgentAndGoesToTheNextPod() {
    int port = 40100;
    String ask =
        "curl -sS --fail --max-time 5 http://%s:%d/hostname"
            .formatted(host(addresses.get(0)), port);
    run("first", port(port, 8080, "TCP", ""));
    ready("first");
    kubectl("rollout", "restart", "-n", SYSTEM, "daemonset/weft-agent");
    rolledOut(SYSTEM, "daemonset/weft-agent");
    assertThat(onNode(elsewhere, ask)).isEqualTo("first");

    kubectl("delete", "pod", "-n", TESTS, "first", "--grace-period=1");
    assertThat(Cluster.nodeCommand(elsewhere, ask).code()).isNotZero();
    run("second", port(port, 8080, "TCP", ""));
    ready("second");
    assertThat(onNode(elsewhere, ask)).isEqualTo("second");
  }

  private static String port(int hostPort, int containerPort, String protocol, String hostIp) {
    String on = hostIp.isEmpty() ? "" : ", hostIP: \"" + hostIp + "\"";
    return "{hostPort: %d, containerPort: %d, protocol: %s%s}"
        .formatted(hostPort, containerPort, protocol, on);
  }

  private static void run(String name, String... ports) {
    String manifest =
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: NAME, namespace: NAMESPACE, labels: {app: hostport}}
        spec:
          nodeName: NODE
          terminationGracePeriodSeconds: 1
          tolerations: [{operator: Exists}]
          containers:
            - name: web
              image: IMAGE
              args: [netexec, --http-port=8080, --udp-port=8081]
              ports: [PORTS]
              readinessProbe: {httpGet: {path: /hostname, port: 8080}, periodSeconds: 1}
        """
            .replace("NAMESPACE", TESTS)
            .replace("NAME", name)
            .replace("NODE", node)
            .replace("IMAGE", Cluster.IMAGE)
            .replace("PORTS", String.join(", ", ports));
    Command.runWithInput(manifest, "kubectl", "apply", "-f", "-").succeeded();
  }

  private static void ready(String name) {
    kubectl("wait", "-n", TESTS, "pod/" + name, "--for=condition=Ready", "--timeout=90s");
  }

  private static Pod pod(String name) {
    return pods("app=hostport").stream()
        .filter(pod -> pod.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static String host(String address) {
    return address.contains(":") ? "[" + address + "]" : address;
  }
}
