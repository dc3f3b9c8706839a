// SPDX-License-Identifier: Apache-2.0
package dev.weft.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.api.IPAllocation;
import dev.weft.api.IPAllocationSpec;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import dev.weft.sandbox.SandboxNode;
import dev.weft.sandbox.SandboxOptions;
import dev.weft.sandbox.SandboxPod;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What holds when etcd is restored from a snapshot that lacks blocks which nodes serve by now, and
 * has blocks which were released since: running pods notice nothing, and no address is given twice.
 */
class RealApiRestoreSystemTest {
  private static final String POOL = "main";

  /** Nobody starts an operator again that loses its Lease while a snapshot is taken. */
  private static final String LONGER_LEASE = "--lease-duration=30s";

  private Cluster cluster;
  private SandboxOptions options;
  private Etcd etcd;
  private final List<OwnOperator> operators = new ArrayList<>();

  /** Of every pod, none of which ends. */
  private final Set<String> addresses = new HashSet<>();

  private void start(String name) {
    start(name, "10.244.0.0/24", "10.244.0.240/28");
  }

  /**
   * Two nodes, and no operator yet.
   *
   * @param cidr of the pool, whose blocks have 13 addresses
   */
  private void start(String name, String cidr, String reserved) {
    options = RealApi.of(Cluster.options("restore-" + name, 2, Family.IPV4)).withPools(List.of());
    cluster = Cluster.up(options);
    etcd = new Etcd(cluster, options);
    cluster.sandbox().killOperator();
    var leases = cluster.sandbox().client().leases().inNamespace("default");
    leases.withName("weft-operator").delete();
    Resources.createPool(cluster, POOL, cidr, 28);
    String patch = "{\"spec\": {\"reserved\": [\"%s\"]}}".formatted(reserved);
    Resources.pools(cluster).withName(POOL).patch(PatchContext.of(PatchType.JSON_MERGE), patch);
  }

  private OwnOperator startOperator(String name, String... more) {
    List<String> words = new ArrayList<>(List.of(more));
    // Far longer than the claims take; and long enough for a node to be registered anew.
    words.addAll(List.of("--settle-time=60s", "--grace-period=20s", "--release-hold=2s"));
    OwnOperator operator = OwnOperator.start(cluster, name, words);
    operators.add(operator);
    return operator;
  }

  @AfterEach
  void stop() {
    operators.forEach(OwnOperator::close);
    if (cluster != null) {
      cluster.close();
    }
  }

  @Tag("system-long")
  @Test
  void aLeaderThatSurvivesTheRestoreGivesNoNodesBlockAway() throws Exception {
    start("leader");
    // It renews the Lease again before it would have to give it up.
    OwnOperator leader = startOperator("leader", "--lease-duration=5m");
    restoreWhilePodsTalk(
        snapshot -> etcd.restore(snapshot, () -> {}),
        lost -> cluster.sandbox().registerNode("node4"));
    assertThat(leader.isAlive()).isTrue();
  }

  @Tag("system-long")
  @Test
  void anOperatorThatIsRestartedGivesNoNodesBlockAway() throws Exception {
    start("restart");
    OwnOperator before = startOperator("before", LONGER_LEASE);
    restoreWhilePodsTalk(
        snapshot ->
            etcd.restore(
                snapshot,
                () -> {
                  before.close();
                  startOperator("after");
                }),
        lost -> cluster.sandbox().registerNode("node4"));
    assertThat(operators.get(1).says("no new block is allocated")).isTrue();
  }

  @Tag("system-long")
  @Test
  void aStandbyThatTakesOverGivesNoNodesBlockAway() throws Exception {
    start("standby");
    OwnOperator leader = startOperator("leader", LONGER_LEASE);
    leader.awaitLine("leading");
    OwnOperator standby = startOperator("standby", LONGER_LEASE);
    standby.awaitLine("the leader is leader_");
    restoreWhilePodsTalk(
        snapshot ->
            etcd.restore(
                snapshot,
                () -> {
                  leader.close();
                  // A shorter time is no loss to it, where it takes the Lease before it reads it.
                  Instant end = Instant.now().plusSeconds(16);
                  Cluster.await("half a lease duration to pass", () -> Instant.now().isAfter(end));
                }),
        lost -> cluster.sandbox().registerNode("node4"));
    assertThat(standby.isAlive()).isTrue();
    assertThat(standby.says("no new block is allocated")).isTrue();
  }

