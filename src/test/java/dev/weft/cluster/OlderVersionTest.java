// SPDX-License-Identifier: Apache-2.0
package dev.weft.cluster;

import static dev.weft.cluster.Cluster.SOON;
import static dev.weft.cluster.Cluster.SYSTEM;
import static dev.weft.cluster.Cluster.eventuallyAsserted;
import static dev.weft.cluster.Cluster.field;
import static dev.weft.cluster.Cluster.kubectl;
import static dev.weft.cluster.Cluster.pods;
import static dev.weft.cluster.Cluster.words;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * An upgrade from an older version, of an older schema of the pools, and back: no running pod loses
 * a packet. On a cluster that never had Weft; {@code E2E_OLDER} names the older version's sources,
 * and the nodes have its image with the tag {@code older}.
 */
@Tag("upgrade")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@ExtendWith(Witness.class)
class OlderVersionTest {
  /** A pool that was disabled while its one node's pods run: {@code disabled} was all there was. */
  private static final String DISABLED = "disabled";

  private static final String AGENTS = "daemonset/weft-agent";

  private static Node last;
  private static List<String> blocks;
  private static String olderRevision;

  private String readySince;

  @BeforeAll
  static void installTheOlderVersion() {
    restoreOlderCrds();
    last = Node.last();
    boolean ipv6 = last.addresses().get(0).contains(":");
    // Older than the chart's pool: its node takes its block of it.
    Cluster.apply(
        "pool.yaml", Map.of("NAME", DISABLED, "RANGE", ipv6 ? "fd00:249::/48" : "10.249.0.0/16"));
    patchDisabled(
        "{\"nodeSelector\":{\"matchLabels\":{\"kubernetes.io/hostname\":\"%s\"}}}"
            .formatted(last.name()));
    installOlder();
    Installation.ready();
    Installation.tests();
    patchDisabled("{\"disabled\":true}");
    blocks = Cluster.blocks();
    assertThat(blocksOfDisabled()).isEqualTo(last.name());
    olderRevision = revision();
    Figures.note("schema revision, older version", olderRevision);
    note("pools, older version");
  }

  @BeforeEach
  void noteNodes() {
    readySince = Cluster.nodesReadySince();
  }

  @AfterEach
  void assertNothingWasNoticed() {
    assertThat(Cluster.nodesReadySince()).isEqualTo(readySince);
    assertThat(Cluster.blocks()).containsExactlyElementsOf(blocks);
    Cluster.assertNoAddressTwice();
  }

  @Test
  @Order(1)
  void anUpgradeAgentByAgentLosesNoPacket() {
    PacketStream.loses0While(
        "upgrade from an older version",
        () -> {
          Installation.install();
          // The next agent would be replaced once the first is ready.
          kubectl(
              "patch", AGENTS, "-n", SYSTEM, "-p", strategy("\"OnDelete\",\"rollingUpdate\":null"));
          Cluster.rolledOut(SYSTEM, "deployment/weft-operator");
          eventuallyAsserted(
              "the CRDs are of this version",
              SOON,
              () -> assertThat(revision()).isNotEqualTo(olderRevision));
          eventuallyAsserted(
              "the operator allocates nothing of the disabled pool",
              SOON,
              () -> assertThat(reasonOfDisabled()).isEqualTo("NoNewBlocks"));
          kubectl("wait", "pods", "-n", SYSTEM, "--all", "--for=condition=Ready", "--timeout=120s");
          startPodsElsewhere();
          assertThat(words(agents("{.items[*].spec.containers[0].image}")).stream().distinct())
              .as("agents of both versions")
              .hasSize(2);
          note("pools, agents of both versions");
          kubectl("patch", AGENTS, "-n", SYSTEM, "-p", strategy("\"RollingUpdate\""));
          Installation.rolledOut();
        });
    assertThatDisabledPoolServesNewPods();
    note("pools after the upgrade");
  }

  @Test
  @Order(2)
  void aRollbackLosesNoPacket() {
    PacketStream.loses0While(
        "rollback to the older version",
        () -> {
          // Not helm rollback: Helm 3 ends with an error where the older manifest has the pool.
          installOlder();
          restoreOlderCrds();
          Installation.rolledOut();
          startPodsElsewhere();
        });
    assertThat(revision()).isEqualTo(olderRevision);
    assertThat(blocksOfDisabled()).isEqualTo(last.name());
    note("pools after the rollback");
  }

  @Test
  @Order(3)
  void andAgainUpward() {
    PacketStream.loses0While(
        "upgrade after a rollback",
        () -> {
          Installation.install();
          Installation.rolledOut();
          Cluster.startPods();
        });
    assertThatDisabledPoolServesNewPods();
  }

  /** Starts pods on the other nodes: an older agent gives new pods nothing of a disabled pool. */
  private static void startPodsElsewhere() {
    kubectl("cordon", last.name());
    Cluster.startPods();
    kubectl("uncordon", last.name());
  }

  /** New pods of the node have addresses of its block, as the state NoNewBlocks has it. */
  private static void assertThatDisabledPoolServesNewPods() {
    Pod old = pods("app=web").get(pods("app=web").size() - 1);
    kubectl("delete", "pod", "-n", Cluster.TESTS, old.name());
    Installation.tests();
    Cluster.assertAnswer(pods("app=web"));
    assertThat(blocksOfDisabled()).isEqualTo(last.name());
    assertThat(reasonOfDisabled()).isEqualTo("NoNewBlocks");
  }

  private static void installOlder() {
    String sources = System.getenv("E2E_OLDER");
    Installation.installChart(sources + "/helm/weft", "--set", "image.tag=older");
  }

  /** Programs of schema revisions 1 and 2 read no object with a field that they do not know. */
  private static void restoreOlderCrds() {
    String crds = System.getenv("E2E_OLDER") + "/crds";
    kubectl("apply", "--server-side", "--force-conflicts", "-f", crds);
  }

  private static void patchDisabled(String spec) {
    kubectl("patch", "ippool", DISABLED, "--type=merge", "-p", "{\"spec\":%s}".formatted(spec));
  }

  private static String reasonOfDisabled() {
    return field("ippool/" + DISABLED, ".status.conditions[?(@.type==\"Ready\")].reason");
  }

  private static String blocksOfDisabled() {
    return field("ipallocations", ".items[?(@.spec.pool==\"%s\")].spec.node".formatted(DISABLED));
  }

  private static String strategy(String type) {
    return "{\"spec\":{\"updateStrategy\":{\"type\":%s}}}".formatted(type);
  }

  private static String agents(String jsonpath) {
    String label = "app.kubernetes.io/component=agent";
    return kubectl("get", "pods", "-n", SYSTEM, "-l", label, "-o", "jsonpath=" + jsonpath);
  }

  private static String revision() {
    return field("crd/ippools.weft.dev", ".metadata.annotations.weft\\.dev/schema-revision");
  }

  private static void note(String what) {
    Figures.note(what, "\n" + kubectl("get", "ippools", "-o", "wide"));
  }
}
