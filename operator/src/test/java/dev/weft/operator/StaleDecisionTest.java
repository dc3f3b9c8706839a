// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.api.Conditions;
import dev.weft.api.IPAllocation;
import dev.weft.api.IPAllocationSpec;
import dev.weft.api.IPAllocationStatus;
import dev.weft.api.IPPool;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import io.fabric8.kubernetes.api.model.Node;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * What an operator decided, and what is there when its write arrives: whatever it was decided on
 * has changed between the decision and the write, as after a sleep.
 */
class StaleDecisionTest {
  private static final String BLOCK = "10-244-0-0-24";
  private static final Predicate<String> RELEASE =
      request -> request.startsWith("PATCH") && request.contains("GraceOver");
  private static final Predicate<String> DELETION =
      request -> request.startsWith("DELETE") && request.contains("/ipallocations/");

  private final TestCluster cluster = new TestCluster();
  private final TestAgent agent = new TestAgent(cluster.client);
  private final AtomicReference<Predicate<String>> pending = new AtomicReference<>();
  private final AtomicBoolean arrived = new AtomicBoolean();
  private volatile Runnable meanwhile;

  @AfterEach
  void close() {
    cluster.close();
  }

  @Test
  void aReleaseThatComesAfterTheNodeIsTooLate() {
    String uid = loseTheBlockBefore(RELEASE, this::nodeReturns);
    await().until(() -> releasing().equals("False NodeBack"));
    assertKept(uid);
  }

  @Test
  void aReleaseThatComesAfterAnotherLeaderSawTheNodeIsTooLate() {
    String uid = loseTheBlockBefore(RELEASE, this::anotherLeaderSawTheNode);
    await().until(() -> arrived.get() && releasing().startsWith("False"));
    assertKept(uid);
  }

  @Test
  void aDeletionIsCancelledWhereTheNodeIsThereThoughTheWatchDidNotReportIt() {
    String uid = loseTheBlockBefore(lastRead(), this::nodeReturns);
    await().until(() -> releasing().equals("False NodeBack"));
    assertKept(uid);
  }

  /** The request for node1 before the deletion. */
  private Predicate<String> lastRead() {
    return request ->
        request.startsWith("GET")
            && request.contains("/nodes/node1")
            && releasing().equals("True GraceOver");
  }

  @Test
  void aBlockWhoseNodeReturnsBetweenItsLastReadAndTheDeletionIsKeptUntilItsAgentClaimsIt() {
    twoNodes();
    operatorThatMeets(DELETION, this::nodeReturns);
    awaitBlock();
    agent.serves("10-244-1-0-24", 1);
    await().until(() -> networkAvailable("node2"));
    cluster.deleteNode("node1");
    await().until(arrived::get);
    await().until(() -> cluster.allocation(BLOCK) == null);
    cluster.node("node3", "192.168.1.13");
    await().until(() -> cluster.events().contains("Node node3 NoBlock"));
    assertThat(cluster.owners()).isEqualTo(Map.of("10.244.1.0/24", "node2"));
    agent.claims("10.244.0.0/24", cluster.client.nodes().withName("node1").get(), "default");
    await().until(() -> cluster.owners().containsValue("node3"));
    await().until(() -> cluster.state(BLOCK) == IPAllocationSpec.State.Active);
    assertThat(cluster.owners())
        .isEqualTo(
            Map.of("10.244.0.0/24", "node1", "10.244.1.0/24", "node2", "10.244.2.0/24", "node3"));
  }

  private boolean networkAvailable(String node) {
    return cluster.client.nodes().withName(node).get().getStatus().getConditions().stream()
        .anyMatch(condition -> "WeftBlockReady".equals(condition.getReason()));
  }

  @Test
  void aDeletionThatComesAfterAnotherLeaderSawTheNodeIsTooLate() {
    String uid = loseTheBlockBefore(DELETION, this::anotherLeaderSawTheNode);
    await().until(() -> arrived.get() && releasing().startsWith("False"));
    assertKept(uid);
  }

  @Test
  void aReleaseIsWithdrawnWhenTheNodeReturnsBeforeTheDeletion() {
    twoNodes();
    cluster.operator("--grace-period=1s", "--release-hold=1h");
    String uid = awaitBlock();
    cluster.deleteNode("node1");
    await().until(() -> releasing().equals("True GraceOver"));
    assertThat(phase()).isEqualTo(IPAllocationStatus.Phase.Releasing);
    cluster.node("node1", "192.168.1.11");
    await().until(() -> releasing().equals("False NodeBack"));
    assertThat(phase()).isEqualTo(IPAllocationStatus.Phase.Pending);
    assertKept(uid);
  }

  @Test
  void aPoolThatHasABlockThatNoWatchReportedKeepsItsFinalizer() {
    cluster.pool("default", "10.244.0.0/16", 24);
    cluster.node("other", "192.168.1.12");
    operatorThatMeets(
        null,
        () -> cluster.allocation("10-244-9-0-24", "10.244.9.0/24", "node9", "uid9", "default"));
    await().until(() -> cluster.pool("default").getFinalizers().size() == 1);
    await().until(() -> cluster.poolCondition("default", "Ready").equals("True Allocating"));
    cluster.client.resources(IPPool.class).withName("default").delete();
    await().until(() -> cluster.poolCondition("default", "Ready").equals("False InUse"));
    // Before it removes the finalizer the operator reads which blocks there are.
    pending.set(request -> request.startsWith("GET") && request.contains("/ipallocations"));
    cluster.client.resources(IPAllocation.class).withName("10-244-0-0-24").delete();
    await().until(arrived::get);
    await()
        .until(
            () ->
                TestCluster.message(cluster.pool("default").getStatus().conditions(), "Ready")
                    .contains("node9"));
    assertThat(cluster.pool("default").getFinalizers()).containsExactly("weft.dev/blocks");
  }

