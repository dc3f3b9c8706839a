// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import dev.weft.agent.Faults;
import dev.weft.core.node.PodName;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class EventWriterTest {
  private static final PodName BLUE = new PodName("shop", "blue");
  private static final String FULL = "block 10.244.1.0/24 is full";

  private final AtomicLong nanos = new AtomicLong(1);
  private TestApiServer server;
  private KubernetesClient client;
  private KubernetesClient agentClient;

  @BeforeEach
  void start() throws Exception {
    server = new TestApiServer();
    server.start();
    client = server.client();
    agentClient = server.agentClient();
  }

  @AfterEach
  void end() {
    agentClient.close();
    client.close();
    server.close();
  }

  @Test
  void an_event_of_a_pod_carries_its_uid_and_one_of_the_node_its_name() {
    try (EventWriter writer = writer(agentClient)) {
      writer.addFailed(BLUE, "6f2a", "NoAddress", FULL);
      writer.node("ForeignRoute", "cni0 is there");

      await().until(() -> events().size() == 2);
      Event pod = first("Pod");
      assertThat(pod.getMetadata().getNamespace()).isEqualTo("shop");
      assertThat(pod.getInvolvedObject().getName()).isEqualTo("blue");
      assertThat(pod.getInvolvedObject().getUid()).isEqualTo("6f2a");
      assertThat(pod.getMessage()).isEqualTo(FULL);
      assertThat(pod.getCount()).isOne();
      Event node = first("Node");
      assertThat(node.getReason()).isEqualTo("ForeignRoute");
      assertThat(node.getInvolvedObject().getUid()).isEqualTo("node1");
      assertThat(writer.dropped()).isZero();
    }
  }

  @Test
  void a_repetition_raises_the_count_of_the_same_event_and_one_that_is_gone_is_written_anew() {
    try (EventWriter writer = writer(agentClient)) {
      writer.addFailed(BLUE, "6f2a", "NoAddress", FULL);
      writer.addFailed(BLUE, "6f2a", "NoAddress", FULL);
      settle(writer, "settled-1");
      assertThat(first("Pod").getCount()).isOne();

      nanos.addAndGet(Duration.ofMinutes(1).toNanos());
      writer.addFailed(BLUE, "6f2a", "NoAddress", FULL);
      settle(writer, "settled-2");
      assertThat(events()).filteredOn(event -> isAbout(event, "Pod")).hasSize(1);
      assertThat(first("Pod").getCount()).isEqualTo(3);

      client.v1().events().inNamespace("shop").delete();
      nanos.addAndGet(Duration.ofMinutes(1).toNanos());
      writer.addFailed(BLUE, "6f2a", "NoAddress", FULL);
      settle(writer, "settled-3");
      assertThat(first("Pod").getCount()).isEqualTo(4);
    }
  }

  @Test
  void a_wall_clock_that_is_set_ahead_repeats_no_event() {
    JumpingClock clock = new JumpingClock();
    try (EventWriter writer = new EventWriter(agentClient, "node1", clock)) {
      writer.node("ForeignRoute", "cni0 is there");
      settle(writer, "First");
      clock.jump(Duration.ofDays(365));
      writer.node("ForeignRoute", "cni0 is there");
      settle(writer, "Last");

      assertThat(events())
          .extracting(Event::getReason, Event::getCount)
          .containsExactlyInAnyOrder(tuple("ForeignRoute", 1), tuple("First", 1), tuple("Last", 1));
    }
  }

  @Test
  void an_error_does_not_end_the_writing() {
    AtomicBoolean broken = new AtomicBoolean(true);
    KubernetesClient failing =
        (KubernetesClient)
            Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {KubernetesClient.class},
                (proxy, method, arguments) -> {
                  if (broken.getAndSet(false)) {
                    throw Faults.withoutTrace(new NoClassDefFoundError("of a test"));
                  }
                  try {
                    return method.invoke(agentClient, arguments);
                  } catch (InvocationTargetException e) {
                    throw e.getCause();
                  }
                });
    try (EventWriter writer = writer(failing)) {
      writer.node("First", "it meets an Error");
      settle(writer, "Second");

      assertThat(events()).hasSize(1);
    }
  }

  /** Waits until everything that was told before is written. */
  private void settle(EventWriter writer, String reason) {
    writer.node(reason, "all before it is written");
    await().until(() -> events().stream().anyMatch(event -> event.getReason().equals(reason)));
  }

  private EventWriter writer(KubernetesClient with) {
    return new EventWriter(with, "node1", Clock.systemUTC(), nanos::get);
  }

  private Event first(String kind) {
    return events().stream().filter(event -> isAbout(event, kind)).findFirst().orElseThrow();
  }

  private static boolean isAbout(Event event, String kind) {
    return event.getInvolvedObject().getKind().equals(kind);
  }

  private List<Event> events() {
    return client.v1().events().inAnyNamespace().list().getItems();
  }
}
