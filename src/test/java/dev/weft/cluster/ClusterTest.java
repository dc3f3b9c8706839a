// SPDX-License-Identifier: Apache-2.0
package dev.weft.cluster;

import static dev.weft.cluster.Cluster.SYSTEM;
import static dev.weft.cluster.Cluster.TESTS;
import static dev.weft.cluster.Cluster.eventually;
import static dev.weft.cluster.Cluster.eventuallyAsserted;
import static dev.weft.cluster.Cluster.figure;
import static dev.weft.cluster.Cluster.helm;
import static dev.weft.cluster.Cluster.kubectl;
import static dev.weft.cluster.Cluster.nodes;
import static dev.weft.cluster.Cluster.onNode;
import static dev.weft.cluster.Cluster.pods;
import static dev.weft.cluster.Cluster.rolledOut;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * A user's road on a real cluster: install, pods that reach each other, Services, names, upgrade,
 * accidents, uninstall. One installation, so the order counts.
 */
@Tag("cluster")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ClusterTest {
  private static final Duration READY = Duration.ofSeconds(60);
  private static final Duration SOON = Duration.ofSeconds(90);
  private static final Duration STORM = Duration.ofMinutes(6);
  private static final int STORM_PODS = 90;

  @Test
  @Order(1)
  void helmInstallMakesEveryNodeReadyWithinAMinute() {
    long start = System.nanoTime();
    install();
    eventuallyAsserted("every node is Ready", READY, Cluster::assertNodesReady);
    figure("helm install to all nodes Ready: " + (System.nanoTime() - start) / 1_000_000 + " ms");
    rolledOut(SYSTEM, "daemonset/weft-agent");
    rolledOut(SYSTEM, "deployment/weft-operator");
    Cluster.apply("base.yaml");
    rolledOut(TESTS, "daemonset/node-shell");
  }

  @Test
  @Order(2)
  void everyNodeHasABlockAndItsNetworkIsAvailable() {
    eventuallyAsserted(
        "every block is Ready and Programmed",
        SOON,
        () -> {
          String table =
              kubectl(
                  "get",
                  "ipallocations",
                  "-o",
                  "jsonpath={range .items[*]}{.spec.node} {.status.phase}"
                      + " {.status.conditions[?(@.type==\"Programmed\")].status}{\"\\n\"}{end}");
          List<String> lines = table.lines().toList();
          assertThat(lines).allMatch(line -> line.endsWith(" Ready True"));
          assertThat(lines.stream().map(line -> line.split(" ")[0]).collect(Collectors.toSet()))
              .containsExactlyInAnyOrderElementsOf(nodes());
        });
    assertThat(
            kubectl(
                "get",
                "ippool",
                "default",
                "-o",
                "jsonpath={.status.blocks.allocated} {.status.conditions[?(@.type==\"Ready\")].status}"))
        .isEqualTo(nodes().size() + " True");
    eventuallyAsserted(
        "NetworkUnavailable is False on every node",
        SOON,
        () ->
            assertThat(
                    Cluster.words(
                        kubectl(
                            "get",
                            "nodes",
                            "-o",
                            "jsonpath={.items[*].status.conditions[?(@.type==\"NetworkUnavailable\")].status}")))
                .hasSize(nodes().size())
                .containsOnly("False"));
  }

  @Test
  @Order(3)
  void podsReachEachOtherAndKeepTheirSourceAddress() {
    Cluster.apply("web.yaml");
    rolledOut(TESTS, "daemonset/web");
    rolledOut(TESTS, "daemonset/web2");
    List<Pod> pods = pods("app=web");
    assertThat(pods).hasSize(2 * nodes().size());
    for (Pod from : pods) {
      for (Pod to : pods) {
        if (!from.equals(to)) {
          assertThat(from.get(to.address(), 8080, "clientip"))
              .as("%s on %s to %s on %s", from.address(), from.node(), to.address(), to.node())
              .startsWith(host(from.address()) + ":");
        }
      }
    }
  }

  @Test
  @Order(4)
  void payloadsOfOneByteAndOfManySegmentsArrive() {
    List<Pod> pods = pods("app=web,set=a");
    Pod from = pods.get(0);
    Pod to = pods.get(pods.size() - 1);
    assertThat(from.get(to.address(), 8080, "echo?msg=x")).isEqualTo("x");
    for (int bytes : List.of(1, 1_400, 1_500, 9_000, 3_000_000)) {
      to.sh(
          "rm -f /tmp/in; nc %s -l 9000 >/tmp/in 2>/dev/null </dev/null &"
              .formatted(to.address().contains(":") ? "-6" : "-4"));
      from.sh(
          "n=0; until head -c %d /dev/zero | nc -N -w 10 %s 9000; do n=$((n+1)); [ $n -lt 50 ] || exit 1; sleep 0.2; done"
              .formatted(bytes, to.address()));
      eventuallyAsserted(
          bytes + " bytes arrive",
          SOON,
          () -> assertThat(to.sh("wc -c </tmp/in")).isEqualTo(String.valueOf(bytes)));
    }
    String mtu = from.sh("cat /sys/class/net/eth0/mtu");
    int header = to.address().contains(":") ? 48 : 28;
    from.sh(
        "ping -c 3 -W 5 -M do -s %d %s".formatted(Integer.parseInt(mtu) - header, to.address()));
    assertThat(from.sh("echo -n hostname | nc -u -w 2 %s 8081".formatted(to.address())))
        .isEqualTo(to.name());
  }

  @Test
  @Order(5)
  void servicesAreReachedFromPodsFromNodesAndFromThePodBehindThem() {
    String service = kubectl("get", "svc", "-n", TESTS, "web", "-o", "jsonpath={.spec.clusterIP}");
    String alone = kubectl("get", "svc", "-n", TESTS, "alone", "-o", "jsonpath={.spec.clusterIP}");
    String nodePort =
        kubectl("get", "svc", "-n", TESTS, "web", "-o", "jsonpath={.spec.ports[0].nodePort}");
    kubectl("wait", "-n", TESTS, "pod/alone", "--for=condition=Ready", "--timeout=90s");
    List<String> names = pods("app=web").stream().map(Pod::name).toList();
    for (Pod pod : pods("app=web")) {
      for (int i = 0; i < 6; i++) {
        assertThat(pod.get(service, 80, "hostname")).isIn(names);
      }
      assertThat(pod.get("web", 80, "hostname")).as("by name").isIn(names);
    }
    for (String node : nodes()) {
      assertThat(onNode(node, "curl -sS --max-time 10 http://" + host(service) + "/hostname"))
          .isIn(names);
      for (String target : nodeAddresses()) {
        assertThat(
                onNode(
                    node,
                    "curl -sS --max-time 10 http://%s:%s/hostname"
                        .formatted(host(target), nodePort)))
            .isIn(names);
      }
    }
    Pod behind = pods("app=alone").get(0);
    for (int i = 0; i < 5; i++) {
      assertThat(behind.get(alone, 80, "hostname")).isEqualTo("alone");
    }
  }

  @Test
  @Order(6)
  void podsReachTheApiServerAndEveryNodesKubelet() {
    Pod pod = pods("app=web").get(0);
    assertThat(pod.sh("curl -sk --max-time 10 https://kubernetes.default.svc/version"))
        .contains("gitVersion");
    for (String address : nodeAddresses()) {
      assertThat(
              pod.sh(
                  "curl -sk --max-time 10 -o /dev/null -w '%{http_code}' https://"
                      + host(address)
                      + ":10250/healthz"))
          .isEqualTo("401");
    }
  }

  @Test
  @Order(7)
  void nodesReachPodsAndKubectlExecLogsAndProxyWork() {
    List<Pod> pods = pods("app=web");
    for (String node : nodes()) {
      for (Pod pod : pods) {
        assertThat(
                onNode(
                    node,
                    "curl -sS --max-time 10 http://%s:8080/hostname"
                        .formatted(host(pod.address()))))
            .isEqualTo(pod.name());
      }
    }
    Pod pod = pods.get(pods.size() - 1);
    assertThat(pod.sh("echo exec works")).isEqualTo("exec works");
    assertThat(kubectl("logs", "-n", TESTS, pod.name())).contains("8080");
    assertThat(
            kubectl(
                "get",
                "--raw",
                "/api/v1/namespaces/%s/pods/%s:8080/proxy/hostname".formatted(TESTS, pod.name())))
        .isEqualTo(pod.name());
  }

  @Test
  @Order(8)
  void theProgramsHoldNoMoreRightsThanTheyNeed() {
    String caps = "grep -h -E '^(CapEff|Uid|NoNewPrivs|Seccomp):' /proc/%s/status";
    for (String node : nodes()) {
      String agent = processOf(node, "weft-agent");
      assertThat(onNode(node, caps.formatted(agent)).replaceAll("\\s+", " "))
          .as("agent on %s: only CAP_NET_ADMIN", node)
          .contains("CapEff: 0000000000001000")
          .contains("Uid: 0 ")
          .contains("NoNewPrivs: 1")
          .contains("Seccomp: 2");
    }
    String node =
        Cluster.words(
                kubectl(
                    "get",
                    "pods",
                    "-n",
                    SYSTEM,
                    "-l",
                    "app.kubernetes.io/component=operator",
                    "-o",
                    "jsonpath={.items[*].spec.nodeName}"))
            .get(0);
    assertThat(
            onNode(node, caps.formatted(processOf(node, "weft-operator"))).replaceAll("\\s+", " "))
        .as("operator: no capability, no root")
        .contains("CapEff: 0000000000000000")
        .contains("Uid: 65532 ")
        .contains("NoNewPrivs: 1")
        .contains("Seccomp: 2");
  }

  @Test
  @Order(9)
  void anAgentMayNotWriteAnotherNodesStatus() {
    List<String> nodes = nodes();
    String foreign =
        kubectl(
            "get",
            "ipallocations",
            "-o",
            "jsonpath={.items[?(@.spec.node==\"%s\")].metadata.name}".formatted(nodes.get(1)));
    String agentPod =
        kubectl(
            "get",
            "pods",
            "-n",
            SYSTEM,
            "-l",
            "app.kubernetes.io/component=agent",
            "--field-selector=spec.nodeName=" + nodes.get(0),
            "-o",
            "jsonpath={.items[0].metadata.name}");
    String uid = kubectl("get", "pod", "-n", SYSTEM, agentPod, "-o", "jsonpath={.metadata.uid}");
    String token =
        kubectl(
            "create",
            "token",
            "weft-agent",
            "-n",
            SYSTEM,
            "--bound-object-kind=Pod",
            "--bound-object-name=" + agentPod,
            "--bound-object-uid=" + uid);
    String patch =
        "curl -sk --max-time 20 -X PATCH -H 'Authorization: Bearer %s' -H 'Content-Type:"
            + " application/merge-patch+json' -d '{\"status\":{\"phase\":\"Pending\"}}'"
            + " https://kubernetes.default.svc/apis/weft.dev/v1alpha1/ipallocations/%s/status";
    assertThat(pods("app=web").get(0).sh(patch.formatted(token, Cluster.words(foreign).get(0))))
        .contains("\"code\": 422")
        .contains("an agent writes only its own node's allocations");
  }

  @Test
  @Order(10)
  void aRollingRestartLosesNoPacketOfRunningPods() {
    assertNoPacketIsLostWhile(
        () -> {
          kubectl("rollout", "restart", "-n", SYSTEM, "daemonset/weft-agent");
          rolledOut(SYSTEM, "daemonset/weft-agent");
        });
  }

  @Test
  @Order(11)
  void killingEveryProgramLosesNoPacketOfRunningPods() {
    assertNoPacketIsLostWhile(
        () -> {
          for (String node : nodes()) {
            kill(node, "weft-agent");
            kill(node, "weft-operator");
          }
          kubectl("wait", "-n", SYSTEM, "pods", "--all", "--for=condition=Ready", "--timeout=120s");
        });
  }

  @Test
  @Order(12)
  void aStormOfPodsAllRunAndLeaveNothingBehind() {
    String node = nodes().get(nodes().size() - 1);
    int rounds = Integer.parseInt(System.getenv().getOrDefault("ROUNDS", "1"));
    for (int round = 1; round <= rounds; round++) {
      storm(node, round, round % 2 == 0);
    }
  }

  @Test
  @Order(13)
  void anUpgradeLosesNoPacketOfRunningPods() {
    assertNoPacketIsLostWhile(
        () -> {
          helm(
              "upgrade",
              "weft",
              Cluster.chart(),
              "-n",
              SYSTEM,
              "--reuse-values",
              "--set",
              "agent.podAnnotations.round=upgrade",
              "--set",
              "operator.podAnnotations.round=upgrade");
          rolledOut(SYSTEM, "daemonset/weft-agent");
          rolledOut(SYSTEM, "deployment/weft-operator");
        });
  }

  @Test
  @Order(14)
  void deletingTheCrdOfTheAllocationsLosesNoPacketAndTheSameBlocksComeBack() {
    List<String> before = blocks();
    assertNoPacketIsLostWhile(
        () -> {
          String crd = Cluster.file("crds/ipallocations.weft.dev.yaml");
          kubectl("delete", "-f", crd);
          kubectl("apply", "-f", crd);
          eventuallyAsserted(
              "every node has its blocks again",
              SOON,
              () -> assertThat(blocks()).containsExactlyElementsOf(before));
        });
  }

  @Test
  @Order(15)
  void uninstallKeepsPoolAndBlocksAndRunningPodsTalking() {
    assertNoPacketIsLostWhile(
        () -> {
          helm("uninstall", "weft", "-n", SYSTEM, "--wait");
          eventually(
              "the agents are gone",
              SOON,
              () -> kubectl("get", "pods", "-n", SYSTEM, "-o", "name").isBlank());
        });
    assertThat(kubectl("get", "ippools", "-o", "name")).contains("default");
    assertThat(Cluster.words(kubectl("get", "ipallocations", "-o", "name")))
        .hasSizeGreaterThanOrEqualTo(nodes().size());
    install();
    rolledOut(SYSTEM, "daemonset/weft-agent");
  }

  @Test
  @Order(16)
  void cleanupLeavesEveryNodeAsItWasBefore() {
    helm("uninstall", "weft", "-n", SYSTEM, "--wait");
    String manifest = Cluster.file("examples/cleanup.yaml");
    kubectl("apply", "-f", manifest);
    rolledOut(SYSTEM, "daemonset/weft-cleanup");
    for (String node : nodes()) {
      assertThat(
              onNode(
                  node,
                  "ip -o link | grep -E ' (v-net-0|wf[0-9a-f]{11})'; ip route show proto 87; ip -6 route"
                      + " show proto 87; ls /host/opt/cni/bin /host/etc/cni/net.d | grep weft; true"))
          .as("what is left on %s", node)
          .isEmpty();
    }
    kubectl("delete", "-f", manifest);
  }

  private void storm(String node, int round, boolean killAgent) {
    long before = veths(node);
    long start = System.nanoTime();
    kubectl(
        "create",
        "deployment",
        "storm",
        "-n",
        TESTS,
        "--image=registry.k8s.io/pause:3.10.1",
        "--replicas=0");
    kubectl(
        "patch",
        "deployment",
        "storm",
        "-n",
        TESTS,
        "-p",
        "{\"spec\":{\"replicas\":%d,\"template\":{\"spec\":{\"nodeName\":\"%s\",\"terminationGracePeriodSeconds\":0}}}}"
            .formatted(STORM_PODS, node));
    if (killAgent) {
      eventually("half of the storm runs", STORM, () -> veths(node) > before + STORM_PODS / 2);
      kill(node, "weft-agent");
    }
    eventuallyAsserted(
        "every pod of the storm is Running",
        STORM,
        () ->
            assertThat(
                    kubectl(
                        "get",
                        "deployment",
                        "storm",
                        "-n",
                        TESTS,
                        "-o",
                        "jsonpath={.status.readyReplicas}"))
                .isEqualTo(String.valueOf(STORM_PODS)));
    figure(
        "storm %d: %d pods of one node Running in %d ms"
            .formatted(round, STORM_PODS, (System.nanoTime() - start) / 1_000_000));
    List<String> addresses = pods("app=storm").stream().map(Pod::address).toList();
    assertThat(addresses).hasSize(STORM_PODS).doesNotHaveDuplicates();
    kubectl("delete", "deployment", "storm", "-n", TESTS);
    eventually("every pod of the storm is gone", STORM, () -> pods("app=storm").isEmpty());
    eventuallyAsserted(
        "no veth of the storm is left", SOON, () -> assertThat(veths(node)).isEqualTo(before));
    eventuallyAsserted(
        "the allocation tells what is used",
        SOON,
        () -> assertThat(used(node)).isNotEmpty().containsOnly(String.valueOf(before)));
  }

  /**
   * Pings between pods of one node and of two, and a TCP request each time, while something
   * happens.
   */
  private static void assertNoPacketIsLostWhile(Runnable event) {
    List<Pod> pods = pods("app=web");
    Pod first = pods.get(0);
    List<Pod> targets = List.of(pods.get(1), pods.get(pods.size() - 1));
    for (int i = 0; i < targets.size(); i++) {
      first.sh(
          "rm -f /tmp/ping%1$d; ping -i 0.02 -w 600 %2$s >/tmp/ping%1$d 2>&1 </dev/null & echo $! >/tmp/pid%1$d"
              .formatted(i, targets.get(i).address()));
    }
    event.run();
    for (int i = 0; i < targets.size(); i++) {
      String text =
          first.sh(
              "kill -INT $(cat /tmp/pid%1$d); until grep packets.transmitted /tmp/ping%1$d; do sleep 0.1; done"
                  .formatted(i));
      figure(
          "ping to %s: %s"
              .formatted(
                  targets.get(i),
                  text.lines().filter(line -> line.contains("loss")).findFirst().orElse(text)));
      assertThat(lost(text)).as(text).isLessThanOrEqualTo(1); // one may be in flight at the end
    }
  }

  private static int lost(String summary) {
    var matcher =
        java.util.regex.Pattern.compile("(\\d+) packets transmitted, (\\d+) received")
            .matcher(summary);
    assertThat(matcher.find()).as(summary).isTrue();
    return Integer.parseInt(matcher.group(1)) - Integer.parseInt(matcher.group(2));
  }

  /** Installs or upgrades; {@code E2E_HELM_ARGS} holds more words for helm. */
  static void install() {
    List<String> words =
        new ArrayList<>(
            List.of(
                "upgrade",
                "--install",
                "weft",
                Cluster.chart(),
                "-n",
                SYSTEM,
                "--create-namespace"));
    words.addAll(Cluster.words(System.getenv().getOrDefault("E2E_HELM_ARGS", "")));
    helm(words.toArray(String[]::new));
  }

  /** Every block and the node that has it. */
  private static List<String> blocks() {
    return kubectl(
            "get",
            "ipallocations",
            "--sort-by=.metadata.name",
            "-o",
            "jsonpath={range .items[*]}{.metadata.name} {.spec.node}{\"\\n\"}{end}")
        .lines()
        .toList();
  }

  /** How many addresses each of a node's blocks has in use, as its allocation tells. */
  private static List<String> used(String node) {
    return Cluster.words(
        kubectl(
            "get",
            "ipallocations",
            "-o",
            "jsonpath={.items[?(@.spec.node==\"%s\")].status.addresses.used}".formatted(node)));
  }

  private static long veths(String node) {
    return onNode(node, "ip -o link show type veth").lines().filter(l -> l.contains(" wf")).count();
  }

  /** The process id of a program on a node; empty where it does not run there. */
  private static String processOf(String node, String program) {
    return onNode(
        node,
        "for p in /proc/[0-9]*; do"
            + " tr '\\0' ' ' 2>/dev/null <$p/cmdline | grep -q '^%s @' && basename $p; done; true"
                .formatted(program));
  }

  private static void kill(String node, String program) {
    String process = processOf(node, program);
    if (!process.isEmpty()) {
      onNode(node, "kill -9 " + process);
    }
  }

  private static List<String> nodeAddresses() {
    return Cluster.words(
        kubectl(
            "get",
            "nodes",
            "-o",
            "jsonpath={.items[*].status.addresses[?(@.type==\"InternalIP\")].address}"));
  }

  private static String host(String address) {
    return address.contains(":") ? "[" + address + "]" : address;
  }
}
