// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weft.agent.dataplane.Dataplane;
import dev.weft.agent.dataplane.kernel.KernelDataplane;
import dev.weft.agent.reconcile.ReconcileReport;
import dev.weft.agent.reconcile.Reconciler;
import dev.weft.core.dataplane.HostVeth;
import dev.weft.core.dataplane.Masquerade;
import dev.weft.core.dataplane.NodeState;
import dev.weft.core.net.Cidr;
import dev.weft.core.node.AddressStatus;
import dev.weft.core.node.ClusterView;
import dev.weft.core.node.OwnBlock;
import dev.weft.core.node.Peers;
import dev.weft.core.node.TunnelSettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * The ADD path, and that of every other call: the plugin as a program of its own, the unix socket
 * where it looks for it, the server, and the kernel's dataplane; all in the namespaces of this JVM.
 */
final class AddPath {
  static final int MTU_BYTES = 1500;
  private static final Path SOCKET = Path.of("/run/weft/cni.sock");
  private static final int WORKERS = 8;
  private static final int DELETERS = 16;

  final List<String> events = new CopyOnWriteArrayList<>();
  private final UnaryOperator<Dataplane> decoration;
  private final List<String> pods = new ArrayList<>();
  private final Path plugin;
  private ClusterView view;
  private KernelDataplane kernel;
  private Attachments attachments;
  private Reconciler reconciler;
  private CniServer server;

  AddPath(String... blocks) throws Exception {
    this(UnaryOperator.identity(), blocks);
  }

  /** With the dataplane changed for what the calls see of it. */
  AddPath(UnaryOperator<Dataplane> decoration, String... blocks) throws Exception {
    this.decoration = decoration;
    plugin = buildPlugin();
    Files.createDirectories(SOCKET.getParent());
    Files.writeString(Path.of("/proc/sys/net/ipv4/ip_forward"), "1");
    Files.writeString(Path.of("/proc/sys/net/ipv6/conf/all/forwarding"), "1");
    view(blocks);
    startAgent();
  }

  private static Path buildPlugin() throws Exception {
    Path source = Path.of("src/main/c").toAbsolutePath();
    Path out = Path.of("target/plugin").toAbsolutePath();
    run(List.of("make", "-s", "-C", source.toString(), "OUT=" + out, out + "/weft"), "");
    return out.resolve("weft");
  }

  private void view(String... blocks) {
    List<OwnBlock> own =
        Stream.of(blocks).map(block -> OwnBlock.of(Cidr.parse(block), List.of())).toList();
    view =
        new ClusterView(
            true,
            own,
            new Peers(List.of(), Set.of(), false),
            Optional.of(Masquerade.NONE),
            List.of());
  }

  /** Changes the node's blocks. */
  void setBlocks(String... blocks) throws Exception {
    view(blocks);
    reconcile();
  }

  /** An agent begins: what it knows of pods it reads from the kernel. */
  void startAgent() throws Exception {
    prepareAgent();
    serve();
  }

  /** An agent begins and does not serve yet. */
  void prepareAgent() throws Exception {
    kernel = KernelDataplane.open(DELETERS);
    attachments = new Attachments();
    reconciler = new Reconciler(() -> view, kernel, attachments, TunnelSettings.DEFAULT);
    reconcile();
  }

  /** The agent serves calls. */
  void serve() throws Exception {
    CniNode node =
        new CniNode(attachments, decoration.apply(kernel), Optional::empty, () -> MTU_BYTES);
    CniService service =
        new CniService(
            node,
            (pod, uid, reason, message) -> events.add(pod + " " + reason),
            new CniMetrics(attachments));
    server = CniServer.start(SOCKET, WORKERS, service, 0);
  }

  /** The agent ends; what it made stays. */
  void stopAgent() {
    server.close();
    kernel.close();
  }

  /** Has the kernel's changes told, as the loop is woken by them. */
  void onChange(Runnable listener) {
    kernel.onChange(listener);
  }

  /** Runs a program. */
  void run(String command) throws Exception {
    Outcome outcome = run(List.of(command.split(" ")), "");
    assertThat(outcome.succeeded()).as(command + ": " + outcome.output()).isTrue();
  }

  /** Runs the loop once. */
  ReconcileReport reconcile() throws Exception {
    return reconciler.reconcileOnce();
  }

  /** What of the node's network is ours. */
  NodeState state() throws Exception {
    return kernel.read();
  }

