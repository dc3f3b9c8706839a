// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.api.Annotations;
import dev.weft.api.Conditions;
import dev.weft.api.IPAllocation;
import dev.weft.api.IPAllocationSpec.State;
import dev.weft.api.IPPoolSpec;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Objects of schema revision 2 and nodes that registered again are taken over. */
class MigrationTest {
  private static final String BLOCK = "10-244-3-0-24";

  private final TestCluster cluster = new TestCluster();

  @AfterEach
  void close() {
    cluster.close();
  }

  @Test
  void objectsOfTheRevisionBeforeAreTakenOverWithoutABlockLost() {
    cluster.pool("default", "10.244.0.0/16", 24);
    cluster.pool(
        "old", new IPPoolSpec("10.245.0.0/16", 24, null, null, null, null, true, null, null));
    Node node1 = cluster.node("node1", "192.168.1.11");
    Node node2 = cluster.node("node2", "192.168.1.12");
    String three =
        cluster
            .allocation(BLOCK, "10.244.3.0/24", "node1", uid(node1), "default")
            .getMetadata()
            .getUid();
    String zero =
        cluster
            .allocation("10-245-0-0-24", "10.245.0.0/24", "node2", uid(node2), "old")
            .getMetadata()
            .getUid();
    cluster.operator("--grace-period=1s");
    cluster.node("node3", "192.168.1.13");
    await().until(() -> cluster.owners().containsValue("node3"));
    assertThat(cluster.owners())
        .isEqualTo(
            Map.of("10.244.3.0/24", "node1", "10.245.0.0/24", "node2", "10.244.0.0/24", "node3"));
    assertThat(cluster.allocation(BLOCK).getMetadata().getUid()).isEqualTo(three);
    assertThat(cluster.allocation("10-245-0-0-24").getMetadata().getUid()).isEqualTo(zero);
    assertThat(cluster.range("default")).isEqualTo("10.244.0.0/16");
    assertThat(cluster.range("old")).isEqualTo("10.245.0.0/16");
    await().until(() -> cluster.poolCondition("old", "Ready").equals("False NoNewBlocks"));
    assertThat(cluster.pool("old").getFinalizers()).containsExactly("weft.dev/blocks");
    assertThat(cluster.writes()).noneMatch(write -> write.startsWith("DELETE"));
  }

  @Test
  void poolsThatCameToOverlapWhileNoneHadARangeInForceKeepTheirBlocks() {
    cluster.pool("a", "10.244.0.0/16", 24);
    cluster.pool("b", "10.244.0.0/17", 24);
    Node node = cluster.node("node1", "192.168.1.11");
    cluster.allocation(BLOCK, "10.244.3.0/24", "node1", uid(node), "b");
    cluster.operator();
    await().until(() -> "10.244.0.0/17".equals(cluster.range("b")));
    await().until(() -> cluster.poolCondition("a", "Accepted").equals("False Overlapping"));
    assertThat(cluster.owners()).isEqualTo(Map.of("10.244.3.0/24", "node1"));
    assertThat(cluster.allocationCondition(BLOCK, Conditions.RELEASING)).isEmpty();
  }

  @Test
  void theUidOfANodeThatABlockPassedToReplacesTheOldOne() {
    cluster.pool("default", "10.244.0.0/16", 24);
    Node node = cluster.node("node1", "192.168.1.11");
    inherited(node, "uid-of-long-ago", uid(node), "weft-operator");
    cluster.operator();
    await().until(() -> uid(node).equals(cluster.allocation(BLOCK).getSpec().nodeUID()));
    await().until(() -> inheritedBy() == null);
    assertThat(cluster.state(BLOCK)).isEqualTo(State.Active);
  }

  @Test
  void anInheritanceThatARestoreWroteIsRemovedToo() {
    cluster.pool("default", "10.244.0.0/16", 24);
    Node node = cluster.node("node1", "192.168.1.11");
    inherited(node, "uid-of-long-ago", uid(node), "velero");
    cluster.operator();
    await().until(() -> uid(node).equals(cluster.allocation(BLOCK).getSpec().nodeUID()));
    await().until(() -> inheritedBy() == null);
    assertThat(cluster.owners()).isEqualTo(Map.of("10.244.3.0/24", "node1"));
  }

  @Test
  void aNodeThatRegistersTwiceKeepsItsBlockOverARebootToo() {
    cluster.pool("default", "10.244.0.0/16", 24);
    cluster.node("other", "192.168.1.9");
    cluster.node("second", "192.168.1.11");
    cluster.operator();
    await().until(() -> cluster.owners().size() == 2);
    Map<String, String> owners = cluster.owners();
    for (int i = 0; i < 2; i++) {
      cluster.deleteNode("second");
      Node again = cluster.node("second", "192.168.1.11");
      await()
          .until(() -> uid(again).equals(cluster.allocation("10-244-1-0-24").getSpec().nodeUID()));
    }
    cluster
        .client
        .nodes()
        .withName("second")
        .editStatus(
            node -> {
              node.getStatus().getNodeInfo().setBootID("boot-2");
              return node;
            });
    await()
        .until(
            () ->
                "boot-2"
                    .equals(
                        cluster
                            .allocation("10-244-1-0-24")
                            .getMetadata()
                            .getAnnotations()
                            .get(Annotations.BOOT_ID)));
    assertThat(cluster.owners()).isEqualTo(owners);
  }

  /** An allocation that passed to a node which registered again, as version 0.1 wrote it. */
  private void inherited(Node node, String first, String inheritedBy, String manager) {
    cluster.allocation(BLOCK, "10.244.3.0/24", node.getMetadata().getName(), first, "default");
    IPAllocation annotated = new IPAllocation();
    annotated.setMetadata(
        new ObjectMetaBuilder()
            .withName(BLOCK)
            .withAnnotations(
                Map.of(
                    Annotations.SYSTEM_UUID, "machine-node1",
                    Annotations.BOOT_ID, "boot-1",
                    Annotations.INHERITED_BY, inheritedBy))
            .build());
    cluster
        .client
        .resource(annotated)
        .patch(
            new PatchContext.Builder()
                .withPatchType(PatchType.SERVER_SIDE_APPLY)
                .withFieldManager(manager)
                .withForce(true)
                .build());
    assertThat(inheritedBy()).isEqualTo(inheritedBy);
  }

  private String inheritedBy() {
    return cluster.allocation(BLOCK).getMetadata().getAnnotations().get(Annotations.INHERITED_BY);
  }

  private static String uid(Node node) {
    return node.getMetadata().getUid();
  }
}
