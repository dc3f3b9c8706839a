// SPDX-License-Identifier: Apache-2.0
package dev.weft.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.core.net.Family;
import dev.weft.sandbox.SandboxNode;
import dev.weft.sandbox.SandboxOptions;
import dev.weft.sandbox.SandboxPod;
import dev.weft.sandbox.cni.CniFailure;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/** Losing the API server, or its objects, drops no packet and stops no pod from starting. */
@Tag("system")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ApiAwaySystemTest {
  /** The agent claims its lost block at once, or a pause after the claim before. */
  private static final Pattern LOST =
      Pattern.compile("IPAllocation 10-244-1-0-24 was (deleted|lost and is claimed again)");

  Cluster cluster;
  SandboxPod near;
  SandboxPod far;

  @BeforeAll
  void start() {
    cluster = Cluster.up(options());
    near = cluster.addPod(1, "near");
    far = cluster.addPod(2, "far");
    Cluster.await(
        "both nodes to know the way to each other",
        () ->
            cluster.probe(near, "ping", far.addresses().get(0)).ok()
                && cluster.probe(far, "ping", near.addresses().get(0)).ok());
  }

  /** What the cluster is like. */
  SandboxOptions options() {
    return Cluster.options("api-away", 2, Family.IPV4);
  }

  @AfterAll
  void stop() {
    if (cluster != null) {
      cluster.close();
    }
  }

  @Test
  @Order(1)
  void podsComeAndGoWithoutAnApiServerAlsoAfterAnAgentsRestart() throws Exception {
    SandboxNode node = cluster.node(1);
    Set<String> routes = cluster.ip(1, "route", "show", "proto", "87");
    try (Probe server = Probe.serve(node, near);
        Probe stream = Probe.stream(cluster.node(2), far, near.addresses().get(0))) {
      cluster.sandbox().stopApi();
      Container during = Container.create(node, "during");
      String address = during.add().get(0);
      assertThat(cluster.probe(far, "ping", address).ok()).isTrue();
      Cluster.await(
          "the agent to say that the API server is away",
          () -> node.askAgent("/readyz").stdout().contains("API"));
      during.delete();

      node.killAgent();
      node.startAgent();
      Container after = Container.create(node, "after");
      Cluster.await(
          "an ADD by an agent that never saw the API server", () -> !after.add().isEmpty());
      after.delete();
      assertThat(cluster.ip(1, "route", "show", "proto", "87")).isEqualTo(routes);

      cluster.sandbox().startApi();
      node.awaitReady();
      assertThat(server.isAlive()).isTrue();
      cluster.assertLossless(stream);
      during.removeNamespace();
      after.removeNamespace();
    }
    Cluster.await(
        "the API server to learn what is used",
        () -> Resources.allocation(cluster, "10-244-1-0-24").getStatus().addresses().used() == 1);
  }

  @Test
  @Order(2)
  void allocationsThatAreDeletedComeBackToTheirOwnersAndNoRouteGoes() throws Exception {
    Set<String> routes = cluster.ip(1, "route", "show", "proto", "87");
    try (Probe server = Probe.serve(cluster.node(1), near);
        Probe stream = Probe.stream(cluster.node(2), far, near.addresses().get(0))) {
      Resources.allocations(cluster).delete();
      Cluster.await(
          "every block to be with its owner again",
          () ->
              Resources.allocation(cluster, "10-244-1-0-24").getSpec().node().equals("node1")
                  && Resources.allocation(cluster, "10-244-2-0-24").getSpec().node().equals("node2")
                  && Resources.isReady(cluster, "10-244-1-0-24")
                  && Resources.isReady(cluster, "10-244-2-0-24"));
      assertThat(server.isAlive()).isTrue();
      cluster.assertLossless(stream);
    }
    assertThat(cluster.ip(1, "route", "show", "proto", "87")).isEqualTo(routes);
  }

  @Test
  @Order(3)
  void withoutAnOperatorToRestoreThemTheRoutesStayAndNothingNewIsGivenOut() throws Exception {
    SandboxNode node = cluster.node(1);
    Set<String> routes = cluster.ip(1, "route", "show", "proto", "87");
    cluster.sandbox().killOperator();
    Resources.allocations(cluster).delete();
    Cluster.await(
        "the agent to report that its block is lost",
        () -> LOST.matcher(node.askAgent("/readyz").stdout()).find());
    Container refused = Container.create(node, "refused-for-now");
    assertThatThrownBy(refused::add)
        .isInstanceOfSatisfying(
            CniFailure.class, failure -> assertThat(failure.code()).isEqualTo(11))
        .hasMessageFindingMatch(LOST.pattern());
    node.cni().status();
    assertThat(node.askAgent("/readyz").ok()).as("the node stays good").isTrue();
    assertThat(cluster.ip(1, "route", "show", "proto", "87")).isEqualTo(routes);
    assertThat(cluster.probe(far, "ping", near.addresses().get(0)).ok()).isTrue();
    cluster.sandbox().startOperator();
    Cluster.await("an ADD once the block is back", () -> !refused.add().isEmpty());
    refused.delete();
    refused.removeNamespace();
    assertThat(Resources.allocation(cluster, "10-244-1-0-24").getSpec().node()).isEqualTo("node1");
  }

  @Test
  @Order(4)
  void aRestartedAgentKeepsTheRouteToAnOwnerThatHasNotToldItsAddressAnew() throws Exception {
    Set<String> routes = cluster.ip(1, "route", "show", "proto", "87");
    try (Probe server = Probe.serve(cluster.node(1), near);
        Probe stream = Probe.stream(cluster.node(2), far, near.addresses().get(0))) {
      cluster.node(1).killAgent();
      cluster.node(2).killAgent();
      // One that remembers the blocks keeps them for claims, and gives their nodes others.
      cluster.sandbox().killOperator();
      Resources.allocations(cluster).delete();
      cluster.sandbox().startOperator();
      Cluster.await(
          "the owner to have its block again",
          () -> Resources.allocation(cluster, "10-244-2-0-24").getSpec().node().equals("node2"));

      cluster.node(1).startAgent();
      cluster.node(1).awaitReady();
      assertThat(cluster.ip(1, "route", "show", "proto", "87")).isEqualTo(routes);
      cluster.node(2).startAgent();
      cluster.node(2).awaitReady();
      assertThat(server.isAlive()).isTrue();
      cluster.assertLossless(stream);
    }
    assertThat(cluster.ip(1, "route", "show", "proto", "87")).isEqualTo(routes);
  }
}
