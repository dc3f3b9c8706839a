// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.api.IPAllocation;
import dev.weft.api.IPAllocationSpec;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
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
    assertThat(writer.condition(node, NodeConditions.ready(Instant.now()))).isEmpty();
    assertThat(cluster.client.nodes().list().getItems()).isEmpty();
  }

  @Test
  void aNodeThatWasMadeAnewIsNotTheOneThatWasMeant() {
    Node node = cluster.node("node1", "192.168.1.11");
    cluster.deleteNode("node1");
    cluster.node("node1", "192.168.1.11");
    assertThat(writer.condition(node, NodeConditions.ready(Instant.now()))).isEmpty();
    assertThat(cluster.client.nodes().withName("node1").get().getStatus().getConditions())
        .isNullOrEmpty();
  }

  @Test
  void anAllocationThatIsGoneIsNotMadeAgain() {
    IPAllocation gone =
        cluster.allocation("10-244-0-0-24", "10.244.0.0/24", "node1", "uid", "default");
    cluster.client.resource(gone).delete();
    IPAllocation patch = new IPAllocation();
    patch.setMetadata(
        new ObjectMetaBuilder().withAnnotations(Map.of("weft.dev/boot-id", "boot-1")).build());
    patch.setSpec(new IPAllocationSpec(null, null, "uid", null, IPAllocationSpec.State.Active));
    assertThat(writer.ownership(gone, patch)).isEmpty();
    assertThat(cluster.allocations()).isEmpty();
  }
}
