// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EventsTest {
  private final AtomicLong nanos = new AtomicLong();
  private final TestCluster cluster = new TestCluster();
  private final KubernetesClient client = cluster.client;
  private final Events events = new Events(client, Clock.systemUTC(), nanos::get);

  @AfterEach
  void end() {
    cluster.close();
  }

  @Test
  void a_repetition_raises_the_count_of_the_same_event() {
    events.warning(node("node-0"), "NoBlock", "no pool has one");
    events.warning(node("node-0"), "NoBlock", "no pool has one");
    assertThat(written()).singleElement().returns(1, Event::getCount);

    nanos.addAndGet(Duration.ofMinutes(1).toNanos());
    events.warning(node("node-0"), "NoBlock", "no pool has one");

    assertThat(written()).singleElement().returns(3, Event::getCount);
    assertThat(written().get(0).getInvolvedObject().getUid()).isEqualTo("uid-node-0");
  }

  @Test
  void other_words_are_another_event_and_one_that_is_gone_is_written_anew() {
    events.normal(node("node-0"), "Allocated", "10.244.1.0/24");
    events.normal(node("node-0"), "Allocated", "10.244.2.0/24");
    assertThat(written()).hasSize(2);

    client.v1().events().inNamespace("default").delete();
    nanos.addAndGet(Duration.ofMinutes(1).toNanos());
    events.normal(node("node-0"), "Allocated", "10.244.1.0/24");

    assertThat(written()).singleElement().returns(2, Event::getCount);
  }

  @Test
  void an_event_of_the_longest_name_there_is_can_be_written() {
    events.warning(node("n".repeat(253)), "NoBlock", "no pool has one");

    assertThat(written())
        .singleElement()
        .satisfies(event -> assertThat(event.getMetadata().getName()).hasSizeLessThan(254));
  }

  @Test
  void an_event_on_an_object_of_a_namespace_is_in_that_namespace() {
    NetworkPolicy policy =
        new NetworkPolicyBuilder()
            .withNewMetadata()
            .withNamespace("shop")
            .withName("deny")
            .withUid("uid-deny")
            .endMetadata()
            .build();
    events.warning(policy, "RuleUnenforceable", "why");

    assertThat(written()).isEmpty();
    assertThat(client.v1().events().inNamespace("shop").list().getItems())
        .singleElement()
        .extracting(Event::getInvolvedObject)
        .returns("shop", ObjectReference::getNamespace)
        .returns("networking.k8s.io/v1", ObjectReference::getApiVersion);
  }

  private List<Event> written() {
    return client.v1().events().inNamespace("default").list().getItems();
  }

  private static Node node(String name) {
    return new NodeBuilder()
        .withNewMetadata()
        .withName(name)
        .withUid("uid-" + name)
        .endMetadata()
        .build();
  }
}
