// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.api.Annotations;
import dev.weft.api.Conditions;
import dev.weft.api.IPAllocationSpec.State;
import dev.weft.core.net.Cidr;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What becomes of blocks that agents claim. */
class ClaimTest {
  private static final String BLOCK = "10-244-7-0-24";

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
  void aClaimThatIsRefusedIsDeletedAtOnce() {
    cluster.pool("default", "10.244.0.0/16", 24);
    Node node = cluster.node("node1", "192.168.1.11");
    cluster.operator();
    await().until(() -> cluster.owners().containsKey("10.244.0.0/24"));
    for (String claim : List.of("8.8.8.0/24", "10.244.0.0/20", "10.244.0.128/25")) {
      agent.claims(claim, node, "default");
      await().until(() -> cluster.allocation(Cidr.parse(claim).objectName()) == null);
    }
    await().until(() -> cluster.events().contains("Node node1 ClaimRefused"));
    anotherNode("node2");
    assertThat(cluster.owners())
        .isEqualTo(Map.of("10.244.0.0/24", "node1", "10.244.1.0/24", "node2"));
    assertThat(cluster.writes()).noneMatch(write -> write.endsWith("8-8-8-0-24/status"));
  }

  @Test
  void aClaimWhosePoolIsNotThereWaitsForIt() {
    cluster.pool("default", "10.244.0.0/16", 24);
    Node node = cluster.node("node1", "192.168.1.11");
    cluster.operator();
    await().until(() -> cluster.owners().size() == 1);
    agent.claims("10.245.0.0/24", node, "second");
    anotherNode("node2");
    assertThat(cluster.state("10-245-0-0-24")).isEqualTo(State.Claimed);
    cluster.pool("second", "10.245.0.0/16", 24);
    await().until(() -> cluster.state("10-245-0-0-24") == State.Active);
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
    cluster.refuse(write -> false);
    await().until(() -> cluster.state(BLOCK) == State.Active);
  }

  @Test
  void aClaimOnABlockOfAPoolThatIsBeingDeletedIsRefused() {
    cluster.pool("default", "10.244.0.0/16", 24);
    Node node = cluster.node("node1", "192.168.1.11");
    WeftOperator operator = cluster.operator("--grace-period=1s");
    await().until(() -> cluster.owners().size() == 1);
    cluster.deletePool("default");
    await().until(() -> cluster.poolCondition("default", "Ready").equals("False InUse"));
    agent.claims("10.244.7.0/24", node, "default");
    await().until(() -> cluster.allocation(BLOCK) == null);
    assertThat(cluster.state("10-244-0-0-24")).isEqualTo(State.Active);
    cluster.deleteAllocation("10-244-0-0-24");
    await().until(() -> cluster.pool("default") == null);
    await().until(() -> operator.readiness().text().equals("leading\n"));
  }

  private static Node stranger() {
    return new NodeBuilder()
        .withNewMetadata()
        .withName("stranger")
        .withUid("uid-stranger")
        .endMetadata()
        .build();
  }

  /** A node whose block is written by a pass that began after everything before. */
  private void anotherNode(String name) {
    cluster.node(name, "192.168.1.99");
    await().until(() -> cluster.owners().containsValue(name));
  }
}
