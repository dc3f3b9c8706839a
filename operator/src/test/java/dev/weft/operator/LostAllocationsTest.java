// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.api.IPAllocationSpec.State;
import dev.weft.api.IPPoolSpec;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.dsl.NonDeletingOperation;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Allocations that are lost: nothing new is allocated while agents claim what they serve. */
class LostAllocationsTest {
  private static final String BLOCK = "10-244-0-0-24";

  private final TestCluster cluster = new TestCluster();
  private final TestAgent agent = new TestAgent(cluster.client);
  private final ManualTime time = new ManualTime();

  @AfterEach
  void close() {
    cluster.close();
  }

  @Test
  void aLeaderThatMissesAllocationsAllocatesNothingUntilTheLastIsClaimedAgain() {
    Node node1 = servedNode("node1", "192.168.1.11");
    cluster.operator(time);
    awaitServed("node1", BLOCK);
    Node node2 = servedNode("node2", "192.168.1.12");
    awaitServed("node2", "10-244-1-0-24");
    lose("node1", BLOCK);
    lose("node2", "10-244-1-0-24");
    awaitWaiting("node3");
    agent.claims("10.244.0.0/24", node1, "default");
    await().until(() -> cluster.state(BLOCK) == State.Active);
    awaitWaiting("node4");
    assertThat(cluster.owners()).isEqualTo(Map.of("10.244.0.0/24", "node1"));
    agent.claims("10.244.1.0/24", node2, "default");
    await().until(() -> cluster.owners().size() == 4);
    assertThat(cluster.owners())
        .containsEntry("10.244.0.0/24", "node1")
        .containsEntry("10.244.1.0/24", "node2")
        .containsValues("node3", "node4");
  }

  @Test
  void aLeaderThatMissesAllocationsWaitsForTheSettleTimeAtMostAndKeepsTheirBlocksFromOthers() {
    servedNode("node1", "192.168.1.11");
    cluster.operator(time, "--settle-time=5m");
    awaitServed("node1", BLOCK);
    lose("node1", BLOCK);
    awaitWaiting("node2");
    time.pass(Duration.ofSeconds(299));
    awaitWaiting("node3");
    assertThat(cluster.owners()).isEmpty();
    time.pass(Duration.ofSeconds(1));
    cluster.node("node4", "192.168.1.14"); // makes a pass
    await().until(() -> cluster.owners().size() == 4);
    assertThat(cluster.owners()).doesNotContainKey("10.244.0.0/24");
  }

  @Test
  void anAllocationThatIsLostRightAfterItsClaimWasAcceptedIsMissed() {
    Node node1 = servedNode("node1", "192.168.1.11");
    agent.claims("10.244.0.0/24", node1, "default");
    agent.serves(BLOCK, 1);
    cluster.operator(
        request -> {
          if (request.contains("ClaimAccepted")) { // within the pass
            cluster.deleteAllocation(BLOCK);
          }
        },
        time);
    awaitNoBlock("node1");
    awaitWaiting("node2");
    assertThat(cluster.owners()).isEmpty();
  }

  @Test
  void aSettleTimeThatEndsDuringAPassIsNotForgotten() {
    servedNode("node1", "192.168.1.11");
    cluster.operator(
        request -> {
          if (request.contains("NoBlock") && request.contains("node3")) { // within a pass
            cluster.refuse(
                write -> write.contains("/ippools/default/status")); // which makes a pass
            time.pass(Duration.ofMinutes(5));
          }
        },
        time,
        "--settle-time=5m");
    awaitServed("node1", BLOCK);
    lose("node1", BLOCK);
    awaitWaiting("node2");
    cluster.node("node3", "192.168.2.3");
    await().until(() -> cluster.owners().size() == 3);
  }

  @Test
  void aPoolWhoseBlocksMayBeLostKeepsItsFinalizer() {
    Node node1 = servedNode("node1", "192.168.1.11");
    cluster.operator(time);
    awaitServed("node1", BLOCK);
    lose("node1", BLOCK);
    awaitWaiting("node2");
    awaitWaiting("node3");
    assertThat(cluster.pool("default").getFinalizers()).containsExactly("weft.dev/blocks");
    agent.claims("10.244.0.0/24", node1, "default");
    await().until(() -> cluster.owners().size() == 3);
    assertThat(cluster.pool("default").getFinalizers()).containsExactly("weft.dev/blocks");
  }

  @Test
  void whatTheOperatorDeletesItselfIsNotMissed() {
    cluster.pool("a", "10.244.0.0/16", 24);
    cluster.pool("b", "10.245.0.0/16", 24);
    cluster.node("node1", "192.168.1.11");
    cluster.operator(time, "--release-hold=0s");
    awaitServed("node1", BLOCK);
    cluster.declare("a", IPPoolSpec.State.Draining);
    await().until(() -> cluster.owners().containsKey("10.245.0.0/24"));
    agent.serves("10-245-0-0-24", 1);
    await().until(() -> cluster.state(BLOCK) == State.Draining);
    agent.drained(BLOCK);
    time.passUntil(Duration.ofSeconds(1), () -> pass() && cluster.allocation(BLOCK) == null);
    cluster.node("late", "192.168.3.1");
    await().until(() -> cluster.owners().containsValue("late"));
  }

