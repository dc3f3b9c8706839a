// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.agent.cluster.TestApiServer;
import dev.weft.agent.cni.TestClient;
import dev.weft.agent.dataplane.kernel.KernelDataplane;
import dev.weft.api.IPAllocation;
import dev.weft.api.IPAllocationSpec;
import dev.weft.sandbox.api.ApiServer.Request;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program as a process of its own, on the kernel of a network namespace. */
@Tag("kernel")
class AgentProgramKernelTest {
  /** Behind the number of its next-hop object. */
  private static final String PEER_ROUTE = " via 192.168.1.12 dev uplink proto 87";

  private static final String BLOCK_ROUTE = "unreachable 10.244.1.0/24 proto 87";

  @TempDir Path folder;
  private final HttpClient http = HttpClient.newHttpClient();
  private final List<Process> processes = new ArrayList<>();
  private TestApiServer server;
  private KubernetesClient client;
  private String uid;

  @BeforeEach
  void prepareNode() throws Exception {
    shell("sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1");
    shell("ip link add uplink type veth peer name lan");
    shell("ip link set uplink mtu 1400 up && ip link set lan up");
    shell("ip address add 192.168.1.11/24 dev uplink");
    server = new TestApiServer();
    server.start();
    client = server.client();
    TestApiServer.createNode(client, "node1", "192.168.1.11");
    uid = client.nodes().withName("node1").get().getMetadata().getUid();
    client.resource(TestApiServer.pool("10.244.0.0/16")).create();
    TestApiServer.create(
        client, TestApiServer.allocation("10.244.1.0/24", "node1", uid, "192.168.1.11"));
    TestApiServer.create(
        client, TestApiServer.allocation("10.244.2.0/24", "node2", "u2", "192.168.1.12"));
  }

  @AfterEach
  void end() throws Exception {
    for (Process process : processes) {
      process.destroyForcibly().waitFor();
    }
    client.close();
    server.close();
    shell(
        "ip link del uplink; ip link del v-net-0; ip route flush proto 87; nft flush ruleset;"
            + " true");
  }

  @Test
  void programs_the_node_repairs_it_and_leaves_it_alone_when_it_ends() throws Exception {
    Process agent = start();
    awaitReady();
    assertThat(shell("ip route")).contains(PEER_ROUTE, BLOCK_ROUTE);
    assertThat(shell("ip -o address show dev v-net-0")).contains("10.244.1.1/24");
    assertThat(shell("ip link show v-net-0")).contains("mtu 1400");
    assertThat(folder.resolve("net.d/10-weft.conflist")).exists();
    await().until(() -> !server.applied.isEmpty());
    String metrics = get("http://192.168.1.11:9471/metrics");
    assertThat(metrics).as(output(agent)).contains("weft_agent_ready 1.0");

    shell("ip route del 10.244.2.0/24 && ip link set v-net-0 down && ip link set v-net-0 up");
    await().until(() -> shell("ip route").contains(PEER_ROUTE));

    agent.destroyForcibly().waitFor();
    String before = shell("ip route; ip -o address; nft list ruleset");
    server.stop();
    Process next = start();
    awaitReady();
    assertThat(shell("ip route; ip -o address; nft list ruleset")).isEqualTo(before);

    next.destroy();
    next.waitFor();
    assertThat(shell("ip route; ip -o address; nft list ruleset")).isEqualTo(before);
    assertThat(folder.resolve("net.d/10-weft.conflist")).exists();
  }

