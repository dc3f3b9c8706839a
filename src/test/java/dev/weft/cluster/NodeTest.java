// SPDX-License-Identifier: Apache-2.0
package dev.weft.cluster;

import static dev.weft.cluster.Cluster.SOON;
import static dev.weft.cluster.Cluster.TESTS;
import static dev.weft.cluster.Cluster.eventually;
import static dev.weft.cluster.Cluster.eventuallyAsserted;
import static dev.weft.cluster.Cluster.kubectl;
import static dev.weft.cluster.Cluster.pods;
import static dev.weft.cluster.Cluster.words;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** Nodes lose their power, come later, and go. */
@ClusterTests
@Order(90)
class NodeTest {
  private static final Duration LONG = Duration.ofMinutes(5);

  private static Node added;

  @Test
  @Order(1)
  void aNodeWhosePowerWasCutComesBackWithItsBlocksAndItsPods() {
    Node node = Node.last();
    List<String> blocks = node.blocks();
    int failedBefore = failedSandboxes(node);
    Machines.cut(node);
    long start = System.nanoTime();
    Machines.start(node);
    eventuallyAsserted("the node's pods are new and run", LONG, () -> assertPodsRunAgain(node));
    long seconds = (System.nanoTime() - start) / 1_000_000_000;
    Figures.note("power cut: pods of the node run again after", seconds + " s");
    Figures.note(
        "power cut: failed ADDs that kubelet told of",
        String.valueOf(failedSandboxes(node) - failedBefore));
    eventuallyAsserted("nodes are Ready", LONG, Cluster::assertNodesReady);
    assertThat(node.blocks()).containsExactlyInAnyOrderElementsOf(blocks);
    eventuallyAsserted(
        "a port and an address for each pod, none more",
        LONG,
        () -> {
          assertThat(node.ports()).isPositive().isLessThanOrEqualTo(node.namespaces());
          assertThat(node.used()).containsOnly(String.valueOf(node.ports()));
        });
    Cluster.assertNoAddressTwice();
    assertAllReachAll();
  }

  @Test
  @Order(2)
  void aNodeThatIsAddedLaterGetsABlockAndReachesTheOthers() {
    long start = System.nanoTime();
    added = Machines.add();
    eventuallyAsserted("the new node is Ready", LONG, Cluster::assertNodesReady);
    long seconds = (System.nanoTime() - start) / 1_000_000_000;
    Figures.note("node added: Ready after", seconds + " s, images loaded included");
    Installation.tests();
    assertThat(added.blocks()).isNotEmpty();
    assertAllReachAll();
    Cluster.assertNoAddressTwice();
  }

  @Test
  @Order(3)
  void aNodeThatIsDeletedLosesItsBlocksAfterTheGracePeriodAndItsPeersTheirRoutes() {
    Installation.change("operator.gracePeriod=15s", "operator.releaseHold=5s");
    List<String> blocks = added.blocks();
    Node peer = Node.all().get(0);
    assertThat(peer.sh("ip route; ip -6 route")).contains(blocks);
    Machines.remove(added);
    eventuallyAsserted("its blocks are free", LONG, () -> assertThat(added.blocks()).isEmpty());
    for (Node node : Node.all()) {
      eventuallyAsserted(
          "no route to it on " + node,
          SOON,
          () -> assertThat(node.sh("ip route; ip -6 route")).doesNotContain(blocks));
    }
    eventually(
        "its pods are gone",
        LONG,
        () -> pods("app=web").stream().noneMatch(pod -> pod.node().equals(added.name())));
    assertAllReachAll();
  }

  private static void assertPodsRunAgain(Node node) {
    List<String> states =
        kubectl(
                "get",
                "pods",
                "-n",
                TESTS,
                "-l",
                "app in (web,node-shell)",
                "--field-selector=spec.nodeName=" + node.name(),
                "-o",
                "jsonpath={range .items[*]}{.status.containerStatuses[0].restartCount}"
                    + " {.status.conditions[?(@.type==\"Ready\")].status}{\"\\n\"}{end}")
            .lines()
            .toList();
    assertThat(states).hasSize(3).allMatch(state -> state.matches("[1-9]\\d* True"));
  }

  private static int failedSandboxes(Node node) {
    String events =
        kubectl(
            "get",
            "events",
            "-A",
            "--field-selector=reason=FailedCreatePodSandBox",
            "-o",
            "jsonpath={.items[?(@.source.host==\"%s\")].count}".formatted(node.name()));
    return words(events).stream().mapToInt(Integer::parseInt).sum();
  }

  private static void assertAllReachAll() {
    String ping = "ping -c 3 -i 0.2 -W 5 %s >/dev/null";
    List<String> pings =
        pods("app=web").stream()
            .flatMap(pod -> pod.addresses().stream())
            .map(ping::formatted)
            .toList();
    for (Pod from : pods("app=web,set=a")) {
      eventuallyAsserted(
          from + " reaches every pod", SOON, () -> from.sh(String.join(" && ", pings)));
    }
  }
}
