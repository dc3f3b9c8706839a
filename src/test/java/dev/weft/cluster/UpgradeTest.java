// SPDX-License-Identifier: Apache-2.0
package dev.weft.cluster;

import static dev.weft.cluster.Cluster.SOON;
import static dev.weft.cluster.Cluster.SYSTEM;
import static dev.weft.cluster.Cluster.TESTS;
import static dev.weft.cluster.Cluster.eventuallyAsserted;
import static dev.weft.cluster.Cluster.kubectl;
import static dev.weft.cluster.Cluster.pods;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** Restart, SIGKILL, upgrade and lost objects: running pods do not notice. */
@ClusterTests
@Order(80)
class UpgradeTest {
  @Test
  @Order(1)
  void aRollingRestartLosesNoPacketAndPodsStartMeanwhile() {
    PacketStream.loses0While(
        "rolling restart of the agents",
        () -> {
          kubectl("rollout", "restart", "-n", SYSTEM, "daemonset/weft-agent");
          kubectl("rollout", "restart", "-n", TESTS, "deployment/restarted");
          Cluster.rolledOut(SYSTEM, "daemonset/weft-agent");
          Cluster.rolledOut(TESTS, "deployment/restarted");
        });
    Cluster.assertAnswer(pods("app=restarted"));
  }

  @Test
  @Order(2)
  void killingEveryProgramLosesNoPacket() {
    PacketStream.loses0While(
        "SIGKILL of every agent and operator",
        () -> {
          for (Node node : Node.all()) {
            node.kill("weft-agent");
            node.kill("weft-operator");
          }
          kubectl("wait", "-n", SYSTEM, "pods", "--all", "--for=condition=Ready", "--timeout=180s");
        });
  }

  @Test
  @Order(3)
  void anUpgradeLosesNoPacket() {
    PacketStream.loses0While(
        "helm upgrade",
        () ->
            Installation.change(
                "agent.podAnnotations.round=upgrade", "operator.podAnnotations.round=upgrade"));
  }

  @Test
  @Order(4)
  void deletingTheCrdOfTheAllocationsLosesNoPacketAndTheSameBlocksComeBack() {
    List<String> before = Cluster.blocks();
    PacketStream.loses0While(
        "CRD of the allocations deleted",
        () -> {
          String crd = Cluster.file("crds/ipallocations.weft.dev.yaml");
          kubectl("delete", "-f", crd);
          kubectl("apply", "-f", crd);
          eventuallyAsserted(
              "every node has its blocks again",
              SOON,
              () -> assertThat(Cluster.blocks()).containsExactlyElementsOf(before));
        });
  }
}