  @Test
  void aPoolThatAnotherLeaderUsesMeanwhileKeepsItsFinalizer() {
    cluster.pool("default", "10.244.0.0/16", 24);
    cluster.node("other", "192.168.1.12");
    operatorThatMeets(null, this::anotherLeaderUsesThePool);
    await().until(() -> cluster.pool("default").getFinalizers().size() == 1);
    await().until(() -> cluster.poolCondition("default", "Ready").equals("True Allocating"));
    List<String> seen = followPools();
    pending.set(
        request ->
            request.matches("(?s)PATCH \\S+/ippools/default .*") && request.contains("finalizers"));
    cluster.deleteNode("other");
    await()
        .until(
            () -> {
              // Restored while the operator has not seen yet that the node is gone.
              cluster.client.resources(IPAllocation.class).withName(BLOCK).delete();
              return arrived.get();
            });
    cluster.node("node3", "192.168.1.13"); // makes another pass, after this write's answer
    await().until(() -> seen.stream().anyMatch(version -> version.startsWith("2 ")));
    assertThat(seen).noneMatch(version -> version.endsWith("[]"));
  }

  @Test
  void aRangeThatComesAfterTheUsersIsTooLate() {
    cluster.pool("default", "10.244.0.0/17", 24);
    operatorThatMeets(
        request -> request.startsWith("PATCH") && request.contains("/ippools/default/status "),
        () -> cluster.declare("default", "10.244.0.0/16"));
    await().until(() -> cluster.poolCondition("default", "Accepted").equals("True Accepted"));
    await().until(() -> "10.244.0.0/16".equals(cluster.range("default")));
    assertThat(arrived).isTrue();
  }

  /** Each version of a pool, as {@code ALLOCATED FINALIZERS}. */
  private List<String> followPools() {
    return cluster.follow(
        IPPool.class, pool -> pool.getStatus().blocks().allocated() + " " + pool.getFinalizers());
  }

  private void anotherLeaderUsesThePool() {
    Node node = cluster.node("node9", "192.168.1.19");
    String uid = node.getMetadata().getUid();
    cluster.allocation("10-244-9-0-24", "10.244.9.0/24", "node9", uid, "default");
    cluster
        .client
        .resources(IPPool.class)
        .withName("default")
        .edit(
            pool -> {
              pool.getMetadata().setLabels(Map.of("another", "leader"));
              return pool;
            });
  }

  /**
   * Loses node1 and lets something happen when the operator decided the first such write, and
   * before the API server has it.
   *
   * @return the UID of node1's allocation
   */
  private String loseTheBlockBefore(Predicate<String> write, Runnable something) {
    twoNodes();
    operatorThatMeets(write, something);
    String uid = awaitBlock();
    cluster.deleteNode("node1");
    await().until(arrived::get);
    return uid;
  }

  private void operatorThatMeets(Predicate<String> write, Runnable something) {
    meanwhile = something;
    pending.set(write);
    cluster.operator(this::meet, "--grace-period=1s", "--release-hold=1s");
  }

  private void meet(String request) {
    Predicate<String> write = pending.get();
    if (write != null && write.test(request) && pending.compareAndSet(write, null)) {
      meanwhile.run();
      arrived.set(true);
    }
  }

  private void twoNodes() {
    cluster.pool("default", "10.244.0.0/16", 24);
    cluster.node("node1", "192.168.1.11");
    cluster.node("node2", "192.168.1.12");
  }

  private String awaitBlock() {
    await().until(() -> cluster.owners().size() == 2);
    assertThat(cluster.owners())
        .isEqualTo(Map.of("10.244.0.0/24", "node1", "10.244.1.0/24", "node2"));
    return cluster.allocation(BLOCK).getMetadata().getUid();
  }

  /** The same machine under a new UID. */
  private Node nodeReturns() {
    return cluster.node("node1", "192.168.1.11");
  }

  private void anotherLeaderSawTheNode() {
    nodeReturns();
    cluster
        .client
        .resources(IPAllocation.class)
        .withName(BLOCK)
        .editStatus(
            current -> {
              current.setStatus(
                  new IPAllocationStatus(
                      IPAllocationStatus.Phase.Ready,
                      null,
                      null,
                      List.of(
                          new ConditionBuilder()
                              .withType(Conditions.RELEASING)
                              .withStatus("False")
                              .withReason("NodeBack")
                              .withMessage("as another leader says")
                              .withLastTransitionTime("2026-01-01T00:00:00Z")
                              .build())));
              return current;
            });
  }

  private String releasing() {
    return cluster.allocationCondition(BLOCK, Conditions.RELEASING);
  }

  private IPAllocationStatus.Phase phase() {
    return cluster.allocation(BLOCK).getStatus().phase();
  }

  /** The block is its node's, in the object it was in, and stays so over another pass. */
  private void assertKept(String uid) {
    cluster.node("node3", "192.168.1.13"); // makes another pass
    await().until(() -> cluster.owners().containsValue("node3"));
    assertThat(cluster.allocation(BLOCK).getMetadata().getUid()).isEqualTo(uid);
    assertThat(cluster.owners()).containsEntry("10.244.0.0/24", "node1").hasSize(3);
    assertThat(releasing()).doesNotStartWith("True");
  }
}
