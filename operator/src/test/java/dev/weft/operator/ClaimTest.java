// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.api.Annotations;
import dev.weft.api.Conditions;
import dev.weft.api.IPAllocationSpec.State;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What becomes of blocks that agents claim. */
class ClaimTest {
  private static final String BLOCK = "10-244-7-0-24";
  private static final String OUTSIDE = "8-8-8-0-24";

  private final TestCluster cluster = new TestCluster();
  private final TestAgent agent = new TestAgent(cluster.client);

  @AfterEach
  void close() {
    cluster.close();
  }

  @Test
  void aClaimOnAFreeBlockBecomesItsNodes() {
    cluster.pool("default", "10.244.0.0/16", 24);
    Node node = cluster.node("node1", "192.168.1.11");
    agent.claims("10.244.7.0/24", node, "default");
    cluster.operator();
    await().until(() -> cluster.state(BLOCK) == State.Active);
    await().until(() -> cluster.events().contains("IPAllocation " + BLOCK + " ClaimAccepted"));
    assertThat(cluster.allocation(BLOCK).getMetadata().getAnnotations())
        .containsEntry(Annotations.SYSTEM_UUID, "machine-node1")
        .containsEntry(Annotations.BOOT_ID, "boot-1");
    assertThat(cluster.pool("default").getFinalizers()).containsExactly("weft.dev/blocks");
    cluster.node("node2", "192.168.1.12");
    await().until(() -> cluster.owners().containsValue("node2"));
    assertThat(cluster.owners()).hasSize(2); // node1 needs no other
    assertThat(cluster.writes()).noneMatch(write -> write.endsWith(BLOCK + "/status"));
  }

  @Test
  void aClaimThatIsRefusedStaysUntilItsAgentHasDrainedIt() {
    cluster.pool("default", "10.244.0.0/16", 24);
    Node node = cluster.node("node1", "192.168.1.11");
    cluster.operator();
    await().until(() -> cluster.owners().containsKey("10.244.0.0/24"));
    agent.claims("8.8.8.0/24", node, "default");
    await().until(() -> accepted(OUTSIDE).equals("False ClaimRefused"));
    assertThat(
            TestCluster.message(
                cluster.allocation(OUTSIDE).getStatus().conditions(), Conditions.ACCEPTED))
        .contains("outside 10.244.0.0/16");
    await().until(() -> cluster.events().contains("IPAllocation " + OUTSIDE + " ClaimRefused"));
    agent.serves(OUTSIDE, 3);
    anotherNode("node2");
    assertThat(cluster.state(OUTSIDE)).isEqualTo(State.Claimed);
    assertThat(accepted(OUTSIDE)).isEqualTo("False ClaimRefused");
    agent.drained(OUTSIDE);
    await().until(() -> cluster.allocation(OUTSIDE) == null);
    assertThat(cluster.events()).containsOnlyOnce("IPAllocation " + OUTSIDE + " ClaimRefused");
  }

  @Test
  void whatIsWrittenOfARefusedClaimDropsNoOtherCondition() {
    cluster.pool("default", "10.244.0.0/16", 24);
    Node node = cluster.node("node1", "192.168.1.11");
    cluster.operator("--release-hold=1h");
    await().until(() -> cluster.owners().containsKey("10.244.0.0/24"));
    agent.claims("8.8.8.0/24", node, "default");
    await().until(() -> accepted(OUTSIDE).equals("False ClaimRefused"));
    agent.drained(OUTSIDE);
    await()
        .until(
            () ->
                cluster.allocationCondition(OUTSIDE, Conditions.RELEASING).equals("True Drained"));
    agent.serves(OUTSIDE, 1); // a pod after all
    await()
        .until(
            () ->
                cluster
                    .allocationCondition(OUTSIDE, Conditions.RELEASING)
                    .equals("False DrainCancelled"));
    assertThat(accepted(OUTSIDE)).isEqualTo("False ClaimRefused");
    assertThat(cluster.allocationCondition(OUTSIDE, Conditions.PROGRAMMED)).isEqualTo("True Test");
    assertThat(cluster.state(OUTSIDE)).isEqualTo(State.Claimed);
  }

  @Test
  void aClaimThatIsRefusedBecomesItsNodesOnceNothingSpeaksAgainstIt() {
    cluster.pool("default", "10.244.0.0/16", 24);
    Node node = cluster.node("node1", "192.168.1.11");
    cluster.operator();
    await().until(() -> cluster.owners().size() == 1);
    agent.claims("10.245.0.0/24", node, "second");
    await().until(() -> accepted("10-245-0-0-24").equals("False ClaimRefused"));
    cluster.pool("second", "10.245.0.0/16", 24);
    await().until(() -> cluster.state("10-245-0-0-24") == State.Active);
    await().until(() -> accepted("10-245-0-0-24").equals("True ClaimAccepted"));
  }

