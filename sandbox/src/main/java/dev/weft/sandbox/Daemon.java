// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weft.sandbox.api.ApiServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The process behind a sandbox: it lives in the sandbox's own network namespace, makes the LAN and
 * the nodes, is the API server, and runs operator and agents.
 */
final class Daemon {
  private static final Logger LOG = LoggerFactory.getLogger(Daemon.class);
  private static final int API_PORT = 6443;

  /** On one machine every agent sees a release at once. */
  private static final Duration RELEASE_HOLD = Duration.ofSeconds(2);

  /** Every agent claims at once, too. */
  private static final Duration SETTLE_TIME = Duration.ofSeconds(5);

  private final SandboxOptions options;
  private final Checkout checkout;
  private final StateDir state;
  private final Lan lan;
  private final Program operator;

  /** Made once the LAN is there. */
  private ControlPlane api;

  /** By name. */
  private final Map<String, Machine> machines = new TreeMap<>();

  Daemon(SandboxOptions options, Checkout checkout) {
    this.options = options;
    this.checkout = checkout;
    this.state = StateDir.of(options.name());
    this.lan = new Lan(options.families());
    this.operator =
        new Program(
            "operator",
            List.of(
                checkout.program("weft-operator"),
                "--kubeconfig=" + state.kubeconfig(),
                "--grace-period=" + options.gracePeriod().toMillis() + "ms",
                "--release-hold=" + RELEASE_HOLD.toMillis() + "ms",
                "--settle-time=" + SETTLE_TIME.toMillis() + "ms"),
            state);
  }

  /** Makes everything, then serves commands until "down". */
  void run() throws IOException {
    OwnProcess.record(state.processes().resolve("daemon"), ProcessHandle.current().pid());
    lan.create();
    InetSocketAddress address =
        new InetSocketAddress(InetAddress.getByName(lan.ownAddress()), API_PORT);
    api =
        options
            .api()
            .<ControlPlane>map(directory -> new RealControlPlane(state, directory, lan, API_PORT))
            .orElseGet(() -> new EmbeddedControlPlane(new ApiServer(address)));
    api.start();
    ApiClient client = client();
    define(client);
    Files.writeString(state.kubeconfig(), api.access().kubeconfig());
    for (int i = 1; i <= options.nodes(); i++) {
      addMachine("node" + i).powerOn();
    }
    // All at once, so that nodes get their blocks in the order of their names.
    for (Machine machine : machines.values()) {
      machine.register(client);
    }
    operator.start();
    machines.values().forEach(machine -> machine.agent().start());
    relayApi(address);
    LOG.info("up: {} nodes, API server {}", options.nodes(), api.access().url());
    Control.serve(state.controlSocket(), this::command);
  }

  private void define(ApiClient client) throws IOException {
    String definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/";
    for (Path file : checkout.definitions()) {
      // ipallocations.weft.dev.yaml holds the definition of that name.
      String name = file.getFileName().toString().replaceAll("\\.yaml$", "");
      client.apply(definitions + name, Files.readString(file));
    }
    ObjectMapper mapper = new ObjectMapper();
    for (String name : List.of("default", "kube-system", "kube-public")) {
      ObjectNode namespace =
          mapper.createObjectNode().put("apiVersion", "v1").put("kind", "Namespace");
      namespace.putObject("metadata").put("name", name);
      namespace.putObject("status").put("phase", "Active");
      client.apply("/api/v1/namespaces/" + name, namespace.toString());
    }
    for (String plural : List.of("ippools", "ipallocations")) {
      Sandbox.await(
          "the API server to serve " + plural,
          () -> client.answers("/apis/weft.dev/v1alpha1/" + plural));
    }
    for (Path pool : options.pools()) {
      Pools.apply(client, pool);
    }
  }

  private ApiClient client() {
    return new ApiClient(api.access());
  }

  private void relayApi(InetSocketAddress address) throws IOException {
    ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    listener.bind(UnixDomainSocketAddress.of(state.apiSocket()));
    new Relay(listener, new InetSocketAddress(InetAddress.getByName(lan.ownAddress()), API_PORT));
  }

  private Machine addMachine(String name) {
    Machine machine = new Machine(name, index(name), lan, state, checkout);
    machines.put(name, machine);
    return machine;
  }

  private static int index(String name) {
    if (name.matches("node[1-9]\\d?")) {
      int index = Integer.parseInt(name.substring("node".length()));
      if (index <= SandboxOptions.MAX_NODES) {
        return index;
      }
    }
    throw new SandboxException(
        "node name " + name + ": nodes are called node1 to node" + SandboxOptions.MAX_NODES);
  }

  private synchronized String command(List<String> words) {
    LOG.info("{}", String.join(" ", words));
    String subject = words.size() > 1 ? words.get(1) : "";
    String name = words.size() > 2 ? words.get(2) : "";
    switch (words.get(0)) {
      case "status" -> {
        return status();
      }
      case "down" -> down();
      case "node-add" -> addNode(subject);
      case "node-register" -> register(machine(subject));
      case "node-remove" -> removeNode(subject);
      case "agent" -> change(machine(name).agent(), subject);
      case "operator" -> change(operator, subject);
      case "api" -> changeApi(subject);
      default -> throw new SandboxException("unknown command " + words);
    }
    return "";
  }

  private void changeApi(String verb) {
    if (verb.equals("start")) {
      api.start();
    } else {
      api.stop();
    }
  }

  private static void change(Program program, String verb) {
    if (verb.equals("start")) {
      program.start();
    } else {
      program.end(verb.equals("kill"));
    }
  }

  private Machine machine(String name) {
    Machine machine = machines.get(name);
    if (machine == null) {
      throw new SandboxException("there is no node " + name + "; there are " + machines.keySet());
    }
    return machine;
  }

  private void addNode(String name) {
    if (machines.containsKey(name)) {
      throw new SandboxException("there is a node " + name + " already");
    }
    Machine machine = addMachine(name);
    machine.powerOn();
    register(machine);
    machine.agent().start();
  }

  private void register(Machine machine) {
    machine.register(client());
  }

  private void removeNode(String name) {
    machine(name).powerOff();
    machines.remove(name);
    ApiClient client = client();
    client.delete("/api/v1/nodes/" + name);
    // As a cluster's garbage collector does, only sooner.
    for (JsonNode pod :
        client.get("/api/v1/pods?fieldSelector=spec.nodeName%3D" + name).path("items")) {
      JsonNode metadata = pod.path("metadata");
      client.delete(
          "/api/v1/namespaces/"
              + metadata.path("namespace").asText()
              + "/pods/"
              + metadata.path("name").asText());
    }
  }

  private String status() {
    StringBuilder text = new StringBuilder();
    text.append("api       ")
        .append(api.access().url())
        .append(options.api().isEmpty() ? " embedded" : " kube-apiserver")
        .append(api.isRunning() ? "" : " (stopped)");
    text.append("\noperator  ").append(operator.status());
    for (Machine machine : machines.values()) {
      text.append("\n").append(String.format("%-9s ", machine.name()));
      text.append(String.join(" ", machine.addresses()));
      text.append("  agent ").append(machine.agent().status());
    }
    return text.toString();
  }

  private void down() {
    machines.values().forEach(Machine::powerOff);
    operator.end(true);
    api.stop();
    // After this answer is out.
    Thread exit = new Thread(() -> System.exit(0), "down");
    exit.setDaemon(true);
    exit.start();
  }
}
