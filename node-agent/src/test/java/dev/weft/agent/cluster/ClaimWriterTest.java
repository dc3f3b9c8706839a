// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.api.IPAllocation;
import dev.weft.api.IPAllocationSpec;
import dev.weft.core.net.Cidr;
import dev.weft.core.node.AllocationTable;
import dev.weft.core.node.BlockState;
import dev.weft.core.node.ClusterView;
import dev.weft.core.node.OwnBlock;
import dev.weft.core.node.ThisNode;
import dev.weft.sandbox.api.ApiServer.Refusal;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Time stands still but where a test lets it pass. */
class ClaimWriterTest {
  private static final OwnBlock FIRST = lost("10.244.1.0/24");
  private static final OwnBlock SECOND = lost("10.244.2.0/24");

  private final ScheduledThreadPoolExecutor executor = new ScheduledThreadPoolExecutor(1);
  private final AtomicLong nanos = new AtomicLong();
  private TestApiServer server;
  private KubernetesClient client;
  private KubernetesClient agentClient;
  private ClusterWatch watch;
  private ClaimWriter writer;
  private String uid;

  @BeforeEach
  void start() throws Exception {
    server = new TestApiServer();
    server.start();
    client = server.client();
    agentClient = server.agentClient();
    TestApiServer.createNode(client, "node1", "192.168.1.11");
    uid = client.nodes().withName("node1").get().getMetadata().getUid();
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
    await().until(() -> watch.hasNode(uid));
    writer = new ClaimWriter(agentClient, watch, "node1", executor, nanos::get);
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
  void a_claim_is_an_allocation_in_state_claimed_by_this_very_node() {
    writer.report(uid, List.of(FIRST));
    await().until(() -> get(FIRST) != null);

    assertThat(get(FIRST).getSpec())
        .isEqualTo(
            new IPAllocationSpec(
                "10.244.1.0/24", "node1", uid, "main", IPAllocationSpec.State.Claimed));
    assertThat(get(FIRST).getStatus()).isNull();
  }

  @Test
  void what_is_lost_later_is_claimed_at_once_though_another_waits_for_its_pause() {
    refuse();
    writer.report(uid, List.of(FIRST));
    awaitClaims(1);
    writer.report(uid, List.of(FIRST, SECOND));
    awaitClaims(2);
    assertThat(claimsOf(SECOND)).isEqualTo(1);
  }

  @Test
  void one_that_is_refused_is_tried_again_with_a_growing_pause() {
    refuse();
    int claims = 0;
    for (long pause = 1; pause <= 256; pause *= 2) {
      writer.report(uid, List.of(FIRST));
      awaitClaims(++claims);
      nanos.addAndGet(Duration.ofSeconds(pause).toNanos() - 1);
      writer.report(uid, List.of(FIRST));
      idle();
      assertThat(claimsOf(FIRST)).as("before the pause of %d s is over", pause).isEqualTo(claims);
      pass(Duration.ofNanos(1));
    }
    writer.report(uid, List.of(FIRST));
    awaitClaims(++claims);
    pass(Duration.ofMinutes(5));
    writer.report(uid, List.of(FIRST));
    awaitClaims(++claims);
  }

  @Test
  void one_that_was_accepted_for_a_while_begins_with_the_shortest_pause() {
    refuse();
    for (int claims = 1; claims <= 4; claims++) {
      writer.report(uid, List.of(FIRST));
      awaitClaims(claims);
      pass(Duration.ofMinutes(1));
    }
    writer.report(uid, List.of());
    writer.report(uid, List.of(FIRST));
    awaitClaims(5);
    pass(Duration.ofSeconds(1));
    writer.report(uid, List.of(FIRST));
    awaitClaims(6);
  }

  @Test
  void a_claim_that_somebody_deletes_at_once_is_not_made_again_at_once() {
    writer.report(uid, List.of(FIRST));
    awaitClaims(1);
    await().until(() -> watch.has(FIRST.cidr()));
    writer.report(uid, List.of());
    delete(FIRST);

    writer.report(uid, List.of(FIRST));
    idle();
    assertThat(claimsOf(FIRST)).isEqualTo(1);

    pass(Duration.ofSeconds(1));
    writer.report(uid, List.of(FIRST));
    awaitClaims(2);
  }

  @Test
  void nothing_is_claimed_while_somebody_has_the_name_and_all_at_once_when_it_is_free() {
    client
        .resource(TestApiServer.allocation("10.244.1.0/24", "node2", "u2", "192.168.1.12"))
        .create();
    await().until(() -> watch.has(FIRST.cidr()));
    writer.report(uid, List.of(FIRST, SECOND));
    await().until(() -> claimsOf(SECOND) == 1);
    assertThat(claimsOf(FIRST)).isZero();

    client.resources(IPAllocation.class).withName(FIRST.cidr().objectName()).delete();
    await()
        .until(
            () -> {
              writer.report(uid, List.of(FIRST));
              return claimsOf(FIRST) == 1;
            });
  }

  @Test
  void somebody_who_was_faster_is_no_trouble() {
    server.refuse(request -> Optional.of(new Refusal(409, "it is there already")));
    writer.report(uid, List.of(FIRST));
    awaitClaims(1);
    idle();
    assertThat(get(FIRST)).isNull();
  }

  @Test
  void what_is_reported_no_more_is_not_tried_again() {
    refuse();
    writer.report(uid, List.of(FIRST));
    awaitClaims(1);
    writer.report(uid, List.of());
    pass(Duration.ofMinutes(5));
    idle();
    assertThat(executor.getQueue()).allMatch(task -> ((Future<?>) task).isDone());
    assertThat(claimsOf(FIRST)).isEqualTo(1);
  }

  @Test
  void nothing_is_claimed_for_a_node_that_the_api_server_has_not() {
    writer.report("", List.of(FIRST));
    writer.report("of-a-node-before", List.of(FIRST));
    idle();
    assertThat(claimsOf(FIRST)).isZero();

    client.nodes().withName("node1").delete();
    await().until(() -> !watch.hasNode(uid));
    writer.report(uid, List.of(FIRST));
    idle();
    assertThat(claimsOf(FIRST)).as("a restore of etcd took the Node too").isZero();

    TestApiServer.createNode(client, "node1", "192.168.1.11");
    String anew = client.nodes().withName("node1").get().getMetadata().getUid();
    await().until(() -> watch.hasNode(anew));
    writer.report(anew, List.of(FIRST));
    await().until(() -> get(FIRST) != null);
    assertThat(get(FIRST).getSpec().nodeUID()).isEqualTo(anew);
  }

  @Test
  void many_reports_make_one_attempt_and_one_task() {
    refuse();
    for (int i = 0; i < 1_000; i++) {
      writer.report(uid, List.of(FIRST, SECOND));
    }
    awaitClaims(2);
    for (int i = 0; i < 1_000; i++) {
      writer.report(uid, List.of(FIRST, SECOND));
    }
    idle();
    assertThat(server.created.stream().filter(request -> request.body().contains("Claimed")))
        .hasSize(2);
    assertThat(executor.getQueue()).hasSizeLessThanOrEqualTo(1);
  }

  private void refuse() {
    server.refuse(
        request ->
            request.body().contains("Claimed")
                ? Optional.of(new Refusal(403, "agents claim for their own node only"))
                : Optional.empty());
  }

  private void awaitClaims(int count) {
    await()
        .until(
            () ->
                server.created.stream()
                        .filter(request -> request.body().contains("Claimed"))
                        .count()
                    == count);
    idle();
  }

  private long claimsOf(OwnBlock block) {
    return server.created.stream()
        .filter(request -> request.body().contains("Claimed"))
        .filter(request -> request.body().contains(block.cidr().objectName()))
        .count();
  }

  /** Waits until everything that was due has run. */
  private void idle() {
    try {
      executor.submit(() -> {}).get();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  /** A little more: what was scheduled for that very moment waits for the real clock. */
  private void pass(Duration time) {
    nanos.addAndGet(time.toNanos() + 1);
  }

  private void delete(OwnBlock block) {
    client.resources(IPAllocation.class).withName(block.cidr().objectName()).delete();
    await().until(() -> !watch.has(block.cidr()));
  }

  private IPAllocation get(OwnBlock block) {
    return client.resources(IPAllocation.class).withName(block.cidr().objectName()).get();
  }

  private static OwnBlock lost(String block) {
    return OwnBlock.of(Cidr.parse(block), List.of())
        .inPool("main")
        .with(BlockState.DELETED, "it was deleted");
  }
}
