// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import org.junit.jupiter.api.Test;

class TrimmingStoreTest {
  @Test
  void keepsWhatDecisionsReadAndDropsTheRest() {
    TrimmingStore<Node> store = new TrimmingStore<>();
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

  @Test
  void ofAPodItKeepsTheNodeAndWhetherItIsReady() {
    TrimmingStore<Pod> store = new TrimmingStore<>();
    Pod pod =
        new PodBuilder()
            .withNewMetadata()
            .withName("weft-agent-1")
            .withNamespace("weft-system")
            .addToLabels("app.kubernetes.io/component", "agent")
            .addToAnnotations("note", "x")
            .endMetadata()
            .withNewSpec()
            .withNodeName("node1")
            .addNewContainer()
            .withName("agent")
            .endContainer()
            .endSpec()
            .withNewStatus()
            .withPodIP("192.168.1.11")
            .addNewCondition()
            .withType("Ready")
            .withStatus("True")
            .endCondition()
            .addNewCondition()
            .withType("Initialized")
            .withStatus("True")
            .endCondition()
            .endStatus()
            .build();
    store.put(store.getKey(pod), pod);
    assertThat(Serialization.asYaml(store.get("weft-system/weft-agent-1")))
        .isEqualTo(
            Serialization.asYaml(
                new PodBuilder()
                    .withNewMetadata()
                    .withName("weft-agent-1")
                    .withNamespace("weft-system")
                    .endMetadata()
                    .withNewSpec()
                    .withNodeName("node1")
                    .endSpec()
                    .withNewStatus()
                    .addNewCondition()
                    .withType("Ready")
                    .withStatus("True")
                    .endCondition()
                    .endStatus()
                    .build()));
  }
}
