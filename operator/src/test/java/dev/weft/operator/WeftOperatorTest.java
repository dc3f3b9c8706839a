// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class WeftOperatorTest {
  private final TestCluster cluster = new TestCluster();

  @AfterEach
  void close() {
    cluster.close();
  }

  @Test
  void nodesGetTheLowestBlocksThatAreNotReserved() {
    cluster.pool("default", "10.244.0.0/16", 24, "10.244.0.0/24");
    cluster.node("node1", "192.168.1.11");
    cluster.node("node2", "192.168.1.12");
    cluster.node("node3", "192.168.1.13");
    cluster.operator();
    await()
        .untilAsserted(
            () ->
                assertThat(cluster.owners())
                    .isEqualTo(
                        Map.of(
                            "10.244.1.0/24", "node1",
                            "10.244.2.0/24", "node2",
                            "10.244.3.0/24", "node3")));
    await()
        .untilAsserted(
            () -> assertThat(cluster.pool("default").getStatus().blocks().free()).isEqualTo(252));
    assertThat(cluster.poolCondition("default", "Ready")).isEqualTo("True HandingOut");
    assertThat(cluster.pool("default").getFinalizers()).containsExactly("weft.dev/blocks");
  }
}
