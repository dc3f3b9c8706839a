// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.api.IPAllocation;
import io.fabric8.kubernetes.api.model.Node;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ClusterWriterTest {
  private final TestCluster cluster = new TestCluster();
  private final ClusterWriter writer = new ClusterWriter(cluster.client);

  @AfterEach
  void close() {
    cluster.close();
  }

  @Test
  void aNodeThatIsGoneIsNeitherWrittenNorMadeAgain() {
    Node node = cluster.node("node1", "192.168.1.11");
    cluster.deleteNode("node1");
    assertThat(writer.annotate(node, Map.of("weft.dev/blocks", "10.244.0.0/24"))).isEmpty();
    assertThat(writer.condition(node, NodeConditions.ready(Instant.now()))).isEmpty();
    assertThat(cluster.client.nodes().list().getItems()).isEmpty();
  }

  @Test
  void aNodeThatWasMadeAnewIsNotTheOneThatWasMeant() {
    Node node = cluster.node("node1", "192.168.1.11");
    cluster.deleteNode("node1");
    cluster.node("node1", "192.168.1.11");
    assertThat(writer.annotate(node, Map.of("weft.dev/blocks", "10.244.0.0/24"))).isEmpty();
    assertThat(cluster.client.nodes().withName("node1").get().getMetadata().getAnnotations())
        .isNullOrEmpty();
  }

  @Test
  void anAllocationThatIsGoneIsNotAnnotated() {
    IPAllocation gone =
        cluster.allocation("10-244-0-0-24", "10.244.0.0/24", "node1", "uid", "default");
    cluster.client.resource(gone).delete();
    assertThat(writer.annotate(gone, Map.of("weft.dev/boot-id", "boot-1"))).isEmpty();
    assertThat(cluster.allocations()).isEmpty();
  }
}
