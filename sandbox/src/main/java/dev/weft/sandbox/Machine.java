// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * A node as the daemon makes it: a network and a mount namespace, held by one process, in which
 * {@code /run} and the directories of CNI are the node's own.
 */
final class Machine {
  /** Makes the namespaces' insides, prints "ready", and then only holds them. */
  private static final String INIT =
      """
      set -e
      node=$1 state=$2
      ip link set lo up
      mkdir -p /opt/cni/bin /etc/cni/net.d /var/lib/cni
      mount --bind "$node/bin" /opt/cni/bin
      mount --bind "$node/net.d" /etc/cni/net.d
      mount --bind "$node/cni" /var/lib/cni
      files=$(mktemp -d)
      mount --bind "$state" "$files"
      mount -t tmpfs tmpfs /run
      mkdir -p /run/weft /run/netns /run/lock "$state"
      mount --bind "$files" "$state"
      umount "$files"
      rmdir "$files"
      cgroup=$(mktemp -d)
      mount --rbind /sys/fs/cgroup "$cgroup"
      mount -t sysfs sysfs /sys
      mount --rbind "$cgroup" /sys/fs/cgroup
      umount -l "$cgroup"
      rmdir "$cgroup"
      echo 1 >/proc/sys/net/ipv4/ip_forward
      for scope in all default; do
        [ ! -e /proc/sys/net/ipv6/conf/$scope ] || echo 1 >/proc/sys/net/ipv6/conf/$scope/forwarding
      done
      echo ready
      exec sleep infinity
      """;

  private static final String ENTER =
      """
      #!/bin/sh
      # Runs a command in this node, in the directory it was called from where that exists there.
      exec nsenter --net=/proc/%1$d/ns/net --mount=/proc/%1$d/ns/mnt -- \
        /bin/sh -c 'cd "$0" 2>/dev/null; exec "$@"' "$PWD" "$@"
      """;

  private final String name;
  private final int index;
  private final Lan lan;
  private final StateDir state;
  private final Program agent;

  /** Given to the machine once; survives a restart of its processes. */
  private final UUID systemId = UUID.randomUUID();

  private final UUID bootId = UUID.randomUUID();
  private OwnProcess holder;

  /** Of the Node object that was made last. */
  private volatile String nodeUid = "";

  Machine(String name, int index, Lan lan, StateDir state, Checkout checkout) {
    this.name = name;
    this.index = index;
    this.lan = lan;
    this.state = state;
    this.agent = new Program("agent-" + name, () -> agentCommand(checkout), state);
  }

  private List<String> agentCommand(Checkout checkout) {
    return List.of(
        state.enter(name).toString(),
        // No more than its container has in a cluster.
        "setpriv",
        "--bounding-set=-all,+net_admin",
        "--no-new-privs",
        "--",
        checkout.program("weft-agent"),
        "--node-name=" + name,
        // In a cluster it is in the token.
        "--node-uid=" + nodeUid,
        "--kubeconfig=" + state.kubeconfig(),
        "--plugin=" + checkout.plugin());
  }

  String name() {
    return name;
  }

  Program agent() {
    return agent;
  }

  List<String> addresses() {
    return lan.addresses(index);
  }

  /** Makes the namespaces and connects them to the LAN. */
  void powerOn() {
    Path directory = state.node(name);
    try {
      for (String part : List.of("bin", "net.d", "cni")) {
        Files.createDirectories(directory.resolve(part));
      }
      linkReferencePlugins(directory.resolve("bin"));
      holder = hold(directory);
      Path enter = Files.writeString(state.enter(name), ENTER.formatted(holder.pid()));
      Files.setPosixFilePermissions(enter, PosixFilePermissions.fromString("rwxr-xr-x"));
    } catch (IOException e) {
      throw new SandboxException("make node " + name + ": " + e.getMessage(), e);
    }
    lan.connect(name, index, holder.pid());
  }

  /**
   * What the packages of a real node bring; where there are none, pods still get Weft's network.
   */
  private static void linkReferencePlugins(Path bin) throws IOException {
    Path reference = Checkout.referencePlugins();
    if (!Files.isDirectory(reference)) {
      return;
    }
    try (Stream<Path> plugins = Files.list(reference)) {
      for (Path plugin : plugins.filter(Files::isExecutable).toList()) {
        Files.createSymbolicLink(bin.resolve(plugin.getFileName()), plugin);
      }
    }
  }

  private OwnProcess hold(Path directory) throws IOException {
    Process process =
        new ProcessBuilder(
                "unshare",
                "--net",
                "--mount",
                "--propagation",
                // What the machine unmounts goes here too: else a namespace that it deletes lives
                // on.
                "slave",
                "--", //
                "/bin/sh",
                "-c",
                INIT,
                "weft-node",
                directory.toString(),
                state.root().toString())
            .redirectErrorStream(true)
            .start();
    // Its output stays open: a process that holds a namespace prints nothing more.
    BufferedReader output = process.inputReader();
    String line = output.readLine();
    if (!"ready".equals(line)) {
      throw new IOException("its namespaces: " + line);
    }
    return OwnProcess.record(state.processes().resolve("node-" + name), process.pid());
  }

  /** Ends all of the node at once, as a power cut; its directory goes too. */
  void powerOff() {
    agent.end(true);
    if (holder != null) {
      holder.end(true);
    }
    StateDir.remove(state.node(name));
  }

  /** Registers it, as its kubelet would. */
  void register(ApiClient client) {
    nodeUid = client.create("/api/v1/nodes", toObject()).at("/metadata/uid").asText();
  }

  private ObjectNode toObject() {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode node = mapper.createObjectNode().put("apiVersion", "v1").put("kind", "Node");
    ObjectNode metadata = node.putObject("metadata").put("name", name);
    metadata
        .putObject("labels")
        .put("kubernetes.io/hostname", name)
        .put("kubernetes.io/os", "linux");
    node.putObject("spec");
    ObjectNode status = node.putObject("status");
    ArrayNode addresses = status.putArray("addresses");
    addresses().forEach(address -> addresses.add(address("InternalIP", address)));
    addresses.add(address("Hostname", name));
    status
        .putObject("nodeInfo")
        .put("systemUUID", systemId.toString())
        .put("machineID", systemId.toString().replace("-", ""))
        .put("bootID", bootId.toString())
        .put("kernelVersion", System.getProperty("os.version"))
        .put("osImage", "Weft sandbox")
        .put("operatingSystem", "linux")
        .put("architecture", System.getProperty("os.arch"))
        .put("containerRuntimeVersion", "sandbox://1")
        .put("kubeletVersion", "v1.32.0")
        .put("kubeProxyVersion", "");
    status
        .putArray("conditions")
        .addObject()
        .put("type", "Ready")
        .put("status", "True")
        .put("reason", "KubeletReady")
        .put("message", "sandbox node is up");
    return node;
  }

  private static JsonNode address(String type, String address) {
    return new ObjectMapper().createObjectNode().put("type", type).put("address", address);
  }
}