  /** As docs/operations.md says. */
  @Tag("system-long")
  @Test
  void withARevisionThatGoesBackRestartedAgentsClaimAndARestartedOperatorAgrees() throws Exception {
    start("as-it-is");
    OwnOperator before = startOperator("before", LONGER_LEASE);
    restoreWhilePodsTalk(
        etcd::restoreAsItIs,
        lost -> {
          for (int node : List.of(1, 2, 4)) {
            cluster.node(node).killAgent();
            cluster.node(node).startAgent();
          }
          for (int node : List.of(1, 2, 4)) {
            cluster.node(node).awaitReady();
          }
          cluster.sandbox().registerNode("node4");
          Cluster.await(
              "the agents' claims",
              () -> lost.stream().allMatch(name -> Resources.allocation(cluster, name) != null));
          before.close();
          startOperator("after");
        });
  }

  @Tag("system")
  @Test
  void aBlockThatAnotherNodeGotSinceIsTheFirstNodesAgain() throws Exception {
    start("moved", "10.244.0.0/26", "10.244.0.48/28");
    startOperator("before", LONGER_LEASE);
    cluster.sandbox().addNode("node3");
    cluster.sandbox().nodes().forEach(SandboxNode::awaitReady);
    String block = blockOf("node3");
    Etcd.Snapshot snapshot = etcd.take();
    cluster.sandbox().removeNode("node3");
    cluster.sandbox().addNode("node4");
    cluster.node(4).awaitReady();
    assertThat(blockOf("node4")).as("the only one that is free").isEqualTo(block);
    SandboxPod young = addPod(4, "young");
    SandboxPod near = addPod(4, "near");

    etcd.restore(
        snapshot,
        () -> {
          operators.get(0).close();
          startOperator("after");
        });
    cluster.sandbox().registerNode("node4");
    Cluster.await(
        "node4 to give nothing of it",
        () -> cluster.node(4).askAgent("/readyz").stdout().contains("no block"));
    assertThat(Resources.allocation(cluster, block).getSpec().node()).isEqualTo("node3");
    cluster.probe(young, "ping", near.addresses().get(0)).orThrow();

    // Their Pods are younger than the snapshot: the kubelet, which finds them no more, ends both.
    for (SandboxPod pod : List.of(young, near)) {
      assertThatThrownBy(() -> cluster.deletePod(pod)).hasMessageContaining("not found");
    }
    cluster.sandbox().client().nodes().withName("node3").delete();
    cluster.node(4).awaitReady();
    assertThat(blockOf("node4")).isEqualTo(block);
    assertThat(nameOf(cluster.addPod(4, "again"))).isEqualTo(block);
  }

  /**
   * Takes a snapshot; a node joins, another gets a second block, a third is gone for good; restores
   * the snapshot, and lets one more node join.
   *
   * @param restore restores the snapshot
   * @param then is given the names of the blocks that are lost, once one more node has come
   */
  private void restoreWhilePodsTalk(Consumer<Etcd.Snapshot> restore, Consumer<Set<String>> then)
      throws Exception {
    cluster.sandbox().addNode("node3");
    cluster.sandbox().nodes().forEach(SandboxNode::awaitReady);
    SandboxPod server = addPod(1, "server");
    List<SandboxPod> first = fill(2);
    String gone = blockOf("node3");
    Etcd.Snapshot snapshot = etcd.take();

    cluster.sandbox().removeNode("node3");
    Cluster.await(
        "node3's block to be released", () -> Resources.allocation(cluster, gone) == null);
    cluster.sandbox().addNode("node4");
    cluster.node(4).awaitReady();
    SandboxPod young = addPod(4, "young");
    SandboxPod second = addPodOfASecondBlock(2, first);
    for (SandboxPod pod : List.of(server, young, second)) {
      awaitPing(pod, server);
      awaitPing(pod, second);
      awaitPing(pod, young);
    }
    Set<String> lost = Set.of(nameOf(young), nameOf(second));
    assertThat(gone).isNotIn(lost);

    try (Probe serverEcho = Probe.serve(cluster.node(1), server);
        Probe youngEcho = Probe.serve(cluster.node(4), young);
        Probe secondEcho = Probe.serve(cluster.node(2), second);
        Probe fromYoung = stream(young, server);
        Probe fromSecond = stream(second, young);
        Probe toSecond = stream(server, second);
        Probe between = stream(first.get(0), server)) {
      restore.accept(snapshot);
      cluster.sandbox().addNode("node5");
      assertThat(Resources.allocations(cluster).list().getItems())
          .extracting(one -> one.getMetadata().getName())
          .contains(gone);
      then.accept(lost);
      awaitClaimed(nameOf(young), "node4");
      awaitClaimed(nameOf(second), "node2");
      cluster.node(5).awaitReady();
      assertThat(blockOf("node5")).isNotIn(lost).isNotEqualTo(gone);

      assertThat(young.addresses().get(0)).isNotEqualTo(addPod(4, "younger").addresses().get(0));
      SandboxPod last = addPod(5, "last");
      awaitPing(last, young);
      awaitPing(last, second);
      addPodOfASecondBlock(2, List.of());

      cluster.sandbox().client().nodes().withName("node3").delete();
      Cluster.await(
          "the block of the node that is gone to be released again",
          () -> Resources.allocation(cluster, gone) == null);
      for (Probe stream : List.of(fromYoung, fromSecond, toSecond, between)) {
        cluster.assertLossless(stream);
      }
      assertThat(List.of(serverEcho, youngEcho, secondEcho)).allMatch(Probe::isAlive);
    }
    assertEachAddressOnce();
  }

