// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.agent.cluster.TestApiServer;
import dev.weft.agent.cni.Attachments;
import dev.weft.agent.cni.TestNode;
import dev.weft.agent.dataplane.DataplaneException;
import dev.weft.agent.dataplane.testing.InMemoryDataplane;
import dev.weft.api.IPAllocation;
import dev.weft.api.IPAllocationSpec;
import dev.weft.api.IPAllocationStatus;
import dev.weft.core.dataplane.Bridge;
import dev.weft.core.dataplane.HostVeth;
import dev.weft.core.dataplane.NodeFacts;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.Family;
import dev.weft.core.net.InterfaceAddress;
import dev.weft.core.net.IpAddress;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A whole agent, without a kernel, whose block is to be given back. */
class DrainTest {
  private static final Cidr BLOCK = Cidr.parse("10.244.1.0/24");
  private static final Cidr OTHER = Cidr.parse("10.244.2.0/24");
  private static final int ADDS = 40;

  @TempDir private Path folder;

  private final InMemoryDataplane dataplane = new InMemoryDataplane();
  private final AtomicInteger pods = new AtomicInteger();
  private TestApiServer server;
  private KubernetesClient client;
  private String uid;
  private Agent agent;
  private Attachments attachments;
  private TestNode node;

  @BeforeEach
  void startAgent() throws Exception {
    IpAddress address = IpAddress.parse("192.168.1.11");
    dataplane.setFacts(
        new NodeFacts(
            List.of(
                new NodeFacts.Interface(
                    "eth0", 1450, List.of(InterfaceAddress.parse("192.168.1.11/24")))),
            Set.of(address),
            Map.of(),
            Set.of(),
            Set.of(Family.values()),
            List.of()));
    server = new TestApiServer();
    server.start();
    client = server.client();
    TestApiServer.createNode(client, "node1", "192.168.1.11");
    uid = client.nodes().withName("node1").get().getMetadata().getUid();
    client.resource(TestApiServer.pool("10.244.0.0/16")).create();
    create(BLOCK);
    start();
    await().until(() -> dataplane.read().only(Bridge.KIND).isPresent());
  }

  @AfterEach
  void stop() {
    agent.close();
    client.close();
    server.close();
  }

  @Test
  void pods_keep_their_addresses_no_other_gets_one_and_the_last_that_ends_drains_the_block() {
    List<Integer> running = List.of(addOf(BLOCK), addOf(BLOCK));
    create(OTHER);
    setState(IPAllocationSpec.State.Draining);
    awaitDrained("False", 2);

    for (int i = 0; i < ADDS; i++) {
      assertThat(node.add(pods.incrementAndGet()).orElseThrow()).matches(OTHER::contains);
    }
    assertThat(addressesOf(BLOCK)).isEqualTo(running.size());

    assertThat(node.del(running.get(0))).isTrue();
    await().until(() -> message().startsWith("addresses in use: 1,"));
    assertThat(drained().orElseThrow().getStatus()).isEqualTo("False");
    assertThat(node.del(running.get(1))).isTrue();
    awaitDrained("True", 2);
  }

