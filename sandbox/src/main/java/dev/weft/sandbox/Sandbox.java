// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * A whole cluster on this machine, everything in network namespaces of its own: an API server, the
 * operator, and nodes with an agent each. Sandboxes of different names do not disturb each other.
 *
 * <p>This is the handle on one; closing it takes the sandbox down. Thread-safe.
 */
public final class Sandbox implements AutoCloseable {
  /** A condition may cost a process, and what is waited for needs the processor too. */
  private static final long POLL_MILLIS = 100;

  private static final Duration START = Duration.ofSeconds(120);

  private final String name;
  private final StateDir state;

  /** Leads from this machine's loopback to the API server; made at first use. */
  private Relay relay;

  private KubernetesClient client;
  private ApiClient api;

  /** Of this process; null where it was started by another one. */
  private Process daemon;

  /** A sandbox whose starter is interrupted would else stay up half made. */
  private final Thread ender = new Thread(this::close, "end-sandbox");

  private Sandbox(String name) {
    this.name = name;
    this.state = StateDir.of(name);
  }

  /** Starts a sandbox as {@link #up(SandboxOptions, Consumer)} does, without notice of progress. */
  public static Sandbox up(SandboxOptions options) {
    return up(options, line -> {});
  }

  /**
   * Starts a sandbox and waits until it works: with pools, until every node can allocate addresses.
   * It ends with this process, unless it is detached from.
   *
   * @param progress gets a line for each reason why it is not ready yet
   * @throws SandboxException when something is missing, or does not come up; nothing runs then, and
   *     the logs are kept
   */
  public static Sandbox up(SandboxOptions options, Consumer<String> progress) {
    Checkout checkout = Checkout.find();
    checkout.require();
    Sandbox sandbox = new Sandbox(options.name());
    try {
      sandbox.start(options, checkout);
      sandbox.awaitDaemon();
      if (!options.pools().isEmpty()) {
        sandbox.awaitNodesReady(progress);
      }
      return sandbox;
    } catch (RuntimeException e) {
      String logs =
          sandbox.daemon == null ? "" : "\nlogs are kept in " + sandbox.closeKeepingLogs();
      throw new SandboxException(e.getMessage() + logs, e);
    }
  }

  /**
   * The handle on a sandbox that is up.
   *
   * @throws SandboxException when there is none of that name
   */
  public static Sandbox attach(String name) {
    Sandbox sandbox = new Sandbox(name);
    if (!sandbox.state.exists()) {
      throw new SandboxException(
          "there is no sandbox " + name + "; start it with: " + Invocation.of(name, "up"));
    }
    return sandbox;
  }

  /** Whether there is a sandbox of a name, also one whose daemon died. */
  static boolean exists(String name) {
    return StateDir.of(name).exists();
  }

  /** Never in the middle of a {@link #close}, which would miss the daemon. */
  private synchronized void start(SandboxOptions options, Checkout checkout) {
    if (!state.create()) {
      throw new SandboxException(
          "there is a sandbox " + name + " already; end it with: " + Invocation.of(name, "down"));
    }
    Runtime.getRuntime().addShutdownHook(ender);
    List<String> command = new ArrayList<>(List.of("setsid", "unshare", "--net", "--"));
    // A JVM that starts where no link is up takes IPv6 for missing, for ever.
    command.addAll(List.of("/bin/sh", "-c", "ip link set lo up && exec \"$@\"", "sh"));
    command.add(checkout.program("sandbox"));
    command.addAll(List.of("--name=" + name, "daemon"));
    command.addAll(DaemonCommand.arguments(options));
    try {
      daemon =
          Commands.builder(command)
              .redirectErrorStream(true)
              .redirectInput(new File("/dev/null"))
              .redirectOutput(state.log("sandbox").toFile())
              .start();
    } catch (IOException e) {
      throw new SandboxException("start the sandbox's daemon: " + e.getMessage(), e);
    }
    OwnProcess.record(state.processes().resolve("daemon"), daemon.pid());
  }

  private void awaitDaemon() {
    await(
        "the sandbox's daemon to come up",
        () -> {
          if (!daemon.isAlive()) {
            throw new SandboxException("the sandbox's daemon ended:" + lastWordsOf("sandbox"));
          }
          return Files.exists(state.controlSocket());
        });
  }

  private String lastWordsOf(String program) {
    try {
      List<String> lines = Files.readAllLines(state.log(program));
      return "\n" + String.join("\n", lines.subList(Math.max(0, lines.size() - 20), lines.size()));
    } catch (IOException e) {
      return "";
    }
  }

  /** Its name. */
  public String name() {
    return name;
  }

  /** The nodes that there are, in order of their names. */
  public List<SandboxNode> nodes() {
    return state.nodes().stream().map(this::node).toList();
  }

