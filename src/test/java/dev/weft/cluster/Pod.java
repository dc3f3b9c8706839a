// SPDX-License-Identifier: Apache-2.0
package dev.weft.cluster;

import java.util.List;

/**
 * A pod of the tests.
 *
 * @param name its name
 * @param node the node it runs on
 * @param addresses its addresses, the cluster's first family first; none while it has none
 */
record Pod(String name, String node, List<String> addresses) {
  /** The address of the cluster's first family; empty while it has none. */
  String address() {
    return addresses.isEmpty() ? "" : addresses.get(0);
  }

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
    return sh(
        "curl -sS --fail --max-time 10 http://%s:%d/%s".formatted(Cluster.host(host), port, path));
  }
}
