// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.weft.api.IPAllocation;
import dev.weft.api.IPAllocationStatus;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.IpAddress;
import dev.weft.core.node.AllocationTable;
import dev.weft.core.node.ClusterView;
import dev.weft.core.node.Endpoint;
import dev.weft.core.node.Routing;
import dev.weft.core.node.ThisNode;
import dev.weft.sandbox.api.ApiServer.Request;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AllocationStatusWriterTest {
  private static final Cidr BLOCK = Cidr.parse("10.244.1.0/24");

  private final ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor();
  private final JumpingClock clock = new JumpingClock();
  private TestApiServer server;
  private KubernetesClient client;
  private KubernetesClient agentClient;
  private ClusterWatch watch;
  private AllocationStatusWriter writer;
  private String uid;

  @BeforeEach
  void start() throws Exception {
    server = new TestApiServer();
    server.start();
    client = server.client();
    agentClient = server.agentClient();
    TestApiServer.createNode(client, "node1", "192.168.1.11");
    uid =
        TestApiServer.create(
                client, TestApiServer.allocation(BLOCK.toString(), "node1", "u", "192.168.1.99"))
            .getMetadata()
            .getUid();
    watch =
        new ClusterWatch(
            agentClient,
            "node1",
            new AllocationTable(
                ThisNode.unread("node1", List.of()),
                Duration.ofMinutes(10),
                true,
                System.nanoTime()),
            ClusterView.UNKNOWN,
            Clock.systemUTC(),
            () -> {});
    watch.start();
    await().until(() -> watch.own(BLOCK).isPresent());
    writer = new AllocationStatusWriter(agentClient, watch, executor, clock);
  }

  @AfterEach
  void stop() {
    executor.shutdownNow();
    watch.close();
    agentClient.close();
    client.close();
    server.close();
  }

  @Test
  void applies_what_the_agent_owns_of_the_status_and_nothing_else() throws Exception {
    writer.report(List.of(status(3, true)), 1);
    await().until(() -> !server.applied.isEmpty());

    Request applied = server.applied.remove();
    assertThat(applied.uri())
        .startsWith("/apis/weft.dev/v1alpha1/ipallocations/10-244-1-0-24/status?")
        .contains("fieldManager=weft-agent")
        .contains("force=true");
    JsonNode body = new ObjectMapper().readTree(applied.body());
    assertThat(body.at("/metadata/uid").asText()).isEqualTo(uid);
    assertThat(body.at("/metadata").has("resourceVersion")).isFalse();
    assertThat(body.has("spec")).isFalse();
    assertThat(body.at("/status/phase").asText()).isEqualTo("Ready");
    assertThat(body.at("/status/endpoint/addresses/0").asText()).isEqualTo("192.168.1.11");
    assertThat(body.at("/status/addresses/used").asLong()).isEqualTo(3);
    assertThat(body.at("/status/addresses/free").asLong()).isEqualTo(247);
    assertThat(body.at("/status/conditions"))
        .extracting(condition -> condition.path("type").asText())
        .containsExactly("Programmed", "Pressure", "Degraded");
  }

  @Test
  void writes_again_only_what_changed() {
    writer.report(List.of(status(3, true)), 1);
    writer.report(List.of(status(3, true)), 1);
    await().until(() -> server.applied.size() == 1);

    writer.report(List.of(status(3, false)), 1);
    await().until(() -> server.applied.size() == 2);
    server.applied.remove();
    assertThat(server.applied.remove().body()).contains("Pending", "\"ForeignRoute\"");
  }

  @Test
  void leaves_the_phase_of_a_block_that_is_being_released_alone() {
    client
        .resources(IPAllocation.class)
        .withName("10-244-1-0-24")
        .editStatus(
            object -> {
              object.setStatus(
                  new IPAllocationStatus(IPAllocationStatus.Phase.Releasing, null, null, null));
              return object;
            });
    await()
        .until(
            () ->
                watch.own(BLOCK).orElseThrow().getStatus().phase()
                    == IPAllocationStatus.Phase.Releasing);

    writer.report(List.of(status(0, false)), 1);
    await().until(() -> !server.applied.isEmpty());
    assertThat(server.applied.remove().body()).doesNotContain("\"phase\"");
  }

  @Test
  void tries_again_when_the_api_server_is_back_and_blocks_nobody_meanwhile() {
    server.stop();
    await().until(() -> trouble().isPresent());
    writer.report(List.of(status(1, true)), 1);

    server.start();
    await().until(() -> !server.applied.isEmpty());
  }

  @Test
  void a_wall_clock_that_is_set_holds_no_status_back() {
    writer.report(List.of(status(0, true)), 1);
    await().until(() -> server.applied.size() == 1);

    clock.jump(Duration.ofHours(-1));
    writer.report(List.of(status(1, true)), 1);
    await("a write after the clock was set back").until(() -> server.applied.size() == 2);

    clock.jump(Duration.ofDays(365));
    writer.report(List.of(status(0, true)), 1);
    await("a write after it was set ahead").until(() -> server.applied.size() == 3);
    clock.jump(Duration.ZERO);
    writer.report(List.of(status(1, true)), 1);
    await("a write after it was set right").until(() -> server.applied.size() == 4);
  }

  private static BlockStatus status(long used, boolean programmed) {
    return new BlockStatus(
        BLOCK,
        new Endpoint(List.of(IpAddress.parse("192.168.1.11"))),
        250,
        used,
        programmed,
        programmed ? "Programmed" : "ForeignRoute",
        "words",
        false,
        Routing.AUTO,
        Optional.empty(),
        Optional.empty());
  }

  private Optional<String> trouble() {
    watch.checkConnection();
    return watch.trouble();
  }
}
