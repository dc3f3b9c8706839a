// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.core.node.PodName;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class EventWriterTest {
  @Test
  void writes_an_event_of_a_pod_once_a_minute_and_one_of_the_node() throws Exception {
    try (FakeApiServer server = new FakeApiServer()) {
      server.start();
      try (KubernetesClient client = server.client();
          KubernetesClient agentClient = server.agentClient();
          EventWriter writer = new EventWriter(agentClient, "node1", Clock.systemUTC())) {
        PodName blue = new PodName("shop", "blue");
        writer.addFailed(blue, "NoAddress", "block 10.244.1.0/24 is full");
        writer.addFailed(blue, "NoAddress", "block 10.244.1.0/24 is full");
        writer.node("ForeignRoute", "cni0 is there");

        await().until(() -> events(client).size() == 2);
        Event pod = first(client, "Pod");
        assertThat(pod.getMetadata().getNamespace()).isEqualTo("shop");
        assertThat(pod.getInvolvedObject().getName()).isEqualTo("blue");
        assertThat(pod.getMessage()).isEqualTo("block 10.244.1.0/24 is full");
        assertThat(first(client, "Node").getReason()).isEqualTo("ForeignRoute");
        assertThat(writer.dropped()).isZero();
      }
    }
  }

  @Test
  void a_wall_clock_that_is_set_ahead_repeats_no_event() throws Exception {
    try (FakeApiServer server = new FakeApiServer()) {
      server.start();
      JumpingClock clock = new JumpingClock();
      try (KubernetesClient client = server.client();
          KubernetesClient agentClient = server.agentClient();
          EventWriter writer = new EventWriter(agentClient, "node1", clock)) {
        writer.node("ForeignRoute", "cni0 is there");
        await().until(() -> events(client).size() == 1);

        clock.jump(Duration.ofDays(365));
        writer.node("ForeignRoute", "cni0 is there");
        writer.node("Last", "written in their order");
        await().until(() -> events(client).stream().anyMatch(e -> e.getReason().equals("Last")));
        assertThat(events(client)).hasSize(2);
      }
    }
  }

  private static Event first(KubernetesClient client, String kind) {
    return events(client).stream()
        .filter(event -> event.getInvolvedObject().getKind().equals(kind))
        .findFirst()
        .orElseThrow();
  }

  private static List<Event> events(KubernetesClient client) {
    return client.v1().events().inAnyNamespace().list().getItems();
  }
}
