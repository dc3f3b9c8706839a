// SPDX-License-Identifier: Apache-2.0
package dev.weft.cluster;

import static dev.weft.cluster.Cluster.kubectl;

import java.util.List;

/**
 * A node of the cluster, seen through the tests' shell on it.
 *
 * @param name its name
 */
record Node(String name) {
  /** Every node. */
  static List<Node> all() {
    return Cluster.nodes().stream().map(Node::new).toList();
  }

  /** The last one by name: no control plane runs there. */
  static Node last() {
    List<Node> all = all();
    return all.get(all.size() - 1);
  }

  /** Runs a shell command in its network and among its processes, its files in /host. */
  String sh(String command) {
    return Cluster.onNode(name, command);
  }

  /** The same, for a command that may fail. */
  Command shell(String command) {
    return Cluster.nodeCommand(name, command);
  }

  /** Its addresses, of every family it has. */
  List<String> addresses() {
    return Cluster.words(
        kubectl(
            "get",
            "node",
            name,
            "-o",
            "jsonpath={.status.addresses[?(@.type==\"InternalIP\")].address}"));
  }

  /** Ports of pods that it has. */
  long ports() {
    return sh("ip -o link show type veth").lines().filter(line -> line.contains(" wf")).count();
  }

  /** How many addresses each of its blocks has in use, as its allocations tell. */
  List<String> used() {
    return ofAllocations(".status.addresses.used");
  }

  /** Its blocks. */
  List<String> blocks() {
    return ofAllocations(".spec.cidr");
  }

  /** The names of its allocations. */
  List<String> blockNames() {
    return ofAllocations(".metadata.name");
  }

  /** Ends a program of Weft without a warning; nothing where it does not run. */
  void kill(String program) {
    String process = process(program);
    if (!process.isEmpty()) {
      sh("kill -9 " + process);
    }
  }

  /** How many network namespaces its container runtime holds: one a pod, but none for host pods. */
  long namespaces() {
    return sh("ls /host/run/netns").lines().filter(line -> line.startsWith("cni-")).count();
  }

  /** Ends the container runtime without a warning. */
  void killRuntime() {
    // The shell's connection goes through it, so what the command says does not count.
    Cluster.nodeCommand(
        name,
        "for p in /proc/[0-9]*; do [ \"$(cat $p/comm)\" = containerd ] && kill -9 ${p#/proc/}; done");
  }

  /** Removes the namespaces in which no process is: a runtime that died has forgotten them. */
  void removeForgottenNamespaces() {
    sh(
        "nsenter -t 1 -m sh -c 'for n in /run/netns/cni-*; do i=$(stat -Lc %i $n);"
            + " ls -Li /proc/[0-9]*/ns/net 2>/dev/null | grep -q \"^ *$i \" || { umount $n; rm $n; }; done'");
  }

  /** The process id of a program of Weft; empty where it does not run. */
  String process(String program) {
    return sh(
        "for p in /proc/[0-9]*; do"
            + " tr '\\0' ' ' 2>/dev/null <$p/cmdline | grep -q '^%s @' && basename $p; done; true"
                .formatted(program));
  }

  private List<String> ofAllocations(String path) {
    String items = "jsonpath={.items[?(@.spec.node==\"%s\")]%s}".formatted(name, path);
    return Cluster.words(kubectl("get", "ipallocations", "-o", items));
  }
}