  /** Addresses that are not free. */
  Map<String, AddressStatus> inUse() {
    Map<String, AddressStatus> inUse = new TreeMap<>();
    for (AddressRow row : attachments.addresses()) {
      if (row.status() != AddressStatus.FREE) {
        inUse.put(row.address().toString(), row.status());
      }
    }
    return inUse;
  }

  Attachments attachments() {
    return attachments;
  }

  /** A pod's namespace. */
  void newPod(String name) throws Exception {
    ip("netns add " + name);
    pods.add(name);
  }

  void endPod(String name) throws Exception {
    pods.remove(name);
    ip("netns del " + name);
  }

  String ip(String arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("ip"));
    command.addAll(List.of(arguments.split(" ")));
    Outcome outcome = run(command, "");
    if (outcome.exitCode() != 0) {
      throw new IOException(command + ": " + outcome.output());
    }
    return outcome.output();
  }

  /** {@code ip} in a pod. */
  String ipIn(String pod, String arguments) throws Exception {
    return ip("-n " + pod + " " + arguments);
  }

  /** A command in a pod's network; whether it succeeds. */
  Outcome in(String pod, String command) throws Exception {
    List<String> words = new ArrayList<>(List.of("ip", "netns", "exec", pod));
    words.addAll(List.of(command.split(" ")));
    return run(words, "");
  }

  /** A command in the node's network; whether it succeeds. */
  Outcome onNode(String command) throws Exception {
    return run(List.of(command.split(" ")), "");
  }

  Call add(String pod) {
    return call("ADD", pod);
  }

  Call del(String pod) {
    return call("DEL", pod);
  }

  /** A CHECK of what an ADD answered. */
  Call check(String pod, JsonNode result) {
    return call("CHECK", pod)
        .version(result.path("cniVersion").asText())
        .with("\"prevResult\":" + result);
  }

  /** A call for a pod whose container id is its name. */
  Call call(String verb, String pod) {
    return call(verb)
        .env("CNI_CONTAINERID", pod)
        .env("CNI_NETNS", "/run/netns/" + pod)
        .env("CNI_IFNAME", "eth0");
  }

  Call call(String verb) {
    return new Call(verb);
  }

  /** Takes everything from the namespace again. */
  void close() throws Exception {
    server.close();
    for (String pod : List.copyOf(pods)) {
      endPod(pod);
    }
    for (HostVeth hostVeth : kernel.read().of(HostVeth.KIND)) {
      run(List.of("ip", "link", "del", hostVeth.name()), "");
    }
    attachments.adopt(List.of());
    view =
        new ClusterView(
            true, List.of(), new Peers(List.of(), Set.of(), false), view.masquerade(), List.of());
    reconcile();
    kernel.close();
  }

  private static Outcome run(List<String> command, String input) throws Exception {
    return Outcome.of(new ProcessBuilder(command).redirectErrorStream(true).start(), input);
  }

  /** What a program did: its exit code, and what it printed. */
  record Outcome(int exitCode, String output) {
    private static Outcome of(Process process, String input) throws Exception {
      try {
        process.getOutputStream().write(input.getBytes(StandardCharsets.UTF_8));
        process.getOutputStream().close();
      } catch (IOException e) {
        // It did not want to read all: what it prints says why.
        assertThat(process.isAlive() || process.exitValue() != 0).isTrue();
      }
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return new Outcome(process.waitFor(), output);
    }

    boolean succeeded() {
      return exitCode == 0;
    }

    JsonNode json() throws IOException {
      return Json.read(output.getBytes(StandardCharsets.UTF_8));
    }

    /** The code of the error object, 0 for success. */
    int code() throws IOException {
      return exitCode == 0 ? 0 : json().path("code").asInt(-1);
    }

    List<String> addresses() throws IOException {
      return CniWorld.addressesOf(json());
    }
  }

  /** A call to be made with the plugin. */
  final class Call extends CallBuilder<Call> {
    private Call(String verb) {
      super(verb);
      env("CNI_PATH", plugin.getParent().toString());
    }

    @Override
    Call self() {
      return this;
    }

    /** Starts the plugin and feeds it. */
    Process start() throws IOException {
      Process process = startUnfed();
      process.getOutputStream().write(input().getBytes(StandardCharsets.UTF_8));
      process.getOutputStream().close();
      return process;
    }

    Outcome make() throws Exception {
      return Outcome.of(startUnfed(), input());
    }

    private Process startUnfed() throws IOException {
      ProcessBuilder builder = new ProcessBuilder(plugin.toString());
      builder.environment().clear();
      builder.environment().putAll(environment());
      return builder.start();
    }
  }
}
