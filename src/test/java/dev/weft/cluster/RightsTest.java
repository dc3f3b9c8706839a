// SPDX-License-Identifier: Apache-2.0
package dev.weft.cluster;

import static dev.weft.cluster.Cluster.SYSTEM;
import static dev.weft.cluster.Cluster.kubectl;
import static dev.weft.cluster.Cluster.pods;
import static dev.weft.cluster.Cluster.words;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** What the running programs may do, and how much memory they have. */
@ClusterTests
@Order(60)
class RightsTest {
  private static final String RIGHTS =
      "grep -h -E '^(CapEff|Uid|NoNewPrivs|Seccomp):' /proc/%s/status";

  @Test
  @Order(1)
  void theProgramsHoldNoMoreRightsThanTheyNeed() {
    for (Node node : Node.all()) {
      assertThat(rights(node, "weft-agent"))
          .as("agent on %s: only CAP_NET_ADMIN", node)
          .contains("CapEff: 0000000000001000")
          .contains("Uid: 0 ")
          .contains("NoNewPrivs: 1")
          .contains("Seccomp: 2");
    }
    assertThat(rights(operator(), "weft-operator"))
        .as("operator: no capability, no root")
        .contains("CapEff: 0000000000000000")
        .contains("Uid: 65532 ")
        .contains("NoNewPrivs: 1")
        .contains("Seccomp: 2");
  }

  @Test
  @Order(2)
  void anAgentMayNotWriteAnotherNodesStatus() {
    Node own = Node.all().get(0);
    String foreign = Node.last().blockNames().get(0);
    String patch =
        "curl -sk --max-time 20 -X PATCH -H 'Authorization: Bearer %s' -H 'Content-Type:"
            + " application/merge-patch+json' -d '{\"status\":{\"phase\":\"Pending\"}}'"
            + " https://kubernetes.default.svc/apis/weft.dev/v1alpha1/ipallocations/%s/status";
    assertThat(pods("app=web").get(0).sh(patch.formatted(agentToken(own), foreign)))
        .contains("\"code\": 422")
        .contains("an agent writes only its own node's allocations");
  }

  @Test
  @Order(3)
  void theProgramsAreSmall() {
    long agent =
        Node.all().stream().mapToLong(node -> residentKb(node, "weft-agent")).max().orElse(0);
    long operator = residentKb(operator(), "weft-operator");
    Figures.note("memory of an agent (VmRSS, the largest)", agent / 1000 + " MB");
    Figures.note("memory of an operator (VmRSS)", operator / 1000 + " MB");
    assertThat(agent).isBetween(1L, 200_000L);
    assertThat(operator).isBetween(1L, 300_000L);
  }

  private static String rights(Node node, String program) {
    return node.sh(RIGHTS.formatted(node.process(program))).replaceAll("\\s+", " ");
  }

  private static long residentKb(Node node, String program) {
    String line = node.sh("grep VmRSS /proc/%s/status".formatted(node.process(program)));
    return Long.parseLong(words(line).get(1));
  }

  /** A node that an operator runs on. */
  private static Node operator() {
    return new Node(words(ofPods("operator", "{.items[*].spec.nodeName}")).get(0));
  }

  /** A token as the agent of a node has it. */
  private static String agentToken(Node node) {
    String pod =
        ofPods(
            "agent", "{.items[?(@.spec.nodeName==\"%s\")].metadata.name}".formatted(node.name()));
    String uid = kubectl("get", "pod", "-n", SYSTEM, pod, "-o", "jsonpath={.metadata.uid}");
    return kubectl(
        "create",
        "token",
        "weft-agent",
        "-n",
        SYSTEM,
        "--bound-object-kind=Pod",
        "--bound-object-name=" + pod,
        "--bound-object-uid=" + uid);
  }

  private static String ofPods(String component, String path) {
    String label = "app.kubernetes.io/component=" + component;
    return kubectl("get", "pods", "-n", SYSTEM, "-l", label, "-o", "jsonpath=" + path);
  }
}
