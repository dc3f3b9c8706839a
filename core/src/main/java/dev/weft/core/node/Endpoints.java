// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import dev.weft.core.net.CidrSet;
import dev.weft.core.net.IpAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What is wrong with what nodes' agents report of themselves, as far as every node and the operator
 * find the same: each node's own addresses and routes are another matter. Each node's endpoint is
 * added before the first question.
 */
public final class Endpoints {
  /** How many of the nodes that share an address are named: the others see the same. */
  private static final int NAMES_SHOWN = 10;

  private final CidrSet blocks;

  /** The node that reports an address: of clones of one machine one. */
  private final Map<IpAddress, String> nodes = new HashMap<>();

  /** The addresses that several nodes report, and which. */
  private final Map<IpAddress, Set<String>> shared = new HashMap<>();

  /**
   * None yet.
   *
   * @param blocks every node's: a pool may hold nodes' addresses, and no block does
   */
  public Endpoints(CidrSet blocks) {
    this.blocks = blocks;
  }

  /** Adds what a node reports. */
  public void add(String node, Endpoint endpoint) {
    endpoint.addresses().forEach(address -> add(node, address));
  }

  private void add(String node, IpAddress address) {
    String before = nodes.putIfAbsent(address, node);
    if (before != null && !before.equals(node)) {
      shared.computeIfAbsent(address, any -> new TreeSet<>(Set.of(before))).add(node);
    }
  }

  /** Why nothing may be sent to an endpoint; empty where nothing is in the way. */
  public Optional<Blocker> refused(Endpoint endpoint) {
    if (endpoint.refusal().isPresent()) {
      return endpoint
          .refusal()
          .map(why -> new Blocker(Blocker.ENDPOINT_REFUSED, "its endpoint is refused: " + why));
    }
    for (IpAddress address : endpoint.addresses()) {
      if (blocks.holds(address)) {
        return Optional.of(
            new Blocker(
                Blocker.ENDPOINT_REFUSED,
                "its endpoint %s is an address of a block, and so a pod's".formatted(address)));
      }
    }
    return Optional.empty();
  }

  /**
   * Why an endpoint is not used as it is reported, though it is used: it has no tunnel, or what is
   * sent there may come to another node. Empty where nothing is wrong.
   */
  public Optional<Blocker> warning(Endpoint endpoint) {
    return tunnelRefused(endpoint).or(() -> shared(endpoint));
  }

  /** Why no tunnel leads to an endpoint that reports one; empty where one may. */
  static Optional<Blocker> tunnelRefused(Endpoint endpoint) {
    return endpoint
        .tunnelRefusal()
        .map(
            why ->
                new Blocker(
                    Blocker.TUNNEL_REFUSED, "the tunnel of its endpoint is refused: " + why));
  }

  /** Why what is sent to an endpoint may come to another node; empty where it cannot. */
  public Optional<Blocker> shared(Endpoint endpoint) {
    if (shared.isEmpty()) {
      return Optional.empty();
    }
    return endpoint.addresses().stream()
        .filter(shared::containsKey)
        .findFirst()
        .map(
            address ->
                new Blocker(
                    Blocker.ENDPOINT_SHARED,
                    "address %s is reported by nodes %s: one machine has it, and pods of the others are not reached"
                        .formatted(address, names(shared.get(address)))));
  }

  /** Without a count, which each further node would change in the text of all the others. */
  private static String names(Set<String> nodes) {
    String shown = nodes.stream().limit(NAMES_SHOWN).collect(Collectors.joining(", "));
    return nodes.size() <= NAMES_SHOWN ? shown : shown + " and others";
  }
}
