// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import org.junit.jupiter.api.Test;

class SlimStoreTest {
  @Test
  void keepsWhatDecisionsReadAndDropsTheRest() {
    SlimStore<Node> store = new SlimStore<>();
    Node node =
        new NodeBuilder()
            .withNewMetadata()
            .withName("node1")
            .addToLabels("zone", "east")
            .addNewManagedField()
            .withManager("kubelet")
            .endManagedField()
            .endMetadata()
            .withNewStatus()
            .addNewAddress("192.168.1.11", "InternalIP")
            .addNewImage()
            .addToNames("image")
            .endImage()
            .endStatus()
            .build();
    assertThat(store.put(store.getKey(node), node)).isNull();
    Node kept = store.get("node1");
    assertThat(kept.getMetadata().getManagedFields()).isNullOrEmpty();
    assertThat(kept.getStatus().getImages()).isNullOrEmpty();
    assertThat(kept.getStatus().getAddresses()).hasSize(1);
    assertThat(kept.getMetadata().getLabels()).containsEntry("zone", "east");
    assertThat(store.keySet()).containsExactly("node1");
    assertThat(store.remove("node1")).isSameAs(kept);
    assertThat(store.size()).isZero();
    assertThat(store.values()).isEmpty();
  }
}
