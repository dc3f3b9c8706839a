// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.api.Addresses;
import dev.weft.api.IPAllocation;
import dev.weft.api.IPAllocationSpec;
import dev.weft.api.IPAllocationStatus;
import dev.weft.api.IPPool;
import dev.weft.api.IPPoolStatus;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.IpAddress;
import dev.weft.core.node.AllocationTable;
import dev.weft.core.node.BlockState;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClusterWatchTest {
  private static final int FOREIGN_WRITES = 200;
  private static final int HEARTBEATS = 20;
  private static final Cidr OWN = Cidr.parse("10.244.1.0/24");
  private static final Cidr REMEMBERED_BLOCK = Cidr.parse("10.244.9.0/24");
  private static final ClusterView REMEMBERED =
      new ClusterView(
          false,
          List.of(remembered(BlockState.ACTIVE)),
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
    watch = watch(REMEMBERED);
  }

  private ClusterWatch watch(ClusterView remembered) {
    return new ClusterWatch(
        agentClient,
        "node1",
        new AllocationTable(
            ThisNode.unread("node1", List.of()), Duration.ofMinutes(10), true, System.nanoTime()),
        remembered,
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
    assertThat(watch.view().blocks()).extracting(OwnBlock::cidr).contains(OWN);
    await().until(() -> trouble().isEmpty());
  }

  @Test
  void everything_of_the_first_list_is_in_the_first_view() {
    startListed();

    ClusterView view = watch.view();
    assertThat(view.blocks())
        .containsExactly(
            OwnBlock.of(OWN, List.of(Cidr.parse("10.244.1.128/25"))).inPool("pool").ofGeneration(1),
            lost(BlockState.DELETED));
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
              null, null, null, new IPPoolStatus.Blocks(256L, (long) beat, 0L), null, List.of()));
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
          pool.setStatus(new IPPoolStatus(null, null, null, null, null, List.of(overlapping())));
          client.resource(pool).updateStatus();
        });
  }

  @ParameterizedTest
  @CsvSource({
    "ACTIVE,DELETED",
    "DELETED,DELETED",
    "NOT_IN_POOL,DELETED",
    "DRAINING,GIVEN_BACK",
    "GIVEN_BACK,",
    "RELEASING,",
    "OTHER_NODE,"
  })
  void a_remembered_block_that_no_list_has_is_lost_unless_it_was_not_to_be_kept(
      BlockState remembered, BlockState state) {
    rememberInsteadOfActive(remembered);
    startListed();

    assertThat(watch.view().blocks())
        .filteredOn(block -> block.cidr().equals(REMEMBERED_BLOCK))
        .isEqualTo(state == null ? List.of() : List.of(lost(state)));
  }

  @Test
  void a_remembered_block_that_the_list_has_is_as_the_list_says() {
    server.start();
    TestApiServer.create(
        client,
        TestApiServer.in(
            IPAllocationSpec.State.Draining,
            TestApiServer.allocation(REMEMBERED_BLOCK.toString(), "node1", "u1", "192.168.1.11")));
    startListed();

    assertThat(watch.view().blocks())
        .filteredOn(block -> block.cidr().equals(REMEMBERED_BLOCK))
        .extracting(OwnBlock::state)
        .doesNotContain(BlockState.DELETED);
  }

  @Test
  void a_remembered_block_that_another_has_by_now_is_anothers() {
    server.start();
    TestApiServer.create(
        client,
        TestApiServer.allocation(REMEMBERED_BLOCK.toString(), "node3", "u3", "192.168.1.13"));
    startListed();

    assertThat(watch.view().blocks()).extracting(OwnBlock::cidr).containsExactly(OWN);
  }

  @Test
  void anothers_claim_on_a_block_of_this_node_takes_nothing_from_it() {
    startListed();
    client.resources(IPAllocation.class).withName(OWN.objectName()).delete();
    awaitState(BlockState.DELETED);

    client
        .resource(
            TestApiServer.in(
                IPAllocationSpec.State.Claimed,
                TestApiServer.allocation(OWN.toString(), "node3", "u3", "192.168.1.13")))
        .create();
    await().until(() -> watch.has(OWN));

    assertThat(own().state()).isEqualTo(BlockState.DELETED);
    assertThat(watch.view().peers().known()).extracting(Peer::node).containsExactly("node2");
  }

  @Test
  void each_turn_of_a_drain_is_a_generation_of_its_own() {
    startListed();
    setState(IPAllocationSpec.State.Draining);
    awaitState(BlockState.DRAINING);
    assertThat(own().generation()).isEqualTo(2);

    setState(IPAllocationSpec.State.Active);
    setState(IPAllocationSpec.State.Draining);
    await().until(() -> own().generation() == 4);
    assertThat(own().state()).isEqualTo(BlockState.DRAINING);

    setState(IPAllocationSpec.State.Active);
    awaitState(BlockState.ACTIVE);
  }

  private void setState(IPAllocationSpec.State state) {
    TestApiServer.setState(client, OWN.objectName(), state);
  }

  private OwnBlock own() {
    return watch.view().blocks().stream()
        .filter(block -> block.cidr().equals(OWN))
        .findFirst()
        .orElseThrow();
  }

  private void awaitState(BlockState state) {
    await().until(() -> own().state() == state);
  }

  private void rememberInsteadOfActive(BlockState state) {
    watch.close();
    watch =
        watch(
            new ClusterView(
                false,
                List.of(remembered(state)),
                ClusterView.UNKNOWN.peers(),
                Optional.empty(),
                List.of()));
  }

  private static OwnBlock remembered(BlockState state) {
    return OwnBlock.of(REMEMBERED_BLOCK, List.of()).inPool("pool").with(state, "remembered");
  }

  private static OwnBlock lost(BlockState state) {
    return OwnBlock.of(REMEMBERED_BLOCK, List.of())
        .inPool("pool")
        .with(state, "IPAllocation 10-244-9-0-24 was deleted");
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
