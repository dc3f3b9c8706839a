// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The agent, with the JVM flags of its image, in a large cluster. */
@Tag("kernel")
class ManyPeersKernelTest {
  /** On a busy machine a list of so many in so small a heap takes minutes. */
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  private static final int ALLOCATIONS = 20_000;

  @TempDir Path folder;

  private final List<Process> processes = new ArrayList<>();
  private LargeCluster cluster;

  @BeforeEach
  void prepareNode() throws Exception {
    shell("sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1");
    shell("ip link add uplink type veth peer name lan");
    shell("ip link set uplink up && ip link set lan up");
    shell("ip address add 192.168.1.11/16 dev uplink");
    cluster = new LargeCluster(ALLOCATIONS);
  }

  @AfterEach
  void end() throws Exception {
    for (Process process : processes) {
      process.destroyForcibly().waitFor();
    }
    cluster.close();
    shell(
        "ip link del uplink; ip link del v-net-0; ip route flush proto 87; nft flush ruleset;"
            + " true");
  }

  @Test
  void twenty_thousand_allocations_fit_into_its_heap_at_the_start_and_at_a_restart()
      throws Exception {
    Process first = start();
    awaitRoutes(first);
    first.destroy();
    first.waitFor();

    shell("ip route del 10.0.0.0/24");
    Process second = start();
    awaitRoutes(second);
    assertThat(cluster.unpagedLists).as("lists of all at once").hasValue(0);
  }

  private void awaitRoutes(Process agent) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(
                        shell("ip route show proto 87 | grep -c via || true").strip()
                            + (agent.isAlive() ? "" : " and it has ended"))
                    .as(() -> output(agent))
                    .isEqualTo("" + ALLOCATIONS));
  }

  private Process start() throws IOException {
    Path kubeconfig = Files.writeString(folder.resolve("kubeconfig"), cluster.kubeconfig());
    List<String> command =
        List.of(
            ProcessHandle.current().info().command().orElseThrow(),
            "@" + Path.of("jvm.flags").toAbsolutePath(),
            "-cp",
            System.getProperty("java.class.path"),
            Main.class.getName(),
            "--node-name=node1",
            "--kubeconfig=" + kubeconfig,
            "--cni-bin-dir=" + folder.resolve("bin"),
            "--cni-conf-dir=" + folder.resolve("net.d"),
            "--run-dir=" + folder.resolve("run"));
    Path log = folder.resolve("log-" + processes.size());
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    processes.add(process);
    return process;
  }

  private String output(Process process) {
    try {
      return Files.readString(folder.resolve("log-" + processes.indexOf(process)));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String shell(String command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder("sh", "-c", command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as("%s: %s", command, output).isZero();
    return output;
  }
}
