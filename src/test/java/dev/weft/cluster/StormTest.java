// SPDX-License-Identifier: Apache-2.0
package dev.weft.cluster;

import static dev.weft.cluster.Cluster.SOON;
import static dev.weft.cluster.Cluster.TESTS;
import static dev.weft.cluster.Cluster.eventually;
import static dev.weft.cluster.Cluster.eventuallyAsserted;
import static dev.weft.cluster.Cluster.field;
import static dev.weft.cluster.Cluster.kubectl;
import static dev.weft.cluster.Cluster.pods;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/**
 * Ninety pods on one node at once, with SIGKILL in the middle: every one runs, no address is given
 * twice, and when they are gone nothing is left.
 */
@ClusterTests
@Order(70)
class StormTest {
  private static final Duration LONG = Duration.ofMinutes(6);
  private static final int PODS = 90;

  private final Node node = Node.last();

  @Test
  @Order(1)
  void inPeace() {
    int rounds = Integer.parseInt(System.getenv().getOrDefault("ROUNDS", "1"));
    for (int round = 1; round <= rounds; round++) {
      storm("round " + round, () -> {});
    }
  }

  @Test
  @Order(2)
  void whileAgentAndOperatorsAreKilled() {
    storm(
        "SIGKILL of agent and operators",
        () -> {
          node.kill("weft-agent");
          Node.all().forEach(each -> each.kill("weft-operator"));
        });
  }

  @Test
  @Order(3)
  void whileTheContainerRuntimeIsKilled() {
    long before = node.ports();
    start();
    eventually("half of the storm runs", LONG, () -> node.ports() > before + PODS / 2);
    node.killRuntime();
    assertEveryPodRuns("SIGKILL of containerd", System.nanoTime());
    end();
    // The runtime may forget a namespace that it was just making; while it is there its address is.
    eventuallyAsserted(
        "no more ports than namespaces that the runtime holds",
        SOON,
        () -> assertThat(node.ports()).isBetween(before, node.namespaces()));
    Figures.note(
        "ports of namespaces that containerd forgot", String.valueOf(node.ports() - before));
    node.removeForgottenNamespaces();
    assertNothingIsLeft(before);
  }

  private void storm(String what, Runnable accident) {
    long before = node.ports();
    long started = System.nanoTime();
    start();
    eventually("half of the storm runs", LONG, () -> node.ports() > before + PODS / 2);
    accident.run();
    assertEveryPodRuns(what, started);
    end();
    assertNothingIsLeft(before);
  }

  private void start() {
    String storm = "deployment/storm";
    String image = "--image=registry.k8s.io/pause:3.10.1";
    kubectl("create", "deployment", "storm", "-n", TESTS, image, "--replicas=0");
    String spec =
        "{\"spec\":{\"replicas\":%d,\"template\":{\"spec\":{\"nodeName\":\"%s\",\"terminationGracePeriodSeconds\":0}}}}";
    kubectl("patch", storm, "-n", TESTS, "-p", spec.formatted(PODS, node.name()));
  }

  private static void assertEveryPodRuns(String what, long started) {
    eventuallyAsserted(
        "every pod of the storm is Running",
        LONG,
        () ->
            assertThat(field("deployment/storm", ".status.readyReplicas"))
                .isEqualTo(String.valueOf(PODS)));
    long seconds = (System.nanoTime() - started) / 1_000_000_000;
    Figures.note(PODS + " pods of one node Running, " + what, seconds + " s");
    List<String> addresses =
        pods("app=storm").stream().flatMap(pod -> pod.addresses().stream()).toList();
    assertThat(addresses).hasSizeGreaterThanOrEqualTo(PODS).doesNotHaveDuplicates();
  }

  private static void end() {
    kubectl("delete", "deployment", "storm", "-n", TESTS);
    eventually("every pod of the storm is gone", LONG, () -> pods("app=storm").isEmpty());
  }

  private void assertNothingIsLeft(long before) {
    eventuallyAsserted(
        "no veth of the storm is left", SOON, () -> assertThat(node.ports()).isEqualTo(before));
    eventuallyAsserted(
        "the allocations tell what is used",
        SOON,
        () -> assertThat(node.used()).isNotEmpty().containsOnly(String.valueOf(before)));
  }
}