  @Test
  void ports_that_others_hold_end_nothing_and_are_told() throws Exception {
    try (ServerSocket metrics = holding("192.168.1.11", 9471)) {
      Process agent;
      try (ServerSocket probes = holding("127.0.0.1", 9470)) {
        agent = start();
        await()
            .failFast(
                "the agent has ended", () -> assertThat(agent.isAlive()).as(output(agent)).isTrue())
            .until(() -> Files.exists(folder.resolve("net.d/10-weft.conflist")));
        await()
            .untilAsserted(
                () ->
                    assertThat(client.v1().events().inAnyNamespace().list().getItems())
                        .filteredOn(event -> event.getInvolvedObject().getKind().equals("Node"))
                        .extracting(Event::getReason)
                        .contains("ProbePortTaken", "MetricsPortTaken"));
        assertThat(agent.isAlive()).as(output(agent)).isTrue();
        assertThat(probes.isBound()).isTrue();
      }
      awaitReady();
      assertThat(get("http://127.0.0.1:9470/readyz"))
          .contains(
              "listen on 192.168.1.11 port 9471: Address already in use", "agent.metricsPort");
      assertThat(metrics.isBound()).isTrue();
    }
    await()
        .ignoreExceptions()
        .until(
            () ->
                get("http://192.168.1.11:9471/metrics")
                    .contains("weft_agent_port_taken{port=\"9471\"} 0.0"));
  }

  private static ServerSocket holding(String address, int port) throws IOException {
    return new ServerSocket(port, 1, InetAddress.getByName(address));
  }

  @Test
  void a_second_agent_is_refused_and_a_cleanup_removes_everything() throws Exception {
    String before = shell("ip route; ip -o link; nft list ruleset");
    Process agent = start();
    awaitReady();

    Process second = start();
    assertThat(second.waitFor()).isEqualTo(AgentProgram.FAILED);
    assertThat(output(second)).contains("another agent (process " + agent.pid() + ")");

    agent.destroy();
    agent.waitFor();
    Process cleanup = start("--cleanup");
    assertThat(cleanup.waitFor()).as(output(cleanup)).isEqualTo(AgentProgram.OK);
    assertThat(shell("ip route; ip -o link; nft list ruleset")).isEqualTo(before);
    assertThat(folder.resolve("net.d")).isEmptyDirectory();
  }

  @Test
  void while_no_block_gives_addresses_the_node_stays_good_and_says_why() throws Exception {
    start();
    awaitReady();
    setState(IPAllocationSpec.State.Draining);

    await().until(() -> readyz().contains("IPAllocation 10-244-1-0-24 is Draining"));
    assertThat(readyz()).startsWith("ready");
    assertThat(status()).isZero();
    await()
        .untilAsserted(
            () ->
                assertThat(lastApplied())
                    .containsPattern("\"reason\":\"Draining\",\"status\":\"True\"")
                    .containsPattern("\"reason\":\"NoAddressInUse\",\"status\":\"True\""));
    assertThat(shell("ip -o address show dev v-net-0")).contains("10.244.1.1/24");
    assertThat(get("http://192.168.1.11:9471/metrics"))
        .contains("weft_agent_blocks{state=\"Draining\"} 1.0")
        .contains("weft_agent_ready 1.0");
    assertThat(get("http://127.0.0.1:9470/v1/blocks"))
        .contains("10.244.1.0/24  Draining  IPAllocation 10-244-1-0-24 is Draining");

    client.resources(IPAllocation.class).withName("10-244-1-0-24").delete();
    await().until(() -> readyz().contains("10-244-1-0-24 was deleted"));
    assertThat(readyz()).startsWith("ready");
    assertThat(status()).isZero();
  }

  @Test
  void a_new_node_writes_no_configuration_before_a_block_gives_addresses() throws Exception {
    setState(IPAllocationSpec.State.Draining);
    start();
    await().until(() -> readyz().contains("IPAllocation 10-244-1-0-24 is Draining"));
    assertThat(readyz()).startsWith("not ready");
    assertThat(folder.resolve("net.d/10-weft.conflist")).doesNotExist();

    setState(IPAllocationSpec.State.Active);
    awaitReady();
    assertThat(folder.resolve("net.d/10-weft.conflist")).exists();
  }

  @Test
  void a_file_of_another_cluster_gives_nothing_out_while_the_api_server_is_away() throws Exception {
    Process agent = start();
    awaitReady();
    await().until(() -> Files.exists(folder.resolve("run/blocks.json")));
    agent.destroyForcibly().waitFor();
    server.stop();

    uid = "of-the-cluster-that-this-machine-joined-since";
    start();
    await()
        .until(() -> readyz().contains("API server: ") && !readyz().contains("has not been read"));
    assertThat(readyz())
        .startsWith("not ready")
        .contains("no new pod gets an address", "it is remembered of Node node1");
    assertThat(status()).isNotZero();
    assertThat(shell("ip route")).as("what runs stays").contains(BLOCK_ROUTE, PEER_ROUTE);
  }

