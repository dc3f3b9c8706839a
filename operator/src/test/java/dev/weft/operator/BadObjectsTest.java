// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** One bad object costs itself only, and says so on itself. */
class BadObjectsTest {
  private final TestCluster cluster = new TestCluster();

  @AfterEach
  void close() {
    cluster.close();
  }

  @Test
  void aNodeWithAnInternalIpThatIsNoneSaysSoAndTheOthersGetTheirBlocks() {
    cluster.pool("default", "10.244.0.0/16", 24);
    cluster.node("bad", "");
    cluster.node("good", "192.168.1.12");
    cluster.operator();
    awaitOwners(Map.of("10.244.0.0/24", "good"));
    await()
        .untilAsserted(() -> assertThat(cluster.events()).containsOnlyOnce("Node bad BadAddress"));
    assertThat(cluster.events()).doesNotContain("Node good BadAddress");
  }

  @Test
  void aNodeWhoseAddressGoesBadKeepsItsBlock() {
    cluster.pool("default", "10.244.0.0/16", 24);
    cluster.node("node1", "192.168.1.11");
    cluster.operator("--grace-period=1s");
    awaitOwners(Map.of("10.244.0.0/24", "node1"));
    await() // the operator may write the Node in between
        .ignoreException(KubernetesClientException.class)
        .until(this::breakAddress);
    await().until(() -> cluster.events().contains("Node node1 BadAddress"));
    cluster.node("node2", "192.168.1.12");
    awaitOwners(Map.of("10.244.0.0/24", "node1", "10.244.1.0/24", "node2"));
  }

  @Test
  void aNodeInsideAPoolTakesTheBlockAroundItsAddressAndNoMore() {
    cluster.pool("default", "10.244.0.0/16", 24);
    cluster.node("virtual", "10.244.1.7");
    cluster.operator();
    cluster.node("node1", "192.168.1.11");
    await().until(() -> cluster.owners().size() == 2);
    assertThat(cluster.owners()).containsOnlyKeys("10.244.0.0/24", "10.244.2.0/24");
    await()
        .until(() -> cluster.poolCondition("default", "Overlapping").equals("True NodeAddresses"));
    assertThat(cluster.poolCondition("default", "Ready")).isEqualTo("True Allocating");
    assertThat(TestCluster.message(cluster.pool("default").getStatus().conditions(), "Overlapping"))
        .contains("10.244.1.7 of node virtual");
    await()
        .untilAsserted(
            () -> assertThat(cluster.events()).containsOnlyOnce("IPPool default NodeAddresses"));
  }

  @Test
  void anAllocationThatCannotBeReadSaysSoAndHindersNobody() {
    cluster.dropRules();
    cluster.pool("default", "10.244.0.0/16", 24);
    cluster.allocation("mine", "10.244.7.0/24", "node1", "uid", "default");
    cluster.allocation("nonsense", "300.0.0.0/24", "node1", "uid", "default");
    cluster.node("node1", "192.168.1.11");
    cluster.operator();
    await().until(() -> cluster.owners().containsKey("10.244.0.0/24"));
    await()
        .untilAsserted(
            () ->
                assertThat(cluster.events())
                    .containsOnlyOnce("IPAllocation mine Invalid")
                    .containsOnlyOnce("IPAllocation nonsense Invalid"));
  }

  @Test
  void aWriteThatIsRefusedForEverHindersNoOtherAndReadinessNamesIt() {
    cluster.pool("default", "10.244.0.0/16", 24);
    AtomicInteger refusals = new AtomicInteger();
    cluster.refuse(
        write ->
            write.startsWith("POST")
                && write.contains("\"node\":\"a-refused\"")
                && refusals.incrementAndGet() > 0);
    // Nodes of one second are served by name: its block stays the first, and so its write the same.
    cluster.node("a-refused", "192.168.1.10");
    WeftOperator operator = cluster.operator();
    await()
        .untilAsserted(
            () ->
                assertThat(operator.readiness().text())
                    .contains("claim 10.244.0.0/24 for node a-refused", "denied the request"));
    assertThat(operator.readiness().status()).isEqualTo(200);
    int before = refusals.get();
    // Each waits for a pass: were the refused write tried in each, there were as many of it.
    int passes = 20;
    for (int i = 1; i <= passes; i++) {
      String node = "node" + i;
      cluster.node(node, "192.168.1." + (10 + i));
      await().until(() -> cluster.owners().containsValue(node));
    }
    assertThat(refusals.get() - before).isLessThan(passes);
    cluster.refuse(write -> false);
    await().until(() -> cluster.owners().containsValue("a-refused"));
    await().until(() -> operator.readiness().text().equals("leading\n"));
  }

  private boolean breakAddress() {
    cluster
        .client
        .nodes()
        .withName("node1")
        .editStatus(
            node -> {
              node.getStatus().getAddresses().get(0).setAddress("192.168.1.300");
              return node;
            });
    return true;
  }

  private void awaitOwners(Map<String, String> owners) {
    await().untilAsserted(() -> assertThat(cluster.owners()).isEqualTo(owners));
  }
}
