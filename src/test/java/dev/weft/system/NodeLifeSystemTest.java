// SPDX-License-Identifier: Apache-2.0
package dev.weft.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.api.IPPool;
import dev.weft.core.net.Family;
import dev.weft.core.net.MacAddress;
import dev.weft.sandbox.SandboxPod;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Nodes that come, go, and come back. */
@Tag("system")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NodeLifeSystemTest {
  private static final Logger LOG = LoggerFactory.getLogger(NodeLifeSystemTest.class);

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
    try (Probe server = Probe.serve(cluster.node(2), far);
        Probe stream = Probe.stream(cluster.node(1), near, far.addresses().get(0))) {
      registerAnew();
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

  /** The MAC address of its VXLAN device follows the UID that the operator writes. */
  @Test
  void aNodeRegisteredAnewBehindATunnelLosesNothingUntilItsMacChangesAndIsReachedThen()
      throws Exception {
    SandboxPod near = cluster.addPod(1, "near");
    SandboxPod far = cluster.addPod(2, "far");
    String address = far.addresses().get(0);
    Resources.patchSpec(cluster, "main", "routing", "VXLAN");
    Cluster.await("a tunnel each way", () -> leadsIntoTunnel(1, far) && leadsIntoTunnel(2, near));
    Cluster.await("the far pod to answer", () -> cluster.probe(near, "ping", address).ok());
    cluster.sandbox().killOperator();
    try (Probe server = Probe.serve(cluster.node(2), far)) {
      String uid;
      try (Probe without = Probe.stream(cluster.node(1), near, address)) {
        uid = registerAnew();
        awaitSeen(uid);
        cluster.probe(near, "ping", address).orThrow();
        cluster.assertLossless(without);
      }
      try (Probe rewritten = Probe.stream(cluster.node(1), near, address)) {
        cluster.sandbox().startOperator();
        awaitTunnelOf(uid);
        Cluster.await("the far pod to answer", () -> cluster.probe(near, "ping", address).ok());
        LOG.info("the operator rewrites the UID, 200 datagrams a second: {}", rewritten.verdict());
      }
      try (Probe both = Probe.stream(cluster.node(1), near, address)) {
        String next = registerAnew();
        awaitSeen(next);
        awaitTunnelOf(next);
        Cluster.await("the far pod to answer", () -> cluster.probe(near, "ping", address).ok());
        LOG.info("deleted and registered, 200 datagrams a second: {}", both.verdict());
      }
      try (Probe after = Probe.stream(cluster.node(1), near, address)) {
        for (SandboxPod pod : List.of(near, far)) {
          for (SandboxPod other : List.of(near, far)) {
            cluster.probe(pod, "ping", other.addresses().get(0)).orThrow();
          }
        }
        cluster.assertLossless(after);
      }
      assertThat(server.isAlive()).isTrue();
    } finally {
      Resources.patchSpec(cluster, "main", "routing", "Auto");
    }
    Cluster.await("a route to the far pod", () -> !leadsIntoTunnel(1, far));
    cluster.deletePod(near);
    cluster.deletePod(far);
  }

  @Test
  void tunnelsGoOnAfterEveryPoolIsGoneAndTheAgentsWereRestarted() throws Exception {
    SandboxPod near = cluster.addPod(1, "near");
    SandboxPod far = cluster.addPod(2, "far");
    String address = far.addresses().get(0);
    Resources.patchSpec(cluster, "main", "routing", "VXLAN");
    Cluster.await("a tunnel each way", () -> leadsIntoTunnel(1, far) && leadsIntoTunnel(2, near));
    Cluster.await("the far pod to answer", () -> cluster.probe(near, "ping", address).ok());
    cluster.sandbox().killOperator();
    IPPool pool = Resources.pools(cluster).withName("main").get();
    try (Probe server = Probe.serve(cluster.node(2), far)) {
      try (Probe stream = Probe.stream(cluster.node(1), near, address)) {
        Resources.pools(cluster)
            .withName("main")
            .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"metadata\": {\"finalizers\": null}}");
        Resources.pools(cluster).withName("main").delete();
        for (int node : List.of(1, 2)) {
          cluster.node(node).killAgent();
          cluster.node(node).startAgent();
          Cluster.await(
              "the agent to know no pool",
              () ->
                  cluster
                      .node(node)
                      .exec("grep", "-q", "\"pools\" : \\[ \\]", "/run/weft/blocks.json")
                      .ok());
        }
        cluster.probe(near, "ping", address).orThrow();
        cluster.assertLossless(stream);
      }
      assertThat(server.isAlive()).isTrue();
    } finally {
      IPPool again = new IPPool();
      again.setMetadata(new ObjectMetaBuilder().withName("main").build());
      again.setSpec(pool.getSpec());
      Resources.pools(cluster).resource(again).create();
      Resources.patchSpec(cluster, "main", "routing", "Auto");
      cluster.sandbox().startOperator();
    }
    cluster.node(1).awaitReady();
    cluster.node(2).awaitReady();
    Cluster.await("a route to the far pod", () -> !leadsIntoTunnel(1, far));
    cluster.deletePod(near);
    cluster.deletePod(far);
  }

  private boolean leadsIntoTunnel(int node, SandboxPod pod) {
    return cluster
        .ip(node, "route", "get", pod.addresses().get(0))
        .toString()
        .contains(" dev v-net-vx4 ");
  }

  /** Waits until an agent's run of the loop knew its Node by this UID. */
  private void awaitSeen(String uid) {
    Cluster.await(
        "the agent to know the Node by its new UID",
        () -> cluster.node(2).exec("grep", "-q", uid, "/run/weft/blocks.json").ok());
  }

  /** Waits until the MAC address of this UID is that of node2's device, and node1 sends there. */
  private void awaitTunnelOf(String uid) {
    String mac = MacAddress.ofNode(uid).toString();
    Cluster.await(
        "the device of the new UID",
        () -> cluster.ip(2, "link", "show", "v-net-vx4").toString().contains(mac));
    Cluster.await(
        "node1 to send to it, and to no other of node2",
        () -> {
          String entries =
              cluster.node(1).exec("bridge", "fdb", "show", "dev", "v-net-vx4").stdout();
          List<String> ofNode2 =
              entries.lines().filter(line -> line.contains(" dst 192.168.1.12 ")).toList();
          return ofNode2.size() == 1 && ofNode2.get(0).startsWith(mac);
        });
  }

  /** Deletes node2's Node and registers it under another UID, which is returned. */
  private String registerAnew() {
    var node = cluster.sandbox().client().nodes().withName("node2");
    String before = node.get().getMetadata().getUid();
    node.delete();
    cluster.sandbox().registerNode("node2");
    Cluster.await("the node's new UID", () -> !node.get().getMetadata().getUid().equals(before));
    return node.get().getMetadata().getUid();
  }
}
