// SPDX-License-Identifier: Apache-2.0
package dev.weft.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.net.Family;
import dev.weft.sandbox.SandboxPod;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Nodes that come, go, and come back. */
@Tag("system")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NodeLifeSystemTest {
  private Cluster cluster;

  @BeforeAll
  void start() {
    cluster =
        Cluster.up(
            // Longer than a node takes to be registered anew, on a machine that is busy, too.
            Cluster.options("node-life", 2, Family.IPV4).withGracePeriod(Duration.ofSeconds(20)));
  }

  @AfterAll
  void stop() {
    if (cluster != null) {
      cluster.close();
    }
  }

  private Set<String> routes(int node) {
    return cluster.ip(node, "route", "show", "proto", "87");
  }

  @Test
  void aNodeThatJoinsIsReachedAndOneThatIsGoneLosesItsRoutesAfterTheGrace() {
    cluster.sandbox().addNode("node3");
    cluster.node(3).awaitReady();
    SandboxPod pod = cluster.addPod(3, "newcomer");
    SandboxPod old = cluster.addPod(1, "old");
    Cluster.await(
        "a route to the new node",
        () ->
            routes(1).stream()
                .anyMatch(
                    route ->
                        route.startsWith("10.244.3.0/24 ")
                            && route.contains(" via 192.168.1.13 ")));
    Cluster.await(
        "the newcomer to answer", () -> cluster.probe(old, "ping", pod.addresses().get(0)).ok());
    cluster.sandbox().removeNode("node3");
    Cluster.await(
        "its routes to be gone from every other node",
        () ->
            routes(1).stream().noneMatch(route -> route.contains("10.244.3.0/24"))
                && routes(2).stream().noneMatch(route -> route.contains("10.244.3.0/24")));
    cluster.deletePod(old);
  }

  @Test
  void aNodeRegisteredAnewOnTheSameRunningMachineKeepsItsBlockAndItsPods() throws Exception {
    SandboxPod near = cluster.addPod(1, "near");
    SandboxPod far = cluster.addPod(2, "far");
    String uid = cluster.sandbox().client().nodes().withName("node2").get().getMetadata().getUid();
    try (Probe server = Probe.serve(cluster.node(2), far);
        Probe stream = Probe.stream(cluster.node(1), near, far.addresses().get(0))) {
      cluster.sandbox().client().nodes().withName("node2").delete();
      cluster.sandbox().registerNode("node2");
      Cluster.await(
          "the node's new UID",
          () ->
              !cluster
                  .sandbox()
                  .client()
                  .nodes()
                  .withName("node2")
                  .get()
                  .getMetadata()
                  .getUid()
                  .equals(uid));
      cluster.node(2).awaitReady();
      Container more = Container.create(cluster.node(2), "more");
      Cluster.await("an ADD on the node", () -> more.add().get(0).startsWith("10.244.2."));
      more.delete();
      assertThat(server.isAlive()).isTrue();
      cluster.assertLossless(stream);
    }
    cluster.deletePod(near);
    cluster.deletePod(far);
  }
}