  private void setState(IPAllocationSpec.State state) {
    TestApiServer.setState(client, "10-244-1-0-24", state);
  }

  private String lastApplied() {
    String last = "";
    for (Request applied : server.applied) {
      last = applied.body();
    }
    return last;
  }

  private int status() throws IOException {
    try (TestClient runtime = new TestClient(folder.resolve("run/cni.sock"))) {
      return runtime.call(
          "STATUS", "{\"cniVersion\":\"1.1.0\",\"name\":\"weft\",\"type\":\"weft\"}");
    }
  }

  private String readyz() {
    try {
      return get("http://127.0.0.1:9470/readyz");
    } catch (IOException e) {
      return "";
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void a_warm_up_that_fails_keeps_nobody_from_being_served() throws Exception {
    Path kubeconfig = Files.writeString(folder.resolve("kubeconfig"), server.kubeconfig());
    AgentOptions options = AgentOptions.parse(arguments(kubeconfig), Map.of());
    Files.createDirectories(options.runDir());
    try (KernelDataplane dataplane = KernelDataplane.open(options.cniDeleters());
        Agent agent = new Agent(options, dataplane, AgentProgramKernelTest::failToWarmUp)) {
      agent.start();
      awaitReady();
      assertThat(get("http://192.168.1.11:9471/metrics"))
          .containsPattern("weft_agent_thread_restarts_total\\{thread=\"warm-up\"} [1-9]");
    }
  }

  private static void failToWarmUp() {
    throw Faults.withoutTrace(new NoClassDefFoundError("of a test"));
  }

  @Test
  void a_kubeconfig_that_comes_or_is_mended_after_the_start_is_used() throws Exception {
    Path kubeconfig = folder.resolve("kubeconfig");
    startWith(kubeconfig);
    awaitReadyz("API server: no client can be made: ");

    Files.writeString(
        kubeconfig,
        server.kubeconfig().replace("{server:", "{certificate-authority: /nowhere, server:"));
    awaitReadyz("/nowhere");

    Files.writeString(kubeconfig, server.kubeconfig());
    awaitReady();
  }

  private Process start(String... more) throws IOException {
    return startWith(Files.writeString(folder.resolve("kubeconfig"), server.kubeconfig()), more);
  }

  private List<String> arguments(Path kubeconfig) {
    return List.of(
        "--node-name=node1",
        "--node-uid=" + uid,
        "--kubeconfig=" + kubeconfig,
        "--cni-bin-dir=" + folder.resolve("bin"),
        "--cni-conf-dir=" + folder.resolve("net.d"),
        "--run-dir=" + folder.resolve("run"));
  }

  private Process startWith(Path kubeconfig, String... more) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                ProcessHandle.current().info().command().orElseThrow(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
    command.addAll(arguments(kubeconfig));
    command.addAll(List.of(more));
    Path log = folder.resolve("log-" + processes.size());
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    processes.add(process);
    return process;
  }

  private String output(Process process) throws IOException {
    return Files.readString(folder.resolve("log-" + processes.indexOf(process)));
  }

  private void awaitReady() {
    await().ignoreExceptions().until(() -> get("http://127.0.0.1:9470/readyz").startsWith("ready"));
  }

  private void awaitReadyz(String words) {
    await()
        .ignoreExceptions()
        .untilAsserted(() -> assertThat(get("http://127.0.0.1:9470/readyz")).contains(words));
  }

  private String get(String uri) throws IOException, InterruptedException {
    return http.send(
            HttpRequest.newBuilder(URI.create(uri)).build(), HttpResponse.BodyHandlers.ofString())
        .body();
  }

  private static String shell(String command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder("sh", "-c", command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as("%s: %s", command, output).isZero();
    return output;
  }
}
