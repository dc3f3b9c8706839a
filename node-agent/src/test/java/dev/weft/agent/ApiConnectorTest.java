// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.agent.cluster.TestApiServer;
import dev.weft.core.node.ClusterView;
import dev.weft.core.node.PodName;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ApiConnectorTest {
  private static final ClusterView REMEMBERED = ClusterView.UNKNOWN;

  @TempDir private Path directory;
  private final List<Cluster> connected = new ArrayList<>();
  private TestApiServer server;
  private Path kubeconfig;
  private ApiConnector api;

  @BeforeEach
  void start() throws Exception {
    server = new TestApiServer();
    server.start();
    kubeconfig = directory.resolve("kubeconfig");
    AgentOptions options =
        AgentOptions.parse(List.of("--node-name=node1", "--kubeconfig=" + kubeconfig), Map.of());
    api =
        new ApiConnector(
            () -> Cluster.connect(options, REMEMBERED, Optional.empty(), () -> {}),
            REMEMBERED,
            Duration.ofMillis(10));
  }

  @AfterEach
  void stop() {
    api.close();
    server.close();
  }

  @Test
  void before_there_is_a_client_the_remembered_view_holds_and_nothing_is_written() {
    assertThat(api.view()).isSameAs(REMEMBERED);
    assertThat(api.hasClient()).isFalse();
    assertThat(api.trouble()).contains("not connected yet");
    assertThat(api.poolTroubles()).isEmpty();
    assertThat(api.schemaOutdated()).isEmpty();

    api.nodeEvent("Reason", "message");
    api.addFailed(new PodName("default", "blue"), "", "Reason", "message");
    api.blockLost(new PodName("default", "blue"), "deleted");
    api.reportStatuses(List.of(), 1);
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    api.bindTo(meters);
    assertThat(meters.get("weft.agent.events.dropped").functionCounter().count()).isZero();
  }

  @Test
  void it_connects_once_the_kubeconfig_is_there_and_names_the_file_until_then() throws Exception {
    api.start(connected::add);
    await().until(() -> api.trouble().orElse("").contains(kubeconfig + ": no such file"));
    assertThat(api.view()).isSameAs(REMEMBERED);

    replaceKubeconfig("not: [a kubeconfig");
    await().until(() -> !api.trouble().orElse("").contains("no such file"));
    assertThat(api.trouble().orElse(""))
        .startsWith("no client can be made: kubeconfig " + kubeconfig + ": ")
        .doesNotContain("\n");

    replaceKubeconfig(server.kubeconfig());
    await().until(api::hasClient);
    await().until(() -> connected.size() == 1);
    api.nodeEvent("Reason", "message");
    try (KubernetesClient client = server.client()) {
      await().until(() -> !client.v1().events().inAnyNamespace().list().getItems().isEmpty());
    }
  }

  /** In one step: a reader never sees half of it. */
  private void replaceKubeconfig(String text) throws IOException {
    Path whole = Files.writeString(directory.resolve("new"), text);
    Files.move(whole, kubeconfig, StandardCopyOption.ATOMIC_MOVE);
  }
}
