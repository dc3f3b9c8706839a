// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.api.IPAllocation;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.IpAddress;
import dev.weft.core.node.AllocationTable;
import dev.weft.core.node.ClusterView;
import dev.weft.core.node.OwnBlock;
import dev.weft.core.node.Peer;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ClusterWatchTest {
  private static final Cidr OWN = Cidr.parse("10.244.1.0/24");
  private static final ClusterView REMEMBERED =
      new ClusterView(
          false,
          List.of(OwnBlock.of(Cidr.parse("10.244.9.0/24"), List.of())),
          ClusterView.UNKNOWN.peers(),
          Optional.empty(),
          List.of());

  private final Semaphore changes = new Semaphore(0);
  private FakeApiServer server;
  private KubernetesClient client;
  private KubernetesClient agentClient;
  private ClusterWatch watch;

  @BeforeEach
  void prepare() throws Exception {
    server = new FakeApiServer();
    client = server.client();
    agentClient = server.agentClient();
    watch =
        new ClusterWatch(
            agentClient,
            "node1",
            new AllocationTable(Duration.ofMinutes(10), true),
            REMEMBERED,
            Clock.systemUTC(),
            changes::release);
  }

  @AfterEach
  void close() {
    watch.close();
    agentClient.close();
    client.close();
    server.close();
  }

  @Test
  void what_was_remembered_holds_until_the_api_server_is_there() {
    watch.start();
    await().until(() -> trouble().orElse("").contains("ipallocations"));
    assertThat(watch.view()).isSameAs(REMEMBERED);

    startWithObjects();
    await().until(() -> watch.view().listed());
    assertThat(watch.view().blocks()).extracting(OwnBlock::cidr).containsExactly(OWN);
    await().until(() -> trouble().isEmpty());
  }

  @Test
  void everything_of_the_first_list_is_in_the_first_view() {
    startWithObjects();
    watch.start();
    await().until(() -> watch.view().listed());

    ClusterView view = watch.view();
    assertThat(view.blocks())
        .containsExactly(OwnBlock.of(OWN, List.of(Cidr.parse("10.244.1.128/25"))));
    assertThat(view.peers().known()).extracting(Peer::node).containsExactly("node2");
    assertThat(view.nodeAddresses()).containsExactly(IpAddress.parse("192.168.1.11"));
    assertThat(view.rules().orElseThrow().masqueraded())
        .containsExactly(Cidr.parse("10.244.0.0/16"));
    assertThat(changes.availablePermits()).isPositive();
  }

  @Test
  void a_block_that_vanishes_is_lost_and_one_that_was_released_goes() {
    startWithObjects();
    client
        .resource(
            FakeApiServer.releasing(
                FakeApiServer.allocation("10.244.3.0/24", "node3", "u3", "192.168.1.13")))
        .create();
    watch.start();
    await().until(() -> watch.view().peers().known().size() == 2);

    client.resources(IPAllocation.class).withName("10-244-2-0-24").delete();
    client.resources(IPAllocation.class).withName("10-244-3-0-24").delete();

    await().until(() -> watch.view().peers().known().size() == 1);
    await().until(() -> watch.view().peers().known().get(0).state() == Peer.State.LOST);
    assertThat(watch.view().peers().released()).containsExactly(Cidr.parse("10.244.3.0/24"));
  }

  @Test
  void what_is_known_stays_while_the_api_server_is_away_and_its_news_come_after_it() {
    startWithObjects();
    watch.start();
    await().until(() -> watch.view().listed());
    ClusterView before = watch.view();

    server.stop();
    await().until(() -> trouble().isPresent());
    assertThat(watch.view()).isEqualTo(before);

    server.start();
    client
        .resource(FakeApiServer.allocation("10.244.3.0/24", "node3", "u3", "192.168.1.13"))
        .create();
    await().until(() -> watch.view().peers().known().size() == 2);
    await().until(() -> trouble().isEmpty());
  }

  @Test
  void an_object_that_says_nothing_usable_is_ignored() {
    startWithObjects();
    client
        .resource(FakeApiServer.allocation("10.244.3.1/24", "node3", "u3", "192.168.1.13"))
        .create();
    client
        .resource(FakeApiServer.allocation("10.244.4.0/24", "node4", "u4", "192.168.1.14"))
        .create();
    watch.start();
    await().until(() -> watch.view().listed());
    assertThat(watch.view().peers().known())
        .extracting(Peer::node)
        .containsExactly("node2", "node4");
  }

  private void startWithObjects() {
    server.start();
    FakeApiServer.createNode(client, "node1", "192.168.1.11");
    client
        .resource(FakeApiServer.pool("10.244.0.0/16", "10.244.0.0/24", "10.244.1.128/25"))
        .create();
    client
        .resource(FakeApiServer.allocation("10.244.1.0/24", "node1", nodeUid(), "192.168.1.11"))
        .create();
    client
        .resource(FakeApiServer.allocation("10.244.2.0/24", "node2", "u2", "192.168.1.12"))
        .create();
  }

  private String nodeUid() {
    return client.nodes().withName("node1").get().getMetadata().getUid();
  }

  private Optional<String> trouble() {
    watch.checkConnection();
    return watch.trouble();
  }
}
