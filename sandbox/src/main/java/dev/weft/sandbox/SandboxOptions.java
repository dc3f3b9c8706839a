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
 * @param topology how nodes are connected
 * @param mtuBytes the longest packet of each node's link, 1280 to 9000
 * @param api the directory with the etcd and kube-apiserver to run; empty: the embedded API server
 */
public record SandboxOptions(
    String name,
    int nodes,
    Set<Family> families,
    Duration gracePeriod,
    List<Path> pools,
    Topology topology,
    int mtuBytes,
    Optional<Path> api) {
  /** The name of a sandbox that is given none. */
  public static final String DEFAULT_NAME = "weft";

  static final int MAX_NODES = 60;
  static final int MTU_BYTES = 1500;

  /** Checks the bounds. */
  public SandboxOptions {
    if (!name.matches("[a-z0-9]([a-z0-9-]{0,40}[a-z0-9])?")) {
      throw new SandboxException(
          "sandbox name \"" + name + "\": use lower-case letters, digits and dashes, at most 42");
    }
    if (nodes < 0 || nodes > MAX_NODES) {
      throw new SandboxException("a sandbox has 0 to " + MAX_NODES + " nodes, not " + nodes);
    }
    if (mtuBytes < 1280 || mtuBytes > 9000) {
      throw new SandboxException("a node's link has an MTU of 1280 to 9000, not " + mtuBytes);
    }
    families = Set.copyOf(families);
    pools = List.copyOf(pools);
  }

  /** The same with nodes connected so. */
  public SandboxOptions withTopology(Topology wanted) {
    return new SandboxOptions(name, nodes, families, gracePeriod, pools, wanted, mtuBytes, api);
  }

  /** The same with links of another MTU. */
  public SandboxOptions withMtu(int bytes) {
    return new SandboxOptions(name, nodes, families, gracePeriod, pools, topology, bytes, api);
  }

  /** Three nodes on one LAN, IPv4, a grace period of 3 s, no pool, the embedded API server. */
  public static SandboxOptions named(String name) {
    return new SandboxOptions(
        name,
        3,
        Set.of(Family.IPV4),
        Duration.ofSeconds(3),
        List.of(),
        Topology.FLAT,
        MTU_BYTES,
        Optional.empty());
  }

  /** The same with another number of nodes. */
  public SandboxOptions withNodes(int count) {
    return new SandboxOptions(name, count, families, gracePeriod, pools, topology, mtuBytes, api);
  }

  /** The same with other families. */
  public SandboxOptions withFamilies(Set<Family> wanted) {
    return new SandboxOptions(name, nodes, wanted, gracePeriod, pools, topology, mtuBytes, api);
  }

  /** The same with another grace period. */
  public SandboxOptions withGracePeriod(Duration period) {
    return new SandboxOptions(name, nodes, families, period, pools, topology, mtuBytes, api);
  }

  /** The same with these pools from the start. */
  public SandboxOptions withPools(List<Path> files) {
    return new SandboxOptions(name, nodes, families, gracePeriod, files, topology, mtuBytes, api);
  }

  /** The same with the etcd and kube-apiserver of this directory. */
  public SandboxOptions withApi(Path binaries) {
    return new SandboxOptions(
        name, nodes, families, gracePeriod, pools, topology, mtuBytes, Optional.of(binaries));
  }
}