  @Test
  void aBlockThatAnotherNodeHasIsNotClaimed() {
    cluster.pool("default", "10.244.0.0/16", 24);
    Node node = cluster.node("node1", "192.168.1.11");
    cluster.operator();
    await().until(() -> cluster.owners().containsKey("10.244.0.0/24"));
    Node other = cluster.node("node2", "192.168.1.12");
    agent.claims("10.244.0.128/25", other, "default");
    await().until(() -> accepted("10-244-0-128-25").equals("False ClaimRefused"));
    assertThat(cluster.state("10-244-0-0-24")).isEqualTo(State.Active);
    assertThat(cluster.allocation("10-244-0-0-24").getSpec().nodeUID())
        .isEqualTo(node.getMetadata().getUid());
  }

  @Test
  void ofMoreClaimsThanANodeMayHaveTheOthersAreDeleted() {
    cluster.pool("default", "10.244.0.0/16", 24);
    Node node = cluster.node("node1", "192.168.1.11");
    IntStream.range(10, 28)
        .forEach(third -> agent.claims("10.244.%d.0/24".formatted(third), node, "default"));
    cluster.operator();
    await().until(() -> cluster.allocations().size() == 16);
    await()
        .until(
            () ->
                cluster.allocations().stream()
                    .allMatch(allocation -> allocation.getSpec().state() == State.Active));
    anotherNode("node2");
    assertThat(cluster.allocations()).hasSize(17);
  }

  @Test
  void aClaimOfANodeThatIsNotThereIsNeitherAcceptedNorRefused() {
    cluster.pool("default", "10.244.0.0/16", 24);
    cluster.node("node1", "192.168.1.11");
    cluster.operator();
    await().until(() -> cluster.owners().size() == 1);
    agent.claims("10.244.7.0/24", stranger(), "default");
    await()
        .until(
            () ->
                cluster
                    .allocationCondition(BLOCK, Conditions.RELEASING)
                    .equals("Unknown NodeUnknown"));
    anotherNode("node2");
    assertThat(cluster.state(BLOCK)).isEqualTo(State.Claimed);
    assertThat(accepted(BLOCK)).isEmpty();
  }

  @Test
  void aClaimIsNotAcceptedBeforeItsPoolHasItsRangeInForceAndTheFinalizer() {
    cluster.refuse(write -> write.contains("/ippools/default ") && write.contains("finalizers"));
    cluster.pool("default", "10.244.0.0/16", 24);
    Node node = cluster.node("node1", "192.168.1.11");
    agent.claims("10.244.7.0/24", node, "default");
    WeftOperator operator = cluster.operator();
    await().until(() -> operator.readiness().text().contains("prepare IPPool default"));
    await().until(() -> cluster.poolCondition("default", "Ready").equals("True Allocating"));
    assertThat(cluster.state(BLOCK)).isEqualTo(State.Claimed);
    assertThat(accepted(BLOCK)).isEmpty();
    cluster.refuse(write -> false);
    await().until(() -> cluster.state(BLOCK) == State.Active);
  }

  @Test
  void aRefusedClaimKeepsNoPool() {
    cluster.pool("default", "10.244.0.0/16", 24);
    Node node = cluster.node("node1", "192.168.1.11");
    WeftOperator operator = cluster.operator("--grace-period=1s");
    await().until(() -> cluster.owners().size() == 1);
    agent.claims("10.244.9.0/25", node, "default");
    await().until(() -> accepted("10-244-9-0-25").equals("False ClaimRefused"));
    cluster.deletePool("default");
    await().until(() -> cluster.poolCondition("default", "Ready").equals("False InUse"));
    cluster.deleteAllocation("10-244-0-0-24");
    await().until(() -> cluster.pool("default") == null);
    await().until(() -> operator.readiness().text().equals("leading\n"));
    assertThat(cluster.state("10-244-9-0-25")).isEqualTo(State.Claimed);
  }

  @Test
  void aClaimOnABlockOfAPoolThatIsBeingDeletedIsRefused() {
    cluster.pool("default", "10.244.0.0/16", 24);
    Node node = cluster.node("node1", "192.168.1.11");
    cluster.operator();
    await().until(() -> cluster.owners().size() == 1);
    cluster.deletePool("default");
    await().until(() -> cluster.poolCondition("default", "Ready").equals("False InUse"));
    agent.claims("10.244.7.0/24", node, "default");
    await().until(() -> accepted(BLOCK).equals("False ClaimRefused"));
    assertThat(cluster.state(BLOCK)).isEqualTo(State.Claimed);
    assertThat(cluster.state("10-244-0-0-24")).isEqualTo(State.Active);
  }

  private static Node stranger() {
    return new NodeBuilder()
        .withNewMetadata()
        .withName("stranger")
        .withUid("uid-stranger")
        .endMetadata()
        .build();
  }

  private String accepted(String allocation) {
    return cluster.allocationCondition(allocation, Conditions.ACCEPTED);
  }

  /** A node whose block is written by a pass that began after everything before. */
  private void anotherNode(String name) {
    cluster.node(name, "192.168.1.99");
    await().until(() -> cluster.owners().containsValue(name));
  }
}
