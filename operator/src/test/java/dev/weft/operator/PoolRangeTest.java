// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.api.IPPoolSpec;
import io.fabric8.kubernetes.api.model.LabelSelectorBuilder;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Which range of a pool is in force, and which state. */
class PoolRangeTest {
  private final TestCluster cluster = new TestCluster();

  @AfterEach
  void close() {
    cluster.close();
  }

  @Test
  void theRangeInForceIsWrittenBeforeTheFirstBlockIsCreated() {
    cluster.pool("default", "10.244.0.0/16", 24);
    cluster.node("node1", "192.168.1.11");
    List<String> atCreation = new CopyOnWriteArrayList<>();
    cluster.operator(
        request -> {
          if (request.startsWith("POST") && request.contains("/ipallocations ")) {
            atCreation.add(
                cluster.range("default") + " " + cluster.pool("default").getFinalizers());
          }
        });
    await().until(() -> cluster.owners().size() == 1);
    assertThat(atCreation).containsExactly("10.244.0.0/16 [weft.dev/blocks]");
    await().until(() -> cluster.poolCondition("default", "Accepted").equals("True Accepted"));
    assertThat(cluster.range("default")).isEqualTo("10.244.0.0/16");
  }

  @Test
  void aRangeInForceThatIsRefusedLetsNoBlockBeCreatedAndHindersNoOtherPool() {
    cluster.refuse(
        write -> write.contains("/ippools/a/status ") && write.contains("\"10.244.0.0/16\""));
    cluster.pool("a", "10.244.0.0/16", 24);
    cluster.pool("b", selecting("10.245.0.0/16", "other", "yes"));
    cluster.node("node1", "192.168.1.11");
    WeftOperator operator = cluster.operator();
    await().until(() -> operator.readiness().text().contains("prepare IPPool a"));
    labelled("other", "192.168.1.12");
    cluster.deleteNode("node1"); // or it has "a", the older, to wait for
    await().until(() -> cluster.range("b") != null);
    assertThat(cluster.writes()).noneMatch(write -> write.startsWith("POST") && isBlock(write));
    assertThat(cluster.range("a")).isNull();
    cluster.refuse(write -> false);
    await().until(() -> cluster.owners().containsKey("10.244.0.0/24"));
  }

  @Test
  void aWideningThatOverlapsIsNotAcceptedAndTheOldRangeGoesOn() {
    cluster.pool("a", "10.244.0.0/24", 26);
    cluster.pool("b", "10.244.1.0/24", 26);
    cluster.node("node1", "192.168.1.11");
    cluster.operator();
    await().until(() -> cluster.owners().size() == 1 && cluster.range("b") != null);
    cluster.declare("a", "10.244.0.0/23");
    await().until(() -> cluster.poolCondition("a", "Accepted").equals("False Overlapping"));
    assertThat(cluster.poolMessage("a", "Accepted"))
        .contains("IPPool b (10.244.1.0/24)", "10.244.0.0/24 stays in force");
    assertThat(cluster.poolCondition("a", "Ready")).isEqualTo("True Allocating");
    cluster.node("node2", "192.168.1.12");
    await().until(() -> cluster.owners().size() == 2);
    assertThat(cluster.range("a")).isEqualTo("10.244.0.0/24");
    assertThat(cluster.owners())
        .isEqualTo(Map.of("10.244.0.0/26", "node1", "10.244.0.64/26", "node2"));

    cluster.declare("a", "10.244.0.0/24");
    await().until(() -> cluster.poolCondition("a", "Accepted").equals("True Accepted"));
    assertThat(cluster.range("a")).isEqualTo("10.244.0.0/24");
  }

  @Test
  void aWideningThatOverlapsAServiceCidrSaysWhich() {
    cluster.pool("a", "10.244.0.0/24", 26);
    cluster.node("node1", "192.168.1.11");
    cluster.operator("--service-cidrs=10.244.1.0/24");
    await().until(() -> cluster.owners().size() == 1);
    cluster.declare("a", "10.244.0.0/16");
    await().until(() -> cluster.poolCondition("a", "Accepted").equals("False Overlapping"));
    assertThat(cluster.poolMessage("a", "Accepted")).contains("Service CIDR 10.244.1.0/24");
    assertThat(cluster.range("a")).isEqualTo("10.244.0.0/24");
    await().until(() -> cluster.events().contains("IPPool a Overlapping"));
  }

  @Test
  void disabledCountsWhereStateIsTheDefaultAndTheOperatorWritesNoSpec() {
    cluster.pool("old", disabled("10.244.0.0/16"));
    cluster.pool("plain", "10.245.0.0/16", 24);
    cluster.operator();
    await().until(() -> cluster.poolCondition("old", "Ready").equals("False NoNewBlocks"));
    await().until(() -> cluster.poolCondition("plain", "Ready").equals("True Allocating"));
    assertThat(cluster.pool("old").getSpec().state()).isEqualTo(IPPoolSpec.State.Active);
    cluster.node("node1", "192.168.1.11");
    await().until(() -> cluster.owners().containsKey("10.245.0.0/24"));
    assertThat(cluster.owners()).hasSize(1);
    assertThat(List.of(cluster.pool("old"), cluster.pool("plain")))
        .allSatisfy(pool -> assertThat(pool.getMetadata().getGeneration()).isEqualTo(1));
  }

  private static IPPoolSpec disabled(String cidr) {
    return new IPPoolSpec(cidr, 24, null, null, null, null, true, null, null);
  }

  private static IPPoolSpec selecting(String cidr, String label, String value) {
    return new IPPoolSpec(
        cidr,
        24,
        null,
        new LabelSelectorBuilder().addToMatchLabels(label, value).build(),
        null,
        null,
        null,
        null,
        null);
  }

  private void labelled(String name, String address) {
    cluster
        .client
        .resource(
            new NodeBuilder()
                .withNewMetadata()
                .withName(name)
                .addToLabels(name, "yes")
                .endMetadata()
                .withNewStatus()
                .addNewAddress(address, "InternalIP")
                .endStatus()
                .build())
        .create();
  }

  private static boolean isBlock(String write) {
    return write.endsWith("/ipallocations");
  }
}