  /** A node by its name, {@code node1}. */
  public SandboxNode node(String nodeName) {
    if (!Files.exists(state.enter(nodeName))) {
      throw new SandboxException("there is no node " + nodeName + "; there are " + state.nodes());
    }
    return new SandboxNode(nodeName, this, state);
  }

  /** Starts one more machine and registers it. */
  public SandboxNode addNode(String nodeName) {
    request("node-add", nodeName);
    return node(nodeName);
  }

  /** Cuts a machine's power and deletes its Node object. */
  public void removeNode(String nodeName) {
    request("node-remove", nodeName);
  }

  /** Creates the Node object of a running machine again, as its kubelet would: with a new UID. */
  public void registerNode(String nodeName) {
    request("node-register", nodeName);
  }

  /**
   * Starts a pod: records it, makes its namespace, runs the node's CNI plugins.
   *
   * @throws SandboxException when a plugin refuses; the pod is removed again
   */
  public SandboxPod addPod(String nodeName, String namespace, String podName) {
    return node(nodeName).addPod(namespace, podName);
  }

  /** All pods that are recorded, in order of namespace and name. */
  public List<SandboxPod> pods() {
    List<SandboxPod> pods = new ArrayList<>();
    for (JsonNode pod : api().get("/api/v1/pods").path("items")) {
      pods.add(SandboxPod.of(pod));
    }
    return pods;
  }

  /** One pod, by its name. */
  public Optional<SandboxPod> pod(String namespace, String podName) {
    return pods().stream()
        .filter(pod -> pod.namespace().equals(namespace) && pod.name().equals(podName))
        .findFirst();
  }

  /** Runs a command on the LAN's own host, 192.168.1.10, which is no node. */
  public ExecResult exec(String... command) {
    List<String> line = new ArrayList<>(lanCommand());
    line.addAll(List.of(command));
    return Commands.run(line);
  }

  /** What to put before a command so that it runs on the LAN's own host. */
  List<String> lanCommand() {
    long pid =
        OwnProcess.read(state.processes().resolve("daemon"))
            .filter(OwnProcess::isAlive)
            .orElseThrow(() -> new SandboxException("sandbox " + name + " is not running"))
            .pid();
    return List.of("nsenter", "--net=/proc/" + pid + "/ns/net", "--");
  }

  /** The command line that runs the machine's kubectl on this sandbox. */
  List<String> kubectlCommand(List<String> arguments) {
    List<String> line = new ArrayList<>(lanCommand());
    line.addAll(List.of("kubectl", "--kubeconfig", state.kubeconfig().toString()));
    line.addAll(List.of("--cache-dir", state.root().resolve("kubectl").toString()));
    line.addAll(arguments);
    return line;
  }

  /**
   * What {@code kubectl get} shows of a kind of ours; where there is no kubectl, the same through
   * the API's Table form.
   */
  public String get(String plural) {
    return Checkout.isOnPath("kubectl")
        ? Commands.run(kubectlCommand(List.of("get", plural))).orThrow().stdout()
        : table(plural);
  }

  /** The same with {@code -o wide}. */
  public String getWide(String plural) {
    return Checkout.isOnPath("kubectl")
        ? Commands.run(kubectlCommand(List.of("get", plural, "-o", "wide"))).orThrow().stdout()
        : table(plural, true);
  }

  /**
   * A kind of ours as kubectl shows it, through the API's Table form: no kubectl is needed.
   *
   * @param plural {@code ippools} or {@code ipallocations}
   */
  public String table(String plural) {
    return table(plural, false);
  }

  private String table(String plural, boolean wide) {
    return TextTable.render(api().table("/apis/weft.dev/v1alpha1/" + plural), wide);
  }

  /** Applies a file of IPPools. */
  public void applyPools(Path file) {
    Pools.apply(api(), file);
  }

  /**
   * Waits until every node can allocate addresses, and reaches every other node's.
   *
   * @throws SandboxException when an agent or the operator ends, no pool can serve the nodes, or it
   *     takes more than two minutes
   */
  public void awaitNodesReady() {
    awaitNodesReady(line -> {});
  }

  private void awaitNodesReady(Consumer<String> progress) {
    ReadinessWatch watch = new ReadinessWatch(this, progress);
    for (String node : state.nodes()) {
      Path conflist = state.cniConfiguration(node).resolve("10-weft.conflist");
      watch.await(
          node + " to serve CNI",
          () -> {
            requireAlive("operator");
            requireAlive("agent-" + node);
            return Files.exists(conflist);
          });
    }
    for (String node : state.nodes()) {
      watch.await(
          node + " to have a route for every block", () -> routes(node).containsAll(blocks()));
    }
  }