  @Test
  void aLeaderThatTakesALeaseNobodyRenewedForLongAllocatesNothingButAcceptsClaims() {
    Node node1 = servedNode("node1", "192.168.1.11");
    WeftOperator first = cluster.operator(time);
    awaitServed("node1", BLOCK);
    first.close();
    cluster.deleteAllocation(BLOCK); // as after a restore of etcd
    lease(Duration.ofMinutes(10));
    WeftOperator second =
        cluster.operator(time, "--leader-elect=true", "--lease-duration=30s", "--settle-time=5m");
    await().until(() -> second.readiness().text().startsWith("leading"));
    awaitWaiting("node2");
    agent.claims("10.244.0.0/24", node1, "default");
    await().until(() -> cluster.state(BLOCK) == State.Active);
    awaitWaiting("node3");
    assertThat(cluster.owners()).hasSize(1);
    time.pass(Duration.ofMinutes(5));
    cluster.node("node4", "192.168.1.14"); // makes a pass
    await().until(() -> cluster.owners().size() == 4);
    assertThat(cluster.owners()).containsEntry("10.244.0.0/24", "node1");
  }

  @Test
  void aClusterInWhichNoNodeWasEverServedDoesNotWait() {
    cluster.pool("default", "10.244.0.0/16", 24);
    cluster.node("node1", "192.168.1.11");
    lease(Duration.ofMinutes(10));
    cluster.operator(time, "--leader-elect=true", "--lease-duration=30s");
    await().until(() -> cluster.owners().size() == 1);
  }

  @Test
  void aLeaderThatTakesALeaseThatWasJustRenewedDoesNotWait() {
    servedNode("node1", "192.168.1.11");
    WeftOperator first = cluster.operator(time);
    awaitServed("node1", BLOCK);
    first.close();
    lease(Duration.ofSeconds(40));
    cluster.operator(time, "--leader-elect=true", "--lease-duration=30s");
    cluster.node("node2", "192.168.1.12");
    await().until(() -> cluster.owners().size() == 2);
  }

  @Test
  void aStandbyThatCouldNotReadTheLeaseBeforeItTakesItAllocatesNothing() {
    servedNode("node1", "192.168.1.11");
    WeftOperator first = cluster.operator(time);
    awaitServed("node1", BLOCK);
    first.close();
    lease(Duration.ofSeconds(-60));
    WeftOperator standby = cluster.operator(time, "--leader-elect=true", "--lease-duration=15s");
    await().until(() -> standby.readiness().text().startsWith("standing by"));
    time.pass(Duration.ofSeconds(8));
    lease(Duration.ofSeconds(20));
    await().until(() -> standby.readiness().text().startsWith("leading"));
    awaitWaiting("node2");
  }

  /** A Lease that another held and renewed this long ago. */
  private void lease(Duration ago) {
    cluster
        .client
        .resource(
            new LeaseBuilder()
                .withNewMetadata()
                .withName("weft-operator")
                .withNamespace("default")
                .endMetadata()
                .withNewSpec()
                .withHolderIdentity("another")
                .withLeaseDurationSeconds(15)
                .withAcquireTime(ZonedDateTime.now(ZoneOffset.UTC).minus(ago))
                .withRenewTime(ZonedDateTime.now(ZoneOffset.UTC).minus(ago))
                .withLeaseTransitions(0)
                .endSpec()
                .build())
        .createOr(NonDeletingOperation::update);
  }

  private Node servedNode(String name, String address) {
    if (cluster.pool("default") == null) {
      cluster.pool("default", "10.244.0.0/16", 24);
    }
    return cluster.node(name, address);
  }

  private void awaitServed(String node, String block) {
    await().until(() -> cluster.allocation(block) != null);
    agent.serves(block, 1);
    await().until(() -> cluster.networkUnavailable(node).equals("False WeftBlockReady"));
  }

  /** Deletes an allocation, and waits until the operator has noticed. */
  private void lose(String node, String block) {
    cluster.deleteAllocation(block);
    awaitNoBlock(node);
  }

  private void awaitNoBlock(String node) {
    await().until(() -> cluster.events().contains("Node " + node + " NoBlock"));
  }

  /** Lets a node come, which a pass after everything before gives no block. */
  private void awaitWaiting(String node) {
    cluster.node(node, "192.168.2." + node.substring(4));
    awaitNoBlock(node);
    assertThat(cluster.owners()).doesNotContainValue(node);
  }

  /** Requests a pass. */
  private boolean pass() {
    agent.serves("10-245-0-0-24", System.nanoTime() % 100);
    return true;
  }
}
