// SPDX-License-Identifier: Apache-2.0
package dev.weft.cluster;

/**
 * A pod of the tests.
 *
 * @param name its name
 * @param node the node it runs on
 * @param address its address; empty while it has none
 */
record Pod(String name, String node, String address) {
  /** Runs a shell command in it. */
  Command exec(String command) {
    return Cluster.tryKubectl("exec", "-n", Cluster.TESTS, name, "--", "sh", "-c", command);
  }

  /** Runs a shell command in it that must succeed; what it writes. */
  String sh(String command) {
    return exec(command).succeeded();
  }

  /** What an agnhost netexec server at an address answers. */
  String get(String host, int port, String path) {
    String name = host.contains(":") ? "[" + host + "]" : host;
    return sh("curl -sS --fail --max-time 10 http://%s:%d/%s".formatted(name, port, path));
  }
}