  private Set<String> blocks() {
    Set<String> blocks = new HashSet<>();
    for (JsonNode item : api().get("/apis/weft.dev/v1alpha1/ipallocations").path("items")) {
      blocks.add(item.at("/spec/cidr").asText());
    }
    return blocks;
  }

  private Set<String> routes(String node) {
    Set<String> routes = new HashSet<>();
    for (String family : List.of("-4", "-6")) {
      String list = node(node).exec("ip", family, "route", "show", "proto", "87").stdout();
      routes.addAll(List.of(list.split("\\s+")));
    }
    return routes;
  }

  private void requireAlive(String program) {
    if (OwnProcess.read(state.processes().resolve(program)).filter(OwnProcess::isAlive).isEmpty()) {
      throw new SandboxException(program + " ended:" + lastWordsOf(program));
    }
  }

  /** Stops the API server, cutting every connection; its objects are kept. */
  public void stopApi() {
    request("api", "stop");
  }

  /** Starts the API server again. */
  public void startApi() {
    request("api", "start");
  }

  /** Ends the operator with SIGKILL. */
  public void killOperator() {
    request("operator", "kill");
  }

  /** Starts the operator again. */
  public void startOperator() {
    request("operator", "start");
  }

  /** What runs, for a user to read. */
  public String status() {
    return request("status");
  }

  /** The log file of a program: {@code operator}, {@code agent-node1}, {@code sandbox}. */
  public Path log(String program) {
    return state.log(program);
  }

  String request(String... words) {
    return Control.request(name, state.controlSocket(), words);
  }

  /** A Kubernetes client of the sandbox's API server; closed with the sandbox. */
  public synchronized KubernetesClient client() {
    if (client == null) {
      ApiAccess access = access();
      Config config =
          new ConfigBuilder(Config.empty())
              .withMasterUrl(access.url())
              .withOauthToken(access.token().orElse(null))
              .withCaCertFile(access.certificate().map(Path::toString).orElse(null))
              .withNamespace("default")
              .withRequestRetryBackoffLimit(1)
              .build();
      client = new KubernetesClientBuilder().withConfig(config).build();
    }
    return client;
  }

  synchronized ApiClient api() {
    if (api == null) {
      api = new ApiClient(access());
    }
    return api;
  }

  private synchronized ApiAccess access() {
    try {
      if (relay == null) {
        ServerSocketChannel listener = ServerSocketChannel.open();
        listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        relay = new Relay(listener, UnixDomainSocketAddress.of(state.apiSocket()));
      }
      return ApiAccess.byLoopback(state, ((InetSocketAddress) relay.address()).getPort());
    } catch (IOException e) {
      throw new SandboxException("reach the sandbox's API server: " + e.getMessage(), e);
    }
  }

  /** Waits for a condition of the sandbox, at most two. */
  static void await(String what, BooleanSupplier condition) {
    long end = System.nanoTime() + START.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) {
        throw new SandboxTimeout(START, what);
      }
      try {
        Thread.sleep(POLL_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new SandboxException("interrupted while waiting for " + what, e);
      }
    }
  }

  /** Takes the sandbox down: ends every process it started, also after its daemon's death. */
  @Override
  public synchronized void close() {
    end();
    if (state.exists()) {
      state.remove();
    }
  }

  /**
   * Takes the sandbox down as {@link #close} does, but keeps what its programs logged.
   *
   * @return the directory of the logs; it is removed when a sandbox of this name is started again
   */
  public synchronized Path closeKeepingLogs() {
    end();
    state.removeAllButLogs();
    return state.logs();
  }

  private void end() {
    detach();
    if (!state.exists()) {
      return;
    }
    try {
      request("down");
    } catch (SandboxException e) {
      // The daemon is gone, or hangs: its processes are ended below.
    }
    endProcesses();
  }

  /** Closes this handle and leaves the sandbox up, also after the end of this process. */
  public synchronized void detach() {
    try {
      Runtime.getRuntime().removeShutdownHook(ender);
    } catch (IllegalStateException e) {
      // This process is ending, and the sandbox with it.
    }
    try {
      if (client != null) {
        client.close();
      }
      if (relay != null) {
        relay.close();
      }
    } catch (IOException e) {
      throw new SandboxException("close the relay to the API server: " + e.getMessage(), e);
    }
    client = null;
    api = null;
    relay = null;
  }

  private void endProcesses() {
    if (!Files.isDirectory(state.processes())) {
      return;
    }
    // First the one that would start the others again, and what it has just started.
    OwnProcess.read(state.processes().resolve("daemon")).ifPresent(OwnProcess::endSession);
    try (var files = Files.list(state.processes())) {
      for (Path file : files.toList()) {
        OwnProcess.read(file).ifPresent(process -> process.end(true));
      }
    } catch (IOException e) {
      throw new SandboxException("end the processes of sandbox " + name + ": " + e.getMessage(), e);
    }
  }
}
