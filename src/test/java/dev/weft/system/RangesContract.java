// SPDX-License-Identifier: Apache-2.0
package dev.weft.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.api.Conditions;
import dev.weft.api.IPAllocation;
import dev.weft.api.IPAllocationSpec;
import dev.weft.api.IPPoolSpec;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import dev.weft.sandbox.SandboxNode;
import dev.weft.sandbox.SandboxOptions;
import dev.weft.sandbox.SandboxPod;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What holds while ranges change: no running pod notices, and no address is given twice. */
@Tag("system")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class RangesContract {
  private static final String MAIN = "main";

  private Cluster cluster;

  @BeforeAll
  void start() {
    cluster = Cluster.up(options("ranges"));
  }

  /** What the cluster is like. */
  SandboxOptions options(String name) {
    return Cluster.options(name, 2, Family.IPV4);
  }

  @AfterAll
  void stop() {
    if (cluster != null) {
      cluster.close();
    }
  }

  /** Each test leaves the pool main, and one block of it for each node. */
  @AfterEach
  void removePods() {
    cluster.sandbox().pods().forEach(cluster::deletePod);
  }

  @Test
  void thePoolIsDrainedIntoASecondNodeByNodeAndBackWhilePodsTalk() throws Exception {
    drain(MAIN, "second", "10.250.0.0/16");
    Resources.pools(cluster).withName(MAIN).delete();
    Cluster.await(
        "the drained pool to be gone", () -> Resources.pools(cluster).withName(MAIN).get() == null);
    drain("second", MAIN, "10.244.0.0/16");
    Resources.pools(cluster).withName("second").delete();
    Cluster.await(
        "the second pool to be gone",
        () -> Resources.pools(cluster).withName("second").get() == null);
  }

  /** Drains a pool into one that is made, and replaces the pods of one node after the other. */
  private void drain(String from, String to, String cidr) throws Exception {
    SandboxPod server = cluster.addPod(2, "server");
    SandboxPod client = cluster.addPod(1, "client");
    SandboxPod old = cluster.addPod(1, "old");
    Set<String> old4 = Set.of(server.addresses().get(0), client.addresses().get(0));
    try (Probe echo = Probe.serve(cluster.node(2), server);
        Probe stream = Probe.stream(cluster.node(1), client, server.addresses().get(0))) {
      Resources.setState(cluster, from, IPPoolSpec.State.Draining);
      await(from, Conditions.DRAINED, "False", "NoOtherPool");
      assertThat(states(from)).containsOnly(IPAllocationSpec.State.Active);
      SandboxPod none = cluster.addPod(1, "none");
      assertThat(Cidr.parse(range(from)).contains(IpAddress.parse(none.addresses().get(0))))
          .as("with no other pool a node keeps and uses its block")
          .isTrue();
      cluster.deletePod(none);

      Resources.createPool(cluster, to, cidr, 24);
      Cluster.await(
          "each node to give its block back",
          () -> states(from).equals(Set.of(IPAllocationSpec.State.Draining)));
      Cluster.await(
          "the agents to heed it",
          () ->
              Resources.allocationsOf(cluster, from).stream()
                  .allMatch(one -> Resources.condition(one, Conditions.DRAINED).isPresent()));
      SandboxPod young = cluster.addPod(1, "young");
      assertThat(Cidr.parse(cidr).contains(IpAddress.parse(young.addresses().get(0)))).isTrue();
      await(from, Conditions.DRAINED, "False", "BlocksInUse");
      Cluster.await(
          "node2 to know the way back to the new block",
          () -> cluster.probe(young, "ping", server.addresses().get(0)).ok());
      cluster.probe(young, "ping", old.addresses().get(0)).orThrow();
      assertThat(Resources.allocationsOf(cluster, from)).hasSize(2);
      cluster.assertLossless(stream);
      assertThat(echo.isAlive()).isTrue();
    }
    cluster.deletePod(server);
    Cluster.await(
        "node2's block to be gone",
        () -> Resources.allocationsOf(cluster, from).stream().allMatch(one -> isOf(one, "node1")));
    SandboxPod stays = cluster.addPod(2, "stays");
    cluster.probe(stays, "ping", client.addresses().get(0)).orThrow();
    cluster.deletePod(client);
    cluster.deletePod(old);
    Cluster.await("every block to be gone", () -> Resources.allocationsOf(cluster, from).isEmpty());
    await(from, Conditions.DRAINED, "True", "NoBlocks");
    String start = range(from).substring(0, 7);
    for (int node : List.of(1, 2)) {
      Cluster.await(
          "node" + node + " to have no route there",
          () ->
              cluster.ip(node, "route", "show", "proto", "87").stream()
                  .noneMatch(
                      route -> route.contains(start) || old4.stream().anyMatch(route::contains)));
    }
    removePods();
  }

  @Test
  void aBadWideningChangesNothingAndIsTakenBack() {
    Resources.createPool(cluster, "other", "10.245.0.0/16", 24);
    Cluster.await("the other pool to be accepted", () -> !range("other").isEmpty());
    Resources.patchSpec(cluster, MAIN, "cidr", "10.240.0.0/12");
    Condition refused = await(MAIN, Conditions.ACCEPTED, "False", "Overlapping");
    assertThat(refused.getMessage())
        .contains("10.240.0.0/12 overlaps IPPool other (10.245.0.0/16)", "10.244.0.0/16 stays");
    assertThat(range(MAIN)).isEqualTo("10.244.0.0/16");
    await(MAIN, Conditions.READY, "True", "Allocating");
    SandboxPod pod = cluster.addPod(1, "pod");
    assertThat(pod.addresses().get(0)).startsWith("10.244.");
    Cluster.await(
        "each agent to say so",
        () -> cluster.node(1).askAgent("/readyz").stdout().contains("overlaps IPPool other"));

    Resources.patchSpec(cluster, MAIN, "cidr", "10.244.0.0/16");
    await(MAIN, Conditions.ACCEPTED, "True", "Accepted");
    Resources.pools(cluster).withName("other").delete();
    Cluster.await(
        "the other pool to be gone",
        () -> Resources.pools(cluster).withName("other").get() == null);
  }

  @Test
  void anAllocationThatIsDeletedIsClaimedAgainAndNoPodNotices() throws Exception {
    SandboxPod server = cluster.addPod(2, "server");
    SandboxPod client = cluster.addPod(1, "client");
    try (Probe echo = Probe.serve(cluster.node(2), server);
        Probe stream = Probe.stream(cluster.node(1), client, server.addresses().get(0))) {
      List<IPAllocation> before = Resources.allocationsOf(cluster, MAIN);
      Resources.allocations(cluster).delete();
      Cluster.await(
          "each block to be its node's again",
          () ->
              before.stream()
                  .allMatch(
                      old -> {
                        IPAllocation now =
                            Resources.allocation(cluster, old.getMetadata().getName());
                        return now != null
                            && !now.getMetadata().getUid().equals(old.getMetadata().getUid())
                            && now.getSpec().node().equals(old.getSpec().node())
                            && now.getSpec().stateInForce() == IPAllocationSpec.State.Active
                            && Resources.isReady(cluster, old.getMetadata().getName());
                      }));
      SandboxPod young = cluster.addPod(2, "young");
      cluster.probe(client, "ping", young.addresses().get(0)).orThrow();
      cluster.assertLossless(stream);
      assertThat(echo.isAlive()).isTrue();
    }
  }

  @Test
  void anAllocationOutsideItsPoolsRangeIsIgnoredByEveryNode() {
    String uid = cluster.sandbox().client().nodes().withName("node2").get().getMetadata().getUid();
    IPAllocation foreign = new IPAllocation();
    foreign.setMetadata(new ObjectMetaBuilder().withName("8-8-8-0-24").build());
    foreign.setSpec(
        new IPAllocationSpec("8.8.8.0/24", "node2", uid, MAIN, IPAllocationSpec.State.Active));
    Resources.allocations(cluster).resource(foreign).create();
    try {
      Cluster.await(
          "its node to say why it does not serve it",
          () ->
              Resources.condition(
                      Resources.allocation(cluster, "8-8-8-0-24"), Conditions.PROGRAMMED)
                  .orElseThrow()
                  .getReason()
                  .equals("NotInPool"));
      Cluster.await(
          "the other to say why it has no route there",
          () -> cluster.node(1).askAgent("/v1/peers").stdout().contains("NotInPool"));
      for (SandboxNode node : cluster.sandbox().nodes()) {
        assertThat(node.exec("ip", "route", "show", "8.8.8.0/24").orThrow().stdout()).isEmpty();
      }
      assertThat(cluster.addPod(2, "pod").addresses().get(0)).startsWith("10.244.");
    } finally {
      Resources.allocations(cluster).withName("8-8-8-0-24").delete();
    }
  }

  @Test
  void whatMayNotChangeIsRefusedInTheSchemasWords() {
    IPAllocation own = Resources.allocationsOf(cluster, MAIN).get(0);
    for (String patch :
        List.of(
            "{\"spec\": {\"node\": \"other\"}}",
            "{\"spec\": {\"state\": \"Claimed\"}}",
            "{\"spec\": {\"cidr\": \"10.244.99.0/24\"}}")) {
      assertThatThrownBy(
              () ->
                  Resources.allocations(cluster)
                      .withName(own.getMetadata().getName())
                      .patch(PatchContext.of(PatchType.JSON_MERGE), patch))
          .as(patch)
          .isInstanceOf(KubernetesClientException.class)
          .hasMessageContaining("spec");
    }
  }

  private Set<IPAllocationSpec.State> states(String pool) {
    return Resources.allocationsOf(cluster, pool).stream()
        .map(allocation -> allocation.getSpec().stateInForce())
        .collect(Collectors.toSet());
  }

  private static boolean isOf(IPAllocation allocation, String node) {
    return allocation.getSpec().node().equals(node);
  }

  /** The range in force of a pool; empty: none. */
  private String range(String pool) {
    var status = Resources.pools(cluster).withName(pool).get().getStatus();
    return status == null || status.cidr() == null ? "" : status.cidr();
  }

  private Condition await(String pool, String type, String status, String reason) {
    Cluster.await(
        "%s to be %s=%s, %s".formatted(pool, type, status, reason),
        () -> {
          Condition condition = condition(pool, type);
          return condition.getStatus().equals(status) && condition.getReason().equals(reason);
        });
    return condition(pool, type);
  }

  private Condition condition(String pool, String type) {
    return Resources.condition(Resources.pools(cluster).withName(pool).get(), type).orElseThrow();
  }
}
