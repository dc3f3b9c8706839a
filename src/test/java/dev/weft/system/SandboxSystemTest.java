// SPDX-License-Identifier: Apache-2.0
package dev.weft.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.api.IPAllocation;
import dev.weft.core.net.Family;
import dev.weft.sandbox.ExecResult;
import dev.weft.sandbox.Sandbox;
import dev.weft.sandbox.SandboxException;
import dev.weft.sandbox.SandboxNode;
import dev.weft.sandbox.SandboxOptions;
import dev.weft.sandbox.SandboxPod;
import dev.weft.sandbox.cni.CniAttachment;
import dev.weft.sandbox.cni.CniFailure;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The sandbox keeps its own promises: what other system tests stand on. */
@Tag("system")
class SandboxSystemTest {
  private static Cluster cluster;

  @BeforeAll
  static void start() {
    cluster = Cluster.up("sandbox", 2, Family.IPV4);
  }

  @AfterAll
  static void stop() {
    if (cluster != null) {
      cluster.close();
    }
  }

  @Test
  void aNodesCniFoldersAreItsOwn() {
    SandboxNode node1 = cluster.node(1);
    node1.exec("sh", "-c", "echo mine >/etc/cni/net.d/note").orThrow();

    assertThat(cluster.node(2).exec("cat", "/etc/cni/net.d/note").ok()).isFalse();
    assertThat(Path.of("/etc/cni/net.d/note")).doesNotExist();
    for (String file :
        List.of("/opt/cni/bin/weft", "/etc/cni/net.d/10-weft.conflist", "/run/weft/cni.sock")) {
      node1.exec("test", "-e", file).orThrow();
    }
  }

  @Test
  void aCommandInANodeHasItsOwnInputFolderAndExitCode() {
    SandboxNode node = cluster.node(1);

    assertThat(
            node.exec(
                java.util.Map.of("WORD", "blue"), "input", "sh", "-c", "cat; echo $WORD; exit 7"))
        .satisfies(
            result -> {
              assertThat(result.code()).isEqualTo(7);
              assertThat(result.stdout()).isEqualTo("inputblue\n");
            });
    assertThat(node.exec("pwd").stdout().strip())
        .isEqualTo(Path.of("").toAbsolutePath().toString());
  }

  @Test
  void nothingOfItIsInTheMachinesOwnNetwork() throws Exception {
    Process links = new ProcessBuilder("ip", "-brief", "address").start();
    assertThat(
            new String(
                links.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8))
        .doesNotContain("v-net-0")
        .doesNotContain("192.168.1.10/24");
  }

  @Test
  void anAgentHasNoMoreThanItsOneCapability() throws Exception {
    long pid = process(processFolder(cluster).resolve("agent-node1")).pid();
    // CAP_NET_ADMIN is bit 12 (linux/capability.h).
    assertThat(Path.of("/proc/" + pid + "/status"))
        .content()
        .contains("CapEff:\t0000000000001000")
        .contains("NoNewPrivs:\t1");
  }

  @Test
  void thePodRuntimeUsesEveryVerb() {
    SandboxNode node = cluster.node(1);
    SandboxPod pod = cluster.addPod(1, "verbs");
    CniAttachment attachment =
        new CniAttachment(pod.containerId(), pod.networkNamespace(), "eth0", List.of());

    node.cni().status();
    node.cni().check(attachment);
    node.cni().collectGarbage(List.of(attachment));
    node.cni().check(attachment);
    node.cni().collectGarbage(List.of());
    assertThatThrownBy(() -> node.cni().check(attachment)).isInstanceOf(CniFailure.class);
    cluster.deletePod(pod);
    assertThat(cluster.sandbox().pod("default", "verbs")).isEmpty();
  }

  @Test
  void aPodThatCannotBeStartedLeavesNothing() {
    SandboxPod pod = cluster.addPod(1, "twice");

    assertThatThrownBy(() -> cluster.addPod(1, "twice")).hasMessageContaining("already exists");
    assertThat(cluster.probe(pod, "ping", "10.244.1.1").ok()).isTrue();
    cluster.deletePod(pod);
  }

