// SPDX-License-Identifier: Apache-2.0
package dev.weft.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.api.Conditions;
import dev.weft.api.IPPool;
import dev.weft.api.IPPoolSpec;
import dev.weft.core.net.Family;
import dev.weft.sandbox.SandboxPod;
import dev.weft.sandbox.cni.CniFailure;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What a user can declare wrongly, and what becomes of it: words, and nothing lost. */
@Tag("system")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PoolSystemTest {
  private Cluster cluster;

  @BeforeAll
  void start() {
    cluster = Cluster.up(Cluster.options("pools", 2, Family.IPV4).withPools(List.of()));
  }

  @AfterAll
  void stop() {
    if (cluster != null) {
      cluster.close();
    }
  }

  @AfterEach
  void removePools() {
    Resources.pools(cluster).delete();
    Resources.allocations(cluster).delete();
    Cluster.await(
        "every pool and allocation to be gone",
        () -> {
          Resources.allocations(cluster).delete();
          return Resources.pools(cluster).list().getItems().isEmpty()
              && Resources.allocations(cluster).list().getItems().isEmpty();
        });
  }

  private String awaitCondition(String pool, String type, String status) {
    Cluster.await(
        pool + " to be " + type + "=" + status,
        () -> conditionOf(pool, type).orElseThrow().getStatus().equals(status));
    return conditionOf(pool, type).orElseThrow().getMessage();
  }

  private Optional<Condition> conditionOf(String pool, String type) {
    return Resources.condition(Resources.pools(cluster).withName(pool).get(), type);
  }

  @Test
  void aPoolThatOverlapsAnOlderOneHandsOutNothingAndTheOlderGoesOn() {
    // Of two pools of one second the name decides which is the older.
    Resources.createPool(cluster, "a-older", "10.244.0.0/16", 24);
    awaitCondition("a-older", Conditions.READY, "True");
    Resources.createPool(cluster, "b-newer", "10.244.128.0/17", 24);
    assertThat(awaitCondition("b-newer", Conditions.OVERLAPPING, "True")).contains("a-older");
    awaitCondition("b-newer", Conditions.READY, "False");
    awaitCondition("a-older", Conditions.READY, "True");
    Cluster.await(
        "both nodes to have a block of the older",
        () -> Resources.allocationsOf(cluster, "a-older").size() == 2);
    assertThat(Resources.allocationsOf(cluster, "b-newer")).isEmpty();
  }

  @Test
  void theBlockAroundANodesAddressIsHandedOutToNobody() {
    Resources.createPool(cluster, "lan", "192.168.0.0/16", 24);
    assertThat(awaitCondition("lan", Conditions.OVERLAPPING, "True")).contains("192.168.1.");
    Cluster.await(
        "both nodes to have a block beside it",
        () -> Resources.allocationsOf(cluster, "lan").size() == 2);
    assertThat(Resources.allocationsOf(cluster, "lan"))
        .extracting(allocation -> allocation.getSpec().cidr())
        .doesNotContain("192.168.1.0/24");
  }

  @Test
  void aPoolWithOneBlockIsExhaustedAndTheNodeWithoutOneSaysSo() {
    // A node that never had a block has no CNI configuration yet to ask STATUS with.
    Resources.createPool(cluster, "before", "10.247.0.0/16", 24);
    Cluster.await("both nodes to serve a block", () -> served("before") == 2);
    removePools();
    Resources.createPool(cluster, "small", "10.245.0.0/24", 24);
    assertThat(awaitCondition("small", Conditions.EXHAUSTED, "True")).isNotBlank();
    // The status tells what was decided, of which a write may have to be tried again.
    Cluster.await(
        "the only block to be a node's",
        () -> Resources.allocationsOf(cluster, "small").size() == 1);
    Cluster.await(
        "an Event Exhausted",
        () ->
            Resources.events(cluster, "small").stream()
                .anyMatch(event -> event.getReason().contains("Exhausted")));
    String owner = Resources.allocationsOf(cluster, "small").get(0).getSpec().node();
    int without = owner.equals("node1") ? 2 : 1;
    // As after a boot: the agent, and blocks.json, may still know a block of an earlier test.
    cluster.node(without).killAgent();
    cluster.node(without).exec("rm", "-f", "/run/weft/blocks.json").orThrow();
    cluster.node(without).startAgent();
    Cluster.await(
        "the agent to see that its node has no block",
        () -> cluster.node(without).askAgent("/readyz").stdout().contains("has no block"));
    assertThatThrownBy(() -> cluster.node(without).cni().status())
        .isInstanceOfSatisfying(
            CniFailure.class, failure -> assertThat(failure.code()).isEqualTo(50));
  }

  @Test
  void aFullBlockFailsTheAddWithWordsAndAnEventWhileTheNodeStaysGood() {
    Resources.createPool(cluster, "tiny", "10.246.0.0/28", 29);
    Cluster.await(
        "node1 to have its block programmed",
        () ->
            Resources.allocations(cluster).list().getItems().stream()
                .anyMatch(
                    allocation ->
                        allocation.getSpec().node().equals("node1")
                            && allocation.getSpec().pool().equals("tiny")
                            && Resources.isReady(cluster, allocation.getMetadata().getName())));
    for (int i = 0; i < 5; i++) {
      cluster.addPod(1, "pod" + i);
    }
    assertThatThrownBy(() -> cluster.addPod(1, "one-too-many"))
        .isInstanceOf(CniFailure.class)
        .hasMessageContaining("no free address");
    Cluster.await(
        "an Event on the pod",
        () ->
            Resources.events(cluster, "one-too-many").stream()
                .anyMatch(event -> event.getMessage().contains("no free address")));
    cluster.node(1).cni().status();
    cluster.sandbox().pods().forEach(cluster::deletePod);
  }

  @Test
  void aPoolWithoutNewBlocksKeepsServingThoseThatNodesHave() {
    Resources.createPool(cluster, "kept", "10.249.0.0/16", 24);
    Cluster.await("two blocks to be served", () -> served("kept") == 2);
    SandboxPod before = cluster.addPod(1, "before");

    Resources.setState(cluster, "kept", IPPoolSpec.State.NoNewBlocks);
    String message = awaitCondition("kept", Conditions.READY, "False");
    assertThat(message).contains("spec.state is NoNewBlocks");
    SandboxPod after = cluster.addPod(1, "after");
    assertThat(cluster.sandbox().pods()).contains(before, after);
    assertThat(Resources.events(cluster, "before"))
        .extracting(Event::getReason)
        .doesNotContain("BlockLost");
    assertThat(served("kept")).isEqualTo(2);
    cluster.sandbox().pods().forEach(cluster::deletePod);
  }

  @Test
  void theDeprecatedFieldStillMeansThatThereAreNoNewBlocks() {
    IPPool pool = new IPPool();
    pool.setMetadata(new ObjectMetaBuilder().withName("old").build());
    pool.setSpec(new IPPoolSpec("10.249.0.0/16", 24, null, null, null, null, true, null, null));
    Resources.pools(cluster).resource(pool).create();
    assertThat(awaitCondition("old", Conditions.READY, "False")).contains("spec.disabled true");
    assertThat(Resources.allocationsOf(cluster, "old")).isEmpty();
  }

  private long served(String pool) {
    return Resources.allocationsOf(cluster, pool).stream()
        .map(allocation -> Resources.condition(allocation, Conditions.PROGRAMMED))
        .filter(condition -> condition.isPresent() && condition.get().getStatus().equals("True"))
        .count();
  }

  @Test
  void aDeletedPoolWithBlocksInUseSaysWhichNodesHoldIt() {
    Resources.createPool(cluster, "held", "10.247.0.0/16", 24);
    Cluster.await("two blocks", () -> Resources.allocationsOf(cluster, "held").size() == 2);
    Resources.pools(cluster).withName("held").delete();
    Cluster.await(
        "the pool to say who holds it",
        () -> {
          var pool = Resources.pools(cluster).withName("held").get();
          return pool.getMetadata().getDeletionTimestamp() != null
              && conditionOf("held", Conditions.READY).orElseThrow().getMessage().contains("node1")
              && conditionOf("held", Conditions.READY).orElseThrow().getMessage().contains("node2");
        });
  }

  @Test
  void anAllocationMadeByHandThatOverlapsOrNamesNobodyIsIgnoredAndSaysWhy() {
    Resources.createPool(cluster, "main", "10.248.0.0/16", 24);
    Cluster.await("two blocks", () -> Resources.allocationsOf(cluster, "main").size() == 2);
    String taken = Resources.allocationsOf(cluster, "main").get(0).getSpec().cidr();
    String half = taken.replace("/24", "/25");
    String name = half.replace('.', '-').replace('/', '-');
    Resources.createAllocation(cluster, name, half, "nobody", "no-uid");
    Cluster.await(
        "the overlap to be told",
        () ->
            Resources.condition(Resources.allocation(cluster, name), Conditions.OVERLAPPING)
                .orElseThrow()
                .getStatus()
                .equals("True"));
    for (int node = 1; node <= 2; node++) {
      assertThat(cluster.ip(node, "route", "show", "exact", half)).isEmpty();
    }
  }
}
