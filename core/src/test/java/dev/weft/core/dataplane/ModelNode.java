// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.dataplane;

import dev.weft.core.net.Family;
import dev.weft.core.net.InterfaceAddress;
import dev.weft.core.net.IpAddress;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A node's network that obeys the kernel's rules and refuses what the kernel would refuse. */
final class ModelNode {
  private Optional<Bridge> bridge;
  private final Map<String, Port> ports;
  private final Set<Route> routes;
  private final Set<Neighbour> neighbours;
  private final Set<AntiSpoofEntry> antiSpoof;
  private final Set<HostPort> hostPorts;
  private final Set<IpAddress> nodeAddresses;
  private Optional<Rules> rules;

  ModelNode(NodeState state) {
    bridge = state.bridge();
    ports = new HashMap<>(state.ports());
    routes = new HashSet<>(state.routes());
    neighbours = new HashSet<>(state.neighbours());
    antiSpoof = new HashSet<>(state.antiSpoof());
    hostPorts = new HashSet<>(state.hostPorts());
    nodeAddresses = new HashSet<>(state.nodeAddresses());
    rules = state.rules();
  }

  NodeState state() {
    return new NodeState(
        bridge, ports, routes, neighbours, antiSpoof, hostPorts, nodeAddresses, rules);
  }

  void apply(List<DataplaneChange> changes) {
    changes.forEach(this::apply);
  }

  private void apply(DataplaneChange change) {
    if (change instanceof DataplaneChange.EnsureBridge step) {
      ensureBridge(step.bridge());
    } else if (change instanceof DataplaneChange.RemoveBridge) {
      removeBridge();
    } else if (change instanceof DataplaneChange.AddGateway step) {
      addGateway(step.gateway());
    } else if (change instanceof DataplaneChange.RemoveGateway step) {
      Set<InterfaceAddress> gateways = new HashSet<>(bridge.orElseThrow().gateways());
      gateways.remove(step.gateway());
      setGateways(gateways);
    } else if (change instanceof DataplaneChange.ReplaceRules step) {
      rules = Optional.of(step.rules());
      nodeAddresses.addAll(step.nodeAddresses());
    } else if (change instanceof DataplaneChange.ChangeNodeAddresses step) {
      refuseIf(rules.isEmpty(), change);
      nodeAddresses.addAll(step.added());
      nodeAddresses.removeAll(step.removed());
    } else if (change instanceof DataplaneChange.RemoveRules) {
      rules = Optional.empty();
      antiSpoof.clear();
      hostPorts.clear();
      nodeAddresses.clear();
    } else {
      applyToMember(change);
    }
  }

  private void applyToMember(DataplaneChange change) {
    if (change instanceof DataplaneChange.RepairPort step) {
      refuseIf(bridge.isEmpty() || !ports.containsKey(step.port().name()), change);
      ports.put(step.port().name(), step.port());
    } else if (change instanceof DataplaneChange.RemovePort step) {
      ports.remove(step.name());
    } else if (change instanceof DataplaneChange.AddRoute step) {
      Route route = step.route();
      refuseIf(routes.stream().anyMatch(r -> sameDestination(r, route)), change);
      refuseIf(route.device().equals(Bridge.NAME) && !bridgeIsUp(), change);
      routes.add(route);
    } else if (change instanceof DataplaneChange.RemoveRoute step) {
      routes.remove(step.route());
    } else if (change instanceof DataplaneChange.AddNeighbour step) {
      refuseIf(!bridgeIsUp(), change);
      neighbours.removeIf(n -> n.address().equals(step.neighbour().address()));
      neighbours.add(step.neighbour());
    } else if (change instanceof DataplaneChange.RemoveNeighbour step) {
      neighbours.remove(step.neighbour());
    } else if (change instanceof DataplaneChange.AddAntiSpoofEntry step) {
      refuseIf(rules.isEmpty(), change);
      antiSpoof.add(step.entry());
    } else if (change instanceof DataplaneChange.RemoveAntiSpoofEntry step) {
      antiSpoof.remove(step.entry());
    } else if (change instanceof DataplaneChange.AddHostPort step) {
      refuseIf(rules.isEmpty(), change);
      removeHostPort(step.hostPort());
      hostPorts.add(step.hostPort());
    } else if (change instanceof DataplaneChange.RemoveHostPort step) {
      removeHostPort(step.hostPort());
    }
  }

  /** Wherever it leads. */
  private void removeHostPort(HostPort hostPort) {
    hostPorts.removeIf(other -> other.listening().equals(hostPort.listening()));
  }

  private void ensureBridge(Bridge wanted) {
    if (bridge.isPresent() && !bridge.get().mac().equals(wanted.mac())) {
      neighbours.clear();
    }
    Set<InterfaceAddress> gateways = bridge.map(Bridge::gateways).orElse(Set.of());
    bridge = Optional.of(new Bridge(wanted.mac(), wanted.mtuBytes(), wanted.up(), gateways));
  }

  private void removeBridge() {
    bridge = Optional.empty();
    neighbours.clear();
    routes.removeIf(route -> route.device().equals(Bridge.NAME));
    ports.replaceAll((name, port) -> new Port(name, port.attachment(), false, port.mtuBytes()));
  }

  private void addGateway(InterfaceAddress gateway) {
    Set<InterfaceAddress> gateways = new HashSet<>(bridge.orElseThrow().gateways());
    boolean taken =
        gateway.address().family() == Family.IPV6
            && gateways.stream().anyMatch(g -> g.address().equals(gateway.address()));
    refuseIf(taken, new DataplaneChange.AddGateway(gateway));
    gateways.add(gateway);
    setGateways(gateways);
  }

  private void setGateways(Set<InterfaceAddress> gateways) {
    Bridge is = bridge.orElseThrow();
    bridge = Optional.of(new Bridge(is.mac(), is.mtuBytes(), is.up(), gateways));
  }

  private boolean bridgeIsUp() {
    return bridge.map(Bridge::up).orElse(false);
  }

  private static boolean sameDestination(Route one, Route other) {
    return one.destination().equals(other.destination());
  }

  private static void refuseIf(boolean refused, DataplaneChange change) {
    if (refused) {
      throw new IllegalStateException("the kernel refuses: " + change.describe());
    }
  }
}
