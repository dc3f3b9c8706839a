// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.dataplane;

import dev.weft.core.net.IpAddress;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What of a node's network is ours: as it should be, or as the kernel says it is.
 *
 * @param bridge the bridge; empty while the node has no block and no pod
 * @param ports host ends by name
 * @param routes routes of our protocol
 * @param neighbours permanent entries on the bridge
 * @param antiSpoof elements of the anti-spoofing filter's sets
 * @param hostPorts ports of the node that lead to pods
 * @param nodeAddresses the node's addresses, by which its host ports are reached
 * @param rules our nftables tables; empty where there are none, {@link Rules#ALTERED} where they
 *     are not as last written
 * @param foreign what somebody else put on the bridge; nothing of it is ever desired
 */
public record NodeState(
    Optional<Bridge> bridge,
    Map<String, Port> ports,
    Set<Route> routes,
    Set<Neighbour> neighbours,
    Set<AntiSpoofEntry> antiSpoof,
    Set<HostPort> hostPorts,
    Set<IpAddress> nodeAddresses,
    Optional<Rules> rules,
    Set<Foreign> foreign) {
  /** A node on which nothing is ours. */
  public static final NodeState EMPTY =
      new NodeState(
          Optional.empty(),
          Map.of(),
          Set.of(),
          Set.of(),
          Set.of(),
          Set.of(),
          Set.of(),
          Optional.empty());

  /** A state with nothing foreign on the bridge. */
  public NodeState(
      Optional<Bridge> bridge,
      Map<String, Port> ports,
      Set<Route> routes,
      Set<Neighbour> neighbours,
      Set<AntiSpoofEntry> antiSpoof,
      Set<HostPort> hostPorts,
      Set<IpAddress> nodeAddresses,
      Optional<Rules> rules) {
    this(bridge, ports, routes, neighbours, antiSpoof, hostPorts, nodeAddresses, rules, Set.of());
  }

  /** Copies every collection. */
  public NodeState {
    ports = Map.copyOf(ports);
    routes = Set.copyOf(routes);
    neighbours = Set.copyOf(neighbours);
    antiSpoof = Set.copyOf(antiSpoof);
    hostPorts = Set.copyOf(hostPorts);
    foreign = Set.copyOf(foreign);
    nodeAddresses = Set.copyOf(nodeAddresses);
  }
}