  @Test
  void theApiServerKeepsItsObjectsWhileItIsAway() {
    Sandbox sandbox = cluster.sandbox();
    List<String> before = blocks(sandbox);
    sandbox.stopApi();
    assertThatThrownBy(() -> sandbox.client().nodes().list());
    sandbox.startApi();

    assertThat(blocks(sandbox)).isEqualTo(before).hasSize(2);
  }

  private static List<String> blocks(Sandbox sandbox) {
    return sandbox.client().resources(IPAllocation.class).list().getItems().stream()
        .map(block -> block.getMetadata().getName() + block.getMetadata().getUid())
        .sorted()
        .toList();
  }

  @Test
  void twoSandboxesDoNotDisturbEachOtherAndDownEndsOneAlsoWhenItsDaemonIsDead() throws Exception {
    Cluster other = Cluster.up("sandbox-b", 1, Family.IPV4);
    Path folder = processFolder(other);
    List<ProcessHandle> processes = processes(folder);
    try {
      SandboxPod here = cluster.addPod(1, "same");
      SandboxPod there = other.addPod(1, "same");
      assertThat(there.addresses()).isEqualTo(List.of("10.244.1.2"));
      assertThat(processes).hasSizeGreaterThanOrEqualTo(4);
      kill(folder.resolve("daemon"));
      cluster.deletePod(here);
    } finally {
      other.close();
    }
    // A dead one may wait for a parent that reads its exit code.
    Cluster.await(
        "every process of it to end", () -> processes.stream().noneMatch(ProcessHandle::isAlive));
    assertThat(folder).doesNotExist();
    assertThat(cluster.sandbox().status()).doesNotContain("ended");
  }

  private static Path processFolder(Cluster of) {
    return of.sandbox().log("sandbox").getParent().resolveSibling("pid");
  }

  private static List<ProcessHandle> processes(Path folder) {
    List<ProcessHandle> processes = new ArrayList<>();
    for (File file : Optional.ofNullable(folder.toFile().listFiles()).orElse(new File[0])) {
      processes.add(process(file.toPath()));
    }
    return processes;
  }

