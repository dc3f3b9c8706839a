// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.agent.dataplane.testing.Shell;
import dev.weft.netlink.NetlinkMonitor;
import dev.weft.netlink.Notification;
import dev.weft.netlink.Notification.Subject;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What many peers behind tunnels cost: figures for {@code bench/paths}, which names the file that
 * they are appended to (WEFT_PEERS_FIGURES) and how many rounds there are (WEFT_PEERS_ROUNDS).
 */
@Tag("bench")
class ManyPeersBench {
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  /** A change meets an agent that has rested for so long: more than it waits between two runs. */
  private static final long REST_NANOS = 1_000_000_000;

  /** Of an agent that rests: clock ticks of processor time, 10 ms each. */
  private static final long TICKS_OF_REST = 3;

  private static final int MANY = 5000;
  private static final int CHANGES = 30;
  private static final int AF_BRIDGE = 7;

  @TempDir Path folder;

  private final BlockingQueue<Long> entries = new ArrayBlockingQueue<>(1 << 16);
  private Process agent;

  @BeforeEach
  void prepareNode() throws Exception {
    PeerProgramming.prepareNode();
  }

  @AfterEach
  void end() throws Exception {
    if (agent != null) {
      agent.destroyForcibly().waitFor();
    }
    for (String what :
        List.of(
            "ip link del uplink",
            "ip link del v-net-0",
            "ip nexthop flush proto 87",
            "ip route flush proto 87",
            "ip -6 route flush proto 87",
            "nft flush ruleset")) {
      try {
        Shell.run(what);
      } catch (IOException e) {
        // It is gone with another.
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"4", "6", "46"})
  void peersFromNothing(String families) throws Exception {
    Process process =
        java("programming-" + families, PeerProgramming.class, "" + MANY, families, "" + rounds());
    assertThat(process.waitFor()).as(() -> log("programming-" + families)).isZero();
    log("programming-" + families)
        .lines()
        .filter(line -> line.startsWith("peers"))
        .forEach(ManyPeersBench::put);
    log("programming-" + families)
        .lines()
        .filter(line -> !line.startsWith("peers"))
        .forEach(System.err::println);
  }

  @Test
  void changesAndMemoryWithFewPeers() throws Exception {
    changesAndMemory(10);
  }

  @Test
  void changesAndMemoryWithManyPeers() throws Exception {
    changesAndMemory(MANY);
  }

  /** The time from a watch event of a peer that moves until its tunnel leads elsewhere. */
  @SuppressWarnings("try")
  private void changesAndMemory(int peers) throws Exception {
    try (LargeCluster cluster = LargeCluster.tunnelled(peers)) {
      agent = java("agent-" + peers, Main.class, arguments(cluster));
      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () -> assertThat(routes()).as(() -> log("agent-" + peers)).isEqualTo(2 * peers));
      List<Double> times = new ArrayList<>();
      try (NetlinkMonitor monitor = NetlinkMonitor.route(this::onNotification, () -> {})) {
        for (int change = 0; change < CHANGES; change++) {
          List<byte[]> events = cluster.moves(7, "192.168.200." + (1 + change));
          awaitRest();
          entries.clear();
          long start = System.nanoTime();
          cluster.send(events);
          Long end = entries.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
          assertThat(end).as(() -> log("agent-" + peers)).isNotNull();
          times.add((end - start) / 1e6);
        }
      }
      Collections.sort(times);
      put("change-p50", peers, times.get(times.size() / 2));
      put("change-p99", peers, times.get(times.size() - 1));
      put(
          "memory",
          peers,
          AgentMetrics.rssBytes(Files.readString(Path.of("/proc/" + agent.pid() + "/status")))
              / 1e6);
    }
  }

  private void awaitRest() throws IOException {
    long before;
    do {
      before = ticks();
      LockSupport.parkNanos(REST_NANOS);
    } while (ticks() - before > TICKS_OF_REST);
  }

  /** Processor time of the agent: utime and stime of proc(5). */
  private long ticks() throws IOException {
    String[] fields =
        Files.readString(Path.of("/proc/" + agent.pid() + "/stat"))
            .replaceAll(".*\\) ", "")
            .split(" ");
    return Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
  }

  private void onNotification(Notification notification) {
    if (notification.subject() == Subject.NEIGHBOUR
        && notification.family() == AF_BRIDGE
        && !notification.removed()) {
      entries.add(System.nanoTime());
    }
  }

  private static long routes() throws Exception {
    return Shell.run("ip route show proto 87").lines().filter(line -> line.contains("nhid")).count()
        + Shell.run("ip -6 route show proto 87")
            .lines()
            .filter(line -> line.contains("nhid"))
            .count();
  }

  private String[] arguments(LargeCluster cluster) throws IOException {
    Path kubeconfig = Files.writeString(folder.resolve("kubeconfig"), cluster.kubeconfig());
    return new String[] {
      "--node-name=node1",
      "--kubeconfig=" + kubeconfig,
      "--cni-bin-dir=" + folder.resolve("bin"),
      "--cni-conf-dir=" + folder.resolve("net.d"),
      "--run-dir=" + folder.resolve("run")
    };
  }

  /**
   * A program with the JVM flags and the class-data archive of the agent's image, which is of the
   * classpath that comes first.
   */
  private Process java(String name, Class<?> main, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(ProcessHandle.current().info().command().orElseThrow());
    command.add("@" + Path.of("jvm.flags").toAbsolutePath());
    command.add("-XX:SharedArchiveFile=" + Path.of("target/classes.jsa").toAbsolutePath());
    command.add("-cp");
    command.add(
        Files.readString(Path.of("target/classpath")).strip()
            + File.pathSeparator
            + System.getProperty("java.class.path"));
    command.add(main.getName());
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(folder.resolve(name).toFile())
        .start();
  }

  private String log(String name) {
    try {
      return Files.readString(folder.resolve(name));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static int rounds() {
    return 1 + Integer.parseInt(System.getenv().getOrDefault("WEFT_PEERS_ROUNDS", "9"));
  }

  private static void put(String what, int peers, double value) {
    put("%s\t%d\t46\t1\t%.2f".formatted(what, peers, value));
  }

  private static void put(String line) {
    String file = System.getenv("WEFT_PEERS_FIGURES");
    if (file == null) {
      System.out.println(line);
      return;
    }
    try {
      Files.writeString(
          Path.of(file),
          line + "\n",
          StandardCharsets.UTF_8,
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
