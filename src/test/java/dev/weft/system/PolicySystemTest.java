// SPDX-License-Identifier: Apache-2.0
package dev.weft.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.net.Family;
import dev.weft.sandbox.ExecResult;
import dev.weft.sandbox.SandboxPod;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyBuilder;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Policies by labels between pods of two nodes, with real packets. */
@Tag("system")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PolicySystemTest {
  private static final String NAMESPACE = "shop";

  private Cluster cluster;
  private SandboxPod server;
  private SandboxPod near;
  private SandboxPod far;
  private SandboxPod stranger;
  private Probe listening;

  @BeforeAll
  void start() throws IOException {
    cluster = Cluster.up(Cluster.options("policy", 2, Family.IPV4, Family.IPV6));
    createNamespace(NAMESPACE, "red");
    createNamespace("other", "blue");
    server = cluster.addPod(1, NAMESPACE, "server", "server");
    near = cluster.addPod(1, NAMESPACE, "near", "client");
    far = cluster.addPod(2, NAMESPACE, "far", "client");
    stranger = cluster.addPod(2, "other", "stranger", "client");
    listening = Probe.serve(cluster.node(1), server);
  }

  @AfterAll
  void stop() throws IOException {
    if (listening != null) {
      listening.close();
    }
    if (cluster != null) {
      cluster.close();
    }
  }

  @AfterEach
  void deletePolicies() {
    cluster.sandbox().client().network().v1().networkPolicies().inNamespace(NAMESPACE).delete();
    Cluster.await("no table", () -> !hasTable(1) && !hasTable(2));
  }

  private void createNamespace(String name, String team) {
    cluster
        .sandbox()
        .client()
        .resource(
            new NamespaceBuilder()
                .withNewMetadata()
                .withName(name)
                .addToLabels("team", team)
                .endMetadata()
                .build())
        .create();
  }

  private boolean hasTable(int node) {
    return cluster.node(node).exec("nft", "list", "table", "inet", "weft_policy").ok();
  }

  private static NetworkPolicyBuilder policy(String name) {
    return new NetworkPolicyBuilder()
        .withNewMetadata()
        .withNamespace(NAMESPACE)
        .withName(name)
        .endMetadata()
        .withNewSpec()
        .withNewPodSelector()
        .addToMatchLabels("app", "server")
        .endPodSelector()
        .withPolicyTypes("Ingress")
        .endSpec();
  }

  private void create(NetworkPolicyBuilder policy) {
    cluster.sandbox().client().resource(policy.build()).create();
  }

  private boolean reaches(SandboxPod client) {
    return server.addresses().stream()
        .allMatch(address -> cluster.probe(client, "connect", Probe.PORT, address).ok());
  }

  private boolean reachesNothing(SandboxPod client) {
    return server.addresses().stream()
        .noneMatch(address -> cluster.probe(client, "connect", Probe.PORT, address).ok());
  }

  private void awaitOpen(SandboxPod client) {
    Cluster.await(client.name() + " reaches the server", () -> reaches(client));
  }

  private void awaitClosed(SandboxPod client) {
    Cluster.await(client.name() + " does not reach the server", () -> reachesNothing(client));
  }

  private String policyOf(SandboxPod pod) {
    return cluster
        .node(1)
        .askAgent("/v1/policy?pod=" + pod.namespace() + "/" + pod.name())
        .stdout();
  }

  @Test
  void withoutAPolicyEveryoneReachesThePodAndThereIsNoTable() {
    awaitOpen(near);
    awaitOpen(far);
    awaitOpen(stranger);
    assertThat(hasTable(1)).isFalse();
  }

  @Test
  void aPolicyWithoutRulesClosesThePodForPodsOfEveryNodeAndNotForItsOwn() {
    create(policy("deny"));
    awaitClosed(near);
    awaitClosed(far);
    for (String address : server.addresses()) {
      cluster.node(1).exec(Cluster.probeCommand("connect", Probe.PORT, address)).orThrow();
    }
    assertThat(hasTable(2)).as("node2 has no pod that a policy selects").isFalse();
  }

  @Test
  void whomAPolicyNamesByLabelReachesThePodAndOthersDoNot() {
    create(
        policy("allow")
            .editSpec()
            .addNewIngress()
            .addNewFrom()
            .withNewPodSelector()
            .addToMatchLabels("app", "client")
            .endPodSelector()
            .endFrom()
            .endIngress()
            .endSpec());
    awaitClosed(stranger);
    awaitOpen(near);
    awaitOpen(far);
    assertThat(policyOf(server)).contains("shop/allow").contains("app=client");
    ExecResult verb =
        cluster
            .node(1)
            .exec(
                "env",
                "WEFT_NODE_NAME=node1",
                Cluster.HOME.resolve("bin/weft-agent").toString(),
                "policy",
                server.namespace() + "/" + server.name());
    assertThat(verb.stdout()).as(verb.stderr()).contains("shop/allow").contains("app=client");
  }

  @Test
  void aNamespaceIsChosenByItsLabels() {
    create(
        policy("blue")
            .editSpec()
            .addNewIngress()
            .addNewFrom()
            .withNewNamespaceSelector()
            .addToMatchLabels("team", "blue")
            .endNamespaceSelector()
            .endFrom()
            .endIngress()
            .endSpec());
    awaitClosed(far);
    awaitOpen(stranger);
    assertThat(reachesNothing(near)).isTrue();
  }

  @Test
  void aLabelThatComesAndGoesOpensAndClosesTheWay() {
    create(
        policy("vip")
            .editSpec()
            .addNewIngress()
            .addNewFrom()
            .withNewPodSelector()
            .addToMatchLabels("vip", "yes")
            .endPodSelector()
            .endFrom()
            .endIngress()
            .endSpec());
    awaitClosed(far);
    label(far, "yes");
    awaitOpen(far);
    label(far, "no");
    awaitClosed(far);
  }

  private void label(SandboxPod pod, String vip) {
    cluster
        .sandbox()
        .client()
        .pods()
        .inNamespace(pod.namespace())
        .withName(pod.name())
        .edit(
            is -> new PodBuilder(is).editMetadata().addToLabels("vip", vip).endMetadata().build());
  }

  @Test
  void aNewPodIsUnderItsPolicyFromItsFirstPacketOn() throws IOException {
    create(policy("deny"));
    awaitClosed(far);
    SandboxPod late = cluster.addPod(1, NAMESPACE, "late", "server");
    try (Probe serving = Probe.serve(cluster.node(1), late)) {
      assertThat(serving.isAlive()).isTrue();
      for (String address : late.addresses()) {
        assertThat(cluster.probe(far, "connect", Probe.PORT, address).ok()).isFalse();
      }
    } finally {
      cluster.deletePod(late);
    }
  }

  @Test
  void rulesThatSomebodyFlushesComeBack() {
    create(policy("deny"));
    awaitClosed(far);
    cluster.node(1).exec("nft", "delete", "table", "inet", "weft_policy").orThrow();
    Cluster.await("the table is back", () -> hasTable(1));
    awaitClosed(far);
  }

  @Test
  void anAgentThatIsRestartedKeepsThePodClosed() {
    create(policy("deny"));
    awaitClosed(far);
    cluster.node(1).killAgent();
    assertThat(reachesNothing(far)).isTrue();
    cluster.node(1).startAgent();
    cluster.node(1).awaitReady();
    assertThat(reachesNothing(far)).isTrue();
    Cluster.await(
        "the agent to have the policies again", () -> policyOf(server).contains("shop/deny"));
  }
}
