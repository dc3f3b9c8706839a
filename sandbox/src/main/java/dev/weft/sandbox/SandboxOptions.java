// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox;

import dev.weft.core.net.Family;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What a sandbox is to be like.
 *
 * @param name unique on the machine: lower-case letters, digits and dashes
 * @param nodes how many nodes, 0 to 60
 * @param families which families nodes have addresses of
 * @param gracePeriod how long the operator waits for a node that is gone
 * @param pools files of pools that are there from the start
 * @param api the directory with the etcd and kube-apiserver to run; empty: the embedded API server
 */
public record SandboxOptions(
    String name,
    int nodes,
    Set<Family> families,
    Duration gracePeriod,
    List<Path> pools,
    Optional<Path> api) {
  /** The name of a sandbox that is given none. */
  public static final String DEFAULT_NAME = "weft";

  static final int MAX_NODES = 60;

  /** Checks the bounds. */
  public SandboxOptions {
    if (!name.matches("[a-z0-9]([a-z0-9-]{0,40}[a-z0-9])?")) {
      throw new SandboxException(
          "sandbox name \"" + name + "\": use lower-case letters, digits and dashes, at most 42");
    }
    if (nodes < 0 || nodes > MAX_NODES) {
      throw new SandboxException("a sandbox has 0 to " + MAX_NODES + " nodes, not " + nodes);
    }
    families = Set.copyOf(families);
    pools = List.copyOf(pools);
  }

  /** Three nodes, IPv4, a grace period of 3 s, no pool, the embedded API server. */
  public static SandboxOptions named(String name) {
    return new SandboxOptions(
        name, 3, Set.of(Family.IPV4), Duration.ofSeconds(3), List.of(), Optional.empty());
  }

  /** The same with another number of nodes. */
  public SandboxOptions withNodes(int count) {
    return new SandboxOptions(name, count, families, gracePeriod, pools, api);
  }

  /** The same with other families. */
  public SandboxOptions withFamilies(Set<Family> wanted) {
    return new SandboxOptions(name, nodes, wanted, gracePeriod, pools, api);
  }

  /** The same with another grace period. */
  public SandboxOptions withGracePeriod(Duration period) {
    return new SandboxOptions(name, nodes, families, period, pools, api);
  }

  /** The same with these pools from the start. */
  public SandboxOptions withPools(List<Path> files) {
    return new SandboxOptions(name, nodes, families, gracePeriod, files, api);
  }

  /** The same with the etcd and kube-apiserver of this directory. */
  public SandboxOptions withApi(Path binaries) {
    return new SandboxOptions(name, nodes, families, gracePeriod, pools, Optional.of(binaries));
  }
}