  @Test
  void no_add_gets_an_address_after_the_word_is_given_however_many_run() throws Exception {
    create(OTHER);
    List<String> after = Collections.synchronizedList(new ArrayList<>());
    AtomicBoolean done = new AtomicBoolean();
    List<Thread> adding = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      adding.add(new Thread(() -> churn(done, after)));
    }
    adding.forEach(Thread::start);
    try {
      for (long generation = 2; generation < 8; generation += 2) {
        setState(IPAllocationSpec.State.Draining);
        awaitDrained("True", generation);
        assertThat(addressesOf(BLOCK)).as("by the kernel").isZero();
        assertThat(after).isEmpty();
        setState(IPAllocationSpec.State.Active);
        await().until(() -> drained().isEmpty());
      }
    } finally {
      done.set(true);
      for (Thread thread : adding) {
        thread.join();
      }
    }
    assertThat(after).isEmpty();
  }

  /** Adds and removes pods; notes those with an address of a block whose end was told before. */
  private void churn(AtomicBoolean done, List<String> after) {
    while (!done.get()) {
      int pod = pods.incrementAndGet();
      long told = toldGeneration();
      Optional<IpAddress> address = node.add(pod);
      if (address.filter(BLOCK::contains).isPresent() && told > 0 && told == toldGeneration()) {
        after.add("pod %d got %s after generation %d was told".formatted(pod, address, told));
      }
      node.del(pod);
    }
  }

  /** The generation that the API server has as drained, where that is still the one in force. */
  private long toldGeneration() {
    IPAllocation object = allocation();
    return condition(object)
        .filter(condition -> condition.getStatus().equals("True"))
        .map(Condition::getObservedGeneration)
        .filter(generation -> generation.equals(object.getMetadata().getGeneration()))
        .orElse(0L);
  }

  @Test
  void a_drain_that_is_cancelled_gives_addresses_again_and_takes_its_condition_back() {
    setState(IPAllocationSpec.State.Draining);
    awaitDrained("True", 2);
    assertThat(node.add(pods.incrementAndGet())).isEmpty();

    setState(IPAllocationSpec.State.Active);
    await().until(() -> node.add(pods.incrementAndGet()).filter(BLOCK::contains).isPresent());
    await().until(() -> drained().isEmpty());

    setState(IPAllocationSpec.State.Draining);
    awaitDrained("False", 4);
  }

  @Test
  void an_agent_that_starts_anew_withholds_before_any_api_server_answers() throws Exception {
    int pod = addOf(BLOCK);
    setState(IPAllocationSpec.State.Draining);
    awaitDrained("False", 2);

    agent.close();
    server.stop();
    start();
    await().until(() -> !attachments.usage().isEmpty());
    for (int i = 0; i < ADDS; i++) {
      assertThat(node.add(pods.incrementAndGet())).isEmpty();
    }
    assertThat(addressesOf(BLOCK)).isEqualTo(1);

    server.start();
    assertThat(node.del(pod)).isTrue();
    awaitDrained("True", 2);
  }

  @Test
  void a_drain_that_could_not_be_written_down_is_not_told_of() throws Exception {
    Path temporary = folder.resolve("run/blocks.json.new");
    await().until(() -> Files.exists(folder.resolve("run/blocks.json")));
    Files.createDirectory(temporary);
    setState(IPAllocationSpec.State.Draining);
    awaitDrained("False", 2);
    assertThat(node.add(pods.incrementAndGet())).as("it is withheld already").isEmpty();

    agent.close(); // as kill -9 between the withholding and the writing
    server.stop();
    start();
    await().until(() -> node.add(pods.incrementAndGet()).filter(BLOCK::contains).isPresent());
    server.start();
    await().until(() -> node.add(pods.incrementAndGet()).isEmpty());
    assertThat(toldGeneration()).isZero();

    for (int pod = 1; pod <= pods.get(); pod++) {
      node.del(pod);
    }
    await().until(() -> addressesOf(BLOCK) == 0);
    assertThat(toldGeneration()).isZero();
    Files.delete(temporary);
    awaitDrained("True", 2);
  }

  @Test
  void a_block_that_is_being_released_stays_drained_until_its_end() {
    setState(IPAllocationSpec.State.Draining);
    awaitDrained("True", 2);

    await().ignoreExceptions().until(this::release);
    await().until(() -> reason("Programmed").equals("Releasing"));
    assertThat(toldGeneration()).isEqualTo(2);
  }

  @Test
  void an_allocation_that_was_deleted_is_claimed_and_gives_addresses_once_it_is_accepted() {
    addOf(BLOCK);
    client.resources(IPAllocation.class).withName(BLOCK.objectName()).delete();
    await()
        .until(
            () ->
                allocation() != null
                    && allocation().getSpec().state() == IPAllocationSpec.State.Claimed);
    assertThat(allocation().getSpec().nodeUID()).isEqualTo(uid);
    assertThat(node.add(pods.incrementAndGet())).isEmpty();

    setState(IPAllocationSpec.State.Active);
    await().until(() -> node.add(pods.incrementAndGet()).filter(BLOCK::contains).isPresent());
  }

  /** As the operator does; fails where the status was written meanwhile. */
  private boolean release() {
    IPAllocation object = allocation();
    List<Condition> conditions = new ArrayList<>(object.getStatus().conditions());
    conditions.addAll(
        TestApiServer.releasing(
                TestApiServer.allocation(BLOCK.toString(), "node1", uid, "192.168.1.11"))
            .getStatus()
            .conditions());
    object.setStatus(
        new IPAllocationStatus(
            IPAllocationStatus.Phase.Releasing,
            object.getStatus().endpoint(),
            object.getStatus().addresses(),
            conditions));
    client.resource(object).updateStatus();
    return true;
  }

  private void start() throws Exception {
    Path kubeconfig = Files.writeString(folder.resolve("kubeconfig"), server.kubeconfig());
    AgentOptions options =
        AgentOptions.parse(
            List.of(
                "--node-name=node1",
                "--node-uid=" + uid,
                "--kubeconfig=" + kubeconfig,
                "--cni-bin-dir=" + folder.resolve("bin"),
                "--cni-conf-dir=" + folder.resolve("net.d"),
                "--run-dir=" + folder.resolve("run"),
                "--http-port=" + freePort(),
                "--metrics-port=" + freePort()),
            Map.of());
    Files.createDirectories(options.runDir());
    attachments = new Attachments();
    agent = new Agent(options, dataplane, () -> {}, attachments);
    node = new TestNode(attachments, dataplane);
    agent.start();
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /** Adds a pod as soon as it gets an address of a block; its number. */
  private int addOf(Cidr block) {
    int pod = pods.incrementAndGet();
    await().until(() -> node.add(pod).filter(block::contains).isPresent());
    return pod;
  }

  private long addressesOf(Cidr block) {
    try {
      return dataplane.read().of(HostVeth.KIND).stream()
          .flatMap(veth -> veth.attachment().stream())
          .filter(attachment -> attachment.addresses().stream().anyMatch(block::contains))
          .count();
    } catch (DataplaneException e) {
      throw new AssertionError(e);
    }
  }

  private void create(Cidr block) {
    TestApiServer.create(
        client, TestApiServer.allocation(block.toString(), "node1", uid, "192.168.1.11"));
  }

  private void setState(IPAllocationSpec.State state) {
    TestApiServer.setState(client, BLOCK.objectName(), state);
  }

  private IPAllocation allocation() {
    return client.resources(IPAllocation.class).withName(BLOCK.objectName()).get();
  }

  private void awaitDrained(String status, long generation) {
    await()
        .until(
            () ->
                drained()
                    .filter(condition -> condition.getStatus().equals(status))
                    .filter(condition -> condition.getObservedGeneration() == generation)
                    .isPresent());
  }

  private String message() {
    return drained().map(Condition::getMessage).orElse("");
  }

  private String reason(String type) {
    return allocation().getStatus().conditions().stream()
        .filter(condition -> condition.getType().equals(type))
        .map(Condition::getReason)
        .findFirst()
        .orElse("");
  }

  private Optional<Condition> drained() {
    return condition(allocation());
  }

  private static Optional<Condition> condition(IPAllocation object) {
    return Optional.ofNullable(object.getStatus())
        .map(IPAllocationStatus::conditions)
        .orElse(List.of())
        .stream()
        .filter(condition -> condition.getType().equals("Drained"))
        .findFirst();
  }
}
