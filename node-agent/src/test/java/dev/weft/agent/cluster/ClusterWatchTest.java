// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.api.Addresses;
import dev.weft.api.IPAllocation;
import dev.weft.api.IPAllocationStatus;
import dev.weft.api.IPPool;
import dev.weft.api.IPPoolStatus;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.IpAddress;
import dev.weft.core.node.AllocationTable;
import dev.weft.core.node.ClusterView;
import dev.weft.core.node.OwnBlock;
import dev.weft.core.node.Peer;
import dev.weft.core.node.ThisNode;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.NodeConditionBuilder;
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
  private static final int FOREIGN_WRITES = 200;
  private static final int HEARTBEATS = 20;
  private static final Cidr OWN = Cidr.parse("10.244.1.0/24");
  private static final ClusterView REMEMBERED =
      new ClusterView(
          false,
          List.of(OwnBlock.of(Cidr.parse("10.244.9.0/24"), List.of())),
          ClusterView.UNKNOWN.peers(),
          Optional.empty(),
          List.of());

  private final Semaphore changes = new Semaphore(0);
  private TestApiServer server;
  private KubernetesClient client;
  private KubernetesClient agentClient;
  private ClusterWatch watch;

  @BeforeEach
  void prepare() throws Exception {
    server = new TestApiServer();
    client = server.client();
    agentClient = server.agentClient();
    watch =
        new ClusterWatch(
            agentClient,
            "node1",
            new AllocationTable(
                ThisNode.unread("node1", List.of()),
                Duration.ofMinutes(10),
                true,
                System.nanoTime()),
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
    startListed();

    ClusterView view = watch.view();
    assertThat(view.blocks())
        .containsExactly(OwnBlock.of(OWN, List.of(Cidr.parse("10.244.1.128/25"))).inPool("pool"));
    assertThat(view.peers().known()).extracting(Peer::node).containsExactly("node2");
    assertThat(view.nodeAddresses()).containsExactly(IpAddress.parse("192.168.1.11"));
    assertThat(view.masquerade().orElseThrow().masqueraded())
        .containsExactly(Cidr.parse("10.244.0.0/16"));
    assertThat(changes.availablePermits()).isPositive();
  }

  @Test
  void a_block_that_vanishes_is_lost_and_one_that_was_released_goes() {
    startWithObjects();
    TestApiServer.create(
        client,
        TestApiServer.releasing(
            TestApiServer.allocation("10.244.3.0/24", "node3", "u3", "192.168.1.13")));
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
    startListed();
    ClusterView before = watch.view();

    server.stop();
    await().until(() -> trouble().isPresent());
    assertThat(watch.view()).isEqualTo(before);

    server.start();
    TestApiServer.create(
        client, TestApiServer.allocation("10.244.3.0/24", "node3", "u3", "192.168.1.13"));
    await().until(() -> watch.view().peers().known().size() == 2);
    await().until(() -> trouble().isEmpty());
  }

  @Test
  void an_object_that_says_nothing_usable_is_ignored() {
    server.dropRules();
    startWithObjects();
    TestApiServer.create(
        client, TestApiServer.allocation("10.244.3.1/24", "node3", "u3", "192.168.1.13"));
    TestApiServer.create(
        client, TestApiServer.allocation("10.244.4.0/24", "node4", "u4", "192.168.1.14"));
    watch.start();
    await().until(() -> watch.view().listed());
    assertThat(watch.view().peers().known())
        .extracting(Peer::node)
        .containsExactly("node2", "node4");
  }

  @Test
  void only_what_may_change_the_nodes_network_wakes_the_loop() {
    startSettled();
    changes.drainPermits();

    for (int used = 1; used <= FOREIGN_WRITES; used++) {
      IPAllocation peer = peer("192.168.1.20");
      peer.setStatus(withUsed(peer.getStatus(), used));
      updateStatus(peer);
    }
    for (int beat = 0; beat < HEARTBEATS; beat++) {
      String time = "2026-01-01T00:00:%02dZ".formatted(beat);
      client
          .nodes()
          .withName("node1")
          .editStatus(
              node ->
                  new NodeBuilder(node)
                      .editStatus()
                      .withConditions(
                          new NodeConditionBuilder()
                              .withType("Ready")
                              .withStatus("True")
                              .withLastHeartbeatTime(time)
                              .build())
                      .endStatus()
                      .build());
      IPPool pool = client.resources(IPPool.class).withName("pool").get();
      pool.setStatus(
          new IPPoolStatus(
              null, null, new IPPoolStatus.Blocks(256L, (long) beat, 0L), null, List.of()));
      client.resource(pool).updateStatus();
    }
    settle("192.168.1.21");

    // A wake comes after the view has its change: the last one may be late, and so may the start's.
    await().until(() -> changes.availablePermits() > 0);
    assertThat(changes.availablePermits())
        .as("wakes by %d status writes of a peer", FOREIGN_WRITES)
        .isLessThan(HEARTBEATS / 2);
  }

  @Test
  void every_change_that_matters_wakes_the_loop() {
    startSettled();

    wakes(() -> updateStatus(TestApiServer.releasing(peer("192.168.1.20"))));
    wakes(() -> client.resources(IPAllocation.class).withName("10-244-2-0-24").delete());
    wakes(
        () -> {
          IPAllocation own = client.resources(IPAllocation.class).withName("10-244-1-0-24").get();
          own.setStatus(null);
          client.resource(own).updateStatus();
        });
    wakes(
        () ->
            client
                .nodes()
                .withName("node1")
                .editStatus(
                    node ->
                        new NodeBuilder(node)
                            .editStatus()
                            .addNewAddress("fd00::11", "InternalIP")
                            .endStatus()
                            .build()));
    wakes(
        () -> {
          IPPool pool = client.resources(IPPool.class).withName("pool").get();
          pool.setSpec(TestApiServer.pool("10.244.0.0/16").getSpec());
          client.resource(pool).update();
        });
    wakes(
        () -> {
          IPPool pool = client.resources(IPPool.class).withName("pool").get();
          pool.setStatus(new IPPoolStatus(null, null, null, null, List.of(overlapping())));
          client.resource(pool).updateStatus();
        });
  }

  private void startListed() {
    startWithObjects();
    watch.start();
    await().until(() -> watch.view().listed());
  }

  /** Starts, with everything that the start itself wakes the loop for behind it. */
  private void startSettled() {
    startListed();
    await().until(() -> changes.availablePermits() > 0);
    settle("192.168.1.20");
  }

  private void wakes(Runnable change) {
    changes.drainPermits();
    change.run();
    await().until(() -> changes.availablePermits() > 0);
  }

  /** Gives the peer another endpoint and waits until the view has it: all before it has come. */
  private void settle(String endpoint) {
    updateStatus(peer(endpoint));
    await()
        .until(
            () ->
                watch.view().peers().known().stream()
                    .anyMatch(
                        peer -> peer.endpoint().addresses().contains(IpAddress.parse(endpoint))));
  }

  /** Replaces the status of an allocation that is there. */
  private void updateStatus(IPAllocation object) {
    client
        .resources(IPAllocation.class)
        .withName(object.getMetadata().getName())
        .editStatus(
            there -> {
              there.setStatus(object.getStatus());
              return there;
            });
  }

  private static IPAllocation peer(String endpoint) {
    return TestApiServer.allocation("10.244.2.0/24", "node2", "u2", endpoint);
  }

  private static IPAllocationStatus withUsed(IPAllocationStatus status, long used) {
    return new IPAllocationStatus(
        status.phase(), status.endpoint(), new Addresses(254L, used, 0L), status.conditions());
  }

  private static Condition overlapping() {
    return new ConditionBuilder()
        .withType("Ready")
        .withStatus("False")
        .withReason("Overlapping")
        .withMessage("it overlaps IPPool other")
        .withLastTransitionTime("2026-01-01T00:00:00Z")
        .build();
  }

  private void startWithObjects() {
    server.start();
    TestApiServer.createNode(client, "node1", "192.168.1.11");
    client
        .resource(TestApiServer.pool("10.244.0.0/16", "10.244.0.0/24", "10.244.1.128/25"))
        .create();
    TestApiServer.create(
        client, TestApiServer.allocation("10.244.1.0/24", "node1", nodeUid(), "192.168.1.11"));
    TestApiServer.create(
        client, TestApiServer.allocation("10.244.2.0/24", "node2", "u2", "192.168.1.12"));
  }

  private String nodeUid() {
    return client.nodes().withName("node1").get().getMetadata().getUid();
  }

  private Optional<String> trouble() {
    watch.checkConnection();
    return watch.trouble();
  }
}
