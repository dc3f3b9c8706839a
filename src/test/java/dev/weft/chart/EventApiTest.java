// SPDX-License-Identifier: Apache-2.0
package dev.weft.chart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.agent.cluster.EventWriter;
import dev.weft.core.node.PodName;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** An agent's Events on a real API server, as its users see them: by kubectl describe. */
@Tag("kernel")
class EventApiTest {
  private static final String FULL = "no free address in 10.244.1.0/30: all 1 are in use";

  /** 253 characters, the longest name that a pod can have. */
  private static final String LONG = "a".repeat(240) + "." + "b".repeat(12);

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  Path folder;

  @Test
  void kubectlDescribeShowsAPodAndANodeTheirEventsOnceWithTheirCount() throws Exception {
    AtomicLong nanos = new AtomicLong();
    AtomicLong taken = new AtomicLong(); // Events for which the writer has read the time
    LongSupplier time =
        () -> {
          long now = nanos.get();
          taken.incrementAndGet(); // the test changes the time then
          return now;
        };
    try (RealApiServer server = RealApiServer.start(folder);
        KubernetesClient client = server.client();
        EventWriter events = new EventWriter(client, "node-0", Clock.systemUTC(), time)) {
      client
          .resource(new NodeBuilder().withNewMetadata().withName("node-0").endMetadata().build())
          .create();
      // A controller that does not run here makes it for each namespace; a pod cannot be without.
      client
          .resource(
              new ServiceAccountBuilder()
                  .withNewMetadata()
                  .withName("default")
                  .withNamespace("default")
                  .endMetadata()
                  .build())
          .create();
      for (String name : List.of("web-0", LONG)) {
        String uid = pod(client, name).getMetadata().getUid();
        PodName pod = new PodName("default", name);
        long before = taken.get();
        events.addFailed(pod, uid, "NoFreeAddress", FULL);
        events.addFailed(pod, uid, "NoFreeAddress", FULL);
        await().until(() -> taken.get() == before + 2);
        nanos.addAndGet(Duration.ofMinutes(1).toNanos());
        events.addFailed(pod, uid, "NoFreeAddress", FULL);
        await().until(() -> about(client, name).get(0).getCount() == 3);

        assertThat(about(client, name)).hasSize(1);
        assertThat(server.run("kubectl", "describe", "pod", name).output())
            .containsPattern("Warning +NoFreeAddress .*\\(x3 over .*" + FULL);
      }
      events.node("ForeignRoute", "cni0 is there");
      await().until(() -> !about(client, "node-0").isEmpty());
      assertThat(server.run("kubectl", "describe", "node", "node-0").output())
          .containsPattern("Warning +ForeignRoute .* cni0 is there");
    }
  }

  private static Pod pod(KubernetesClient client, String name) {
    Pod pod =
        new PodBuilder()
            .withNewMetadata()
            .withName(name)
            .withNamespace("default")
            .endMetadata()
            .withNewSpec()
            .withAutomountServiceAccountToken(false)
            .addNewContainer()
            .withName("c")
            .withImage("none")
            .endContainer()
            .endSpec()
            .build();
    return client.resource(pod).create();
  }

  private static List<Event> about(KubernetesClient client, String name) {
    return client.v1().events().inNamespace("default").list().getItems().stream()
        .filter(event -> event.getInvolvedObject().getName().equals(name))
        .toList();
  }
}