  private static ProcessHandle process(Path file) {
    try {
      return ProcessHandle.of(Long.parseLong(Files.readString(file).split(" ")[0])).orElseThrow();
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static void kill(Path file) throws Exception {
    ProcessHandle handle = process(file);
    handle.destroyForcibly();
    handle.onExit().get();
  }

  @Test
  void aSecondSandboxOfTheSameNameIsRefused() {
    assertThatThrownBy(() -> Cluster.up("sandbox", 1, Family.IPV4))
        .isInstanceOf(SandboxException.class)
        .hasMessageContaining("already")
        .hasMessageContaining("down");
  }

  @Test
  void aPoolThatCannotServeEveryNodeEndsUpWithItsReasonAndKeepsTheLogs(@TempDir Path directory)
      throws Exception {
    Path pool = directory.resolve("pool.yaml");
    Files.writeString(
        pool,
        """
        {apiVersion: weft.dev/v1alpha1, kind: IPPool, metadata: {name: small},
         spec: {cidr: 10.244.0.0/24}}
        """);
    SandboxOptions options =
        SandboxOptions.named("test-sandbox-small").withNodes(2).withPools(List.of(pool));
    Path logs = Path.of("/run/weft-sandbox/test-sandbox-small/log");

    assertThatThrownBy(() -> Sandbox.up(options))
        .isInstanceOf(SandboxException.class)
        .hasMessageContaining("IPPool small: Exhausted: ")
        .hasMessageEndingWith("logs are kept in " + logs);
    assertThat(logs.resolve("operator.log")).content().contains("Exhausted");
    assertThat(logs.getParent()).isDirectoryNotContaining(path -> !path.equals(logs));
    assertThat(commandLines()).noneMatch(line -> line.contains("test-sandbox-small"));
    // Another one of the name starts all the same.
    Cluster.up("sandbox-small", 1, Family.IPV4).close();
    assertThat(logs.getParent()).doesNotExist();
  }

  @Test
  void anInterruptedUpLeavesNothing(@TempDir Path directory) throws Exception {
    String name = "test-sandbox-cut";
    // It selects no node, so that "up" is still waiting when the signal comes.
    Path pool = directory.resolve("pool.yaml");
    Files.writeString(
        pool,
        """
        {apiVersion: weft.dev/v1alpha1, kind: IPPool, metadata: {name: elsewhere},
         spec: {cidr: 10.244.0.0/16, nodeSelector: {matchLabels: {is: elsewhere}}}}
        """);
    Path root = Path.of("/run/weft-sandbox", name);
    Process up =
        new ProcessBuilder(
                "env", // where the tests run in the background, SIGINT is ignored
                "--default-signal=INT",
                Cluster.HOME.resolve("bin/sandbox").toString(),
                "up",
                "--name",
                name,
                "--pool",
                pool.toString())
            .redirectErrorStream(true)
            .start();
    Cluster.await("an agent to start", () -> Files.exists(root.resolve("pid/agent-node1")));

    new ProcessBuilder("kill", "-INT", Long.toString(up.pid())).start().waitFor();

    assertThat(up.inputReader().lines()).last().isEqualTo("sandbox: interrupted");
    assertThat(up.waitFor()).isEqualTo(128 + 2);
    assertThat(root).doesNotExist();
    assertThat(commandLines()).noneMatch(line -> line.contains(name));
  }

  @Test
  void itsUserIsNamedToAnother() throws Exception {
    Process refused =
        new ProcessBuilder(
                "setpriv",
                "--reuid=65534",
                "--regid=65534",
                "--clear-groups",
                Cluster.HOME.resolve("bin/sandbox").toString(),
                "--name",
                "test-sandbox",
                "status")
            .redirectErrorStream(true)
            .start();

    assertThat(refused.inputReader().lines())
        .containsExactly("sandbox: sandbox test-sandbox is another user's: run this as root");
    assertThat(refused.waitFor()).isEqualTo(1);
  }

  private static List<String> commandLines() {
    return ProcessHandle.allProcesses()
        .map(process -> process.info().commandLine().orElse(""))
        .toList();
  }

  @Test
  void aPodsNamesAreCheckedAsKubernetesDoes() throws Exception {
    Process refused =
        new ProcessBuilder(
                Cluster.HOME.resolve("bin/sandbox").toString(),
                "--name",
                "test-sandbox",
                "pod",
                "add",
                "Blue_1")
            .redirectErrorStream(true)
            .start();

    assertThat(refused.inputReader().lines())
        .singleElement()
        .asString()
        .startsWith("sandbox: pod name \"Blue_1\" is not a DNS-1123 subdomain: ");
    assertThat(refused.waitFor()).isEqualTo(1);
  }

  @Test
  void theCommandLineFindsIt() throws Exception {
    assertThat(sandbox("status").stdout()).contains("node1     192.168.1.11");
    assertThat(sandbox("node", "node2", "cat", "/proc/sys/net/ipv4/ip_forward").stdout())
        .isEqualTo("1\n");
    ExecResult added = sandbox("pod", "add", "--node", "node2", "cli");
    assertThat(added.stdout()).startsWith("cli 10.244.");
    assertThat(sandbox("pod", "list").stdout()).contains("cli");
    assertThat(sandbox("pod", "exec", "cli", "ip", "route").stdout())
        .contains("default via 10.244.");
    sandbox("pod", "del", "cli");
    assertThat(sandbox("pod", "list").stdout()).doesNotContain("cli");
  }

  private static ExecResult sandbox(String... words) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(Cluster.HOME.resolve("bin/sandbox").toString(), "--name", "test-sandbox"));
    command.addAll(List.of(words));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    String text =
        new String(
            process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
    return new ExecResult(command, process.waitFor(), text, "").orThrow();
  }
}