  /** Pods until a node's first block is under pressure but for one. */
  private List<SandboxPod> fill(int node) {
    List<SandboxPod> pods = new ArrayList<>();
    for (int i = 1; i <= 11; i++) {
      pods.add(addPod(node, "fill" + i));
    }
    return pods;
  }

  /** Adds pods until one has an address that is not of the block of these. */
  private SandboxPod addPodOfASecondBlock(int node, List<SandboxPod> first) {
    for (int i = 1; ; i++) {
      SandboxPod pod = addPod(node, "more" + addresses.size());
      if (first.isEmpty() || !nameOf(pod).equals(nameOf(first.get(0)))) {
        return pod;
      }
      if (i == 1) {
        Cluster.await(
            "a second block of node" + node, () -> allocationsOf("node" + node).size() == 2);
        Cluster.await(
            "node" + node + " to serve it",
            () ->
                allocationsOf("node" + node).stream()
                    .allMatch(one -> Resources.isReady(cluster, one.getMetadata().getName())));
      }
    }
  }

  private SandboxPod addPod(int node, String name) {
    SandboxPod pod = cluster.addPod(node, name);
    assertThat(addresses.add(pod.addresses().get(0))).as("%s is new", pod.addresses()).isTrue();
    return pod;
  }

  private void awaitPing(SandboxPod from, SandboxPod to) {
    Cluster.await(
        from.name() + " to reach " + to.name(),
        () -> cluster.probe(from, "ping", to.addresses().get(0)).ok());
  }

  private Probe stream(SandboxPod from, SandboxPod to) throws IOException {
    return Probe.stream(cluster.sandbox().node(from.node()), from, to.addresses().get(0));
  }

  private void awaitClaimed(String block, String node) {
    Cluster.await(
        block + " to be " + node + "'s again",
        () -> {
          IPAllocation now = Resources.allocation(cluster, block);
          String uid =
              cluster.sandbox().client().nodes().withName(node).get().getMetadata().getUid();
          return now.getSpec().node().equals(node)
              && now.getSpec().nodeUID().equals(uid)
              && now.getSpec().stateInForce() == IPAllocationSpec.State.Active
              && Resources.isReady(cluster, block);
        });
  }

  /** The name of a node's only block. */
  private String blockOf(String node) {
    List<IPAllocation> blocks = allocationsOf(node);
    assertThat(blocks).as("blocks of " + node).hasSize(1);
    return blocks.get(0).getMetadata().getName();
  }

  private List<IPAllocation> allocationsOf(String node) {
    return Resources.allocationsOf(cluster, POOL).stream()
        .filter(one -> one.getSpec().node().equals(node))
        .toList();
  }

  /** The name of the block that a pod's address is of. */
  private static String nameOf(SandboxPod pod) {
    return Cidr.containing(IpAddress.parse(pod.addresses().get(0)), 28).objectName();
  }

  /** What the nodes' kernels have: the address of each pod, on one node, of a block of it. */
  private void assertEachAddressOnce() {
    List<String> given = new ArrayList<>();
    for (SandboxNode node : cluster.sandbox().nodes()) {
      String table = node.askAgent("/v1/addresses").orThrow().stdout();
      for (String line : table.lines().filter(row -> row.contains("ASSIGNED")).toList()) {
        given.add(line.split("\\s+")[0]);
      }
    }
    assertThat(given).containsExactlyInAnyOrderElementsOf(addresses);
  }
}
