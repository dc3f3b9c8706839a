// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane;

import dev.weft.agent.dataplane.DataplaneException.Reason;
import dev.weft.core.dataplane.AntiSpoofEntry;
import dev.weft.core.dataplane.Bridge;
import dev.weft.core.dataplane.DataplaneChange;
import dev.weft.core.dataplane.FactsWanted;
import dev.weft.core.dataplane.HostPort;
import dev.weft.core.dataplane.Neighbour;
import dev.weft.core.dataplane.NodeFacts;
import dev.weft.core.dataplane.NodeState;
import dev.weft.core.dataplane.Port;
import dev.weft.core.dataplane.Route;
import dev.weft.core.dataplane.Rules;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.Family;
import dev.weft.core.net.InterfaceAddress;
import dev.weft.core.net.IpAddress;
import dev.weft.core.node.Attachment;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The dataplane's twin without a kernel. It keeps the kernel's rules: a deleted link takes the
 * pod's end along and leaves its anti-spoofing entries, routes and neighbours; a deleted bridge
 * takes its routes and neighbours along and leaves its ports without a bridge; another MAC, or
 * "down", costs a bridge its neighbours.
 */
public final class InMemoryDataplane implements Dataplane {
  private static final int FIRST_TABLE = 1 << 20;

  private record PodEnd(String ifName, int namespace, AttachRequest request) {}

  private Optional<Bridge> bridge = Optional.empty();
  private final Map<String, Port> ports = new HashMap<>();
  private final Map<String, PodEnd> podEnds = new HashMap<>();
  private final Set<Route> routes = new HashSet<>();
  private final Set<Neighbour> neighbours = new HashSet<>();
  private final Set<AntiSpoofEntry> antiSpoof = new HashSet<>();
  private final Set<HostPort> hostPorts = new HashSet<>();
  private final Set<IpAddress> nodeAddresses = new HashSet<>();
  private Optional<Rules> rules = Optional.empty();
  private final Set<String> foreignLinks = new HashSet<>();
  private final Set<Integer> withoutIpv6 = new HashSet<>();
  private final Map<DataplaneChange, DataplaneException> failures = new HashMap<>();
  private Optional<DataplaneException> attachFailure = Optional.empty();
  private Optional<DataplaneException> detachFailure = Optional.empty();
  private Optional<DataplaneException> readFailure = Optional.empty();
  private NodeFacts facts =
      new NodeFacts(
          List.of(), Set.of(), Map.of(), Set.of(), Set.of(Family.IPV4, Family.IPV6), List.of());
  private final Set<Runnable> listeners = ConcurrentHashMap.newKeySet();

  @Override
  public synchronized NodeState read() throws DataplaneException {
    throwOnce(readFailure, () -> readFailure = Optional.empty());
    return new NodeState(
        bridge, ports, routes, neighbours, antiSpoof, hostPorts, nodeAddresses, rules);
  }

  @Override
  public synchronized NodeFacts facts(FactsWanted wanted) {
    return facts;
  }

  @Override
  public synchronized List<Failure> apply(List<DataplaneChange> changes) {
    List<Failure> failed = new ArrayList<>();
    for (DataplaneChange change : changes) {
      try {
        DataplaneException failure = failures.remove(change);
        if (failure != null) {
          throw failure;
        }
        applyOne(change);
      } catch (DataplaneException e) {
        failed.add(new Failure(change, e));
      }
    }
    return failed;
  }

  @Override
  public Map<Family, Integer> attach(AttachRequest request, PodNamespace pod)
      throws DataplaneException {
    Map<Family, Integer> tables = new EnumMap<>(Family.class);
    synchronized (this) {
      throwOnce(attachFailure, () -> attachFailure = Optional.empty());
      Attachment attachment = request.attachment();
      refuseAttach(attachment, pod);
      String port = attachment.portName();
      ports.put(port, new Port(port, Optional.of(attachment), true, request.mtuBytes()));
      podEnds.values().stream()
          .filter(end -> end.namespace() == pod.namespace())
          .flatMap(end -> end.request().attachment().addresses().stream())
          .forEach(address -> tables.put(address.family(), FIRST_TABLE + podEnds.size()));
      podEnds.put(port, new PodEnd(attachment.key().ifName(), pod.namespace(), request));
      members(attachment, true);
      request.hostPorts().forEach(this::addHostPort);
    }
    tell();
    return tables;
  }

  @Override
  public void detach(Attachment attachment, Set<HostPort> leading, Optional<PodNamespace> pod)
      throws DataplaneException {
    synchronized (this) {
      throwOnce(detachFailure, () -> detachFailure = Optional.empty());
      String port = attachment.portName();
      if (foreignLinks.contains(port)) {
        throw new DataplaneException(
            Reason.FOREIGN_LINK, "delete link " + port + ": it is not ours");
      }
      leading.forEach(this::removeHostPort);
      deletePort(port);
      members(attachment, false);
    }
    tell();
  }

  @Override
  public synchronized boolean hasInterface(String ifName, PodNamespace pod) {
    return podEnds.values().stream()
        .anyMatch(end -> end.ifName().equals(ifName) && end.namespace() == pod.namespace());
  }

  @Override
  public synchronized List<String> check(AttachRequest request, PodNamespace pod) {
    Attachment attachment = request.attachment();
    List<String> differences = new ArrayList<>();
    Port port = ports.get(attachment.portName());
    if (port == null) {
      return List.of("no link " + attachment.portName());
    }
    if (!port.whole()) {
      differences.add("port " + port.name() + " is not as it was made");
    }
    PodEnd end = podEnds.get(port.name());
    if (end.namespace() != pod.namespace() || !end.request().equals(request)) {
      differences.add("the pod's end is not as asked");
    }
    for (AntiSpoofEntry entry : antiSpoofEntries(attachment)) {
      if (!antiSpoof.contains(entry)) {
        differences.add("the anti-spoofing filter does not let " + entry.address() + " pass");
      }
    }
    for (HostPort hostPort : request.hostPorts()) {
      if (!hostPorts.contains(hostPort)) {
        differences.add("the node does not lead host port " + hostPort);
      }
    }
    return differences;
  }

  @Override
  public Map<DropReason, Long> dropped() throws DataplaneException {
    return Map.of();
  }

  @Override
  public void onChange(Runnable listener) {
    listeners.add(listener);
  }

  @Override
  public void close() {
    listeners.clear();
  }

  /** The next time this very change is applied, it fails. */
  public synchronized void failNext(DataplaneChange change, DataplaneException error) {
    failures.put(change, error);
  }

  /** The next attach fails. */
  public synchronized void failNextAttach(DataplaneException error) {
    attachFailure = Optional.of(error);
  }

  /** The next detach fails. */
  public synchronized void failNextDetach(DataplaneException error) {
    detachFailure = Optional.of(error);
  }

  /** The next read fails. */
  public synchronized void failNextRead(DataplaneException error) {
    readFailure = Optional.of(error);
  }

  /** What {@link #facts} answers from now on. */
  public synchronized void setFacts(NodeFacts newFacts) {
    facts = newFacts;
  }

  /** Makes changes as if somebody else had, and tells the listener. */
  public void drift(DataplaneChange... changes) {
    synchronized (this) {
      try {
        for (DataplaneChange change : changes) {
          applyOne(change);
        }
      } catch (DataplaneException e) {
        throw new IllegalArgumentException(e);
      }
    }
    tell();
  }

  /** Somebody takes a port off the bridge. */
  public void detachPort(String name) {
    synchronized (this) {
      ports.computeIfPresent(
          name, (n, port) -> new Port(n, port.attachment(), false, port.mtuBytes()));
    }
    tell();
  }

  /** Somebody sets the bridge down: IPv6 gateways, neighbours and routes on it are gone. */
  public void setBridgeDown() {
    synchronized (this) {
      Bridge is = bridge.orElseThrow();
      Set<InterfaceAddress> kept = new HashSet<>(is.gateways());
      kept.removeIf(gateway -> gateway.address().family() == Family.IPV6);
      bridge = Optional.of(new Bridge(is.mac(), is.mtuBytes(), false, kept));
      neighbours.clear();
      routes.removeIf(route -> route.device().equals(Bridge.NAME));
    }
    tell();
  }

  /** Somebody's link of this name, which is not ours. */
  public synchronized void addForeignLink(String name) {
    foreignLinks.add(name);
  }

  /** Switches IPv6 off (disable_ipv6) or on in a pod's namespace. */
  public synchronized void setIpv6(PodNamespace pod, boolean on) {
    if (on) {
      withoutIpv6.remove(pod.namespace());
    } else {
      withoutIpv6.add(pod.namespace());
    }
  }

  /** A namespace ends: the kernel deletes the links in it, and so their host ends. */
  public void endNamespace(PodNamespace pod) {
    synchronized (this) {
      podEnds.entrySet().stream()
          .filter(end -> end.getValue().namespace() == pod.namespace())
          .map(Map.Entry::getKey)
          .toList()
          .forEach(this::deletePort);
    }
    tell();
  }

  private void refuseAttach(Attachment attachment, PodNamespace pod) throws DataplaneException {
    String name = attachment.key().ifName();
    if (bridge.isEmpty()) {
      throw new DataplaneException(Reason.OTHER, "no bridge " + Bridge.NAME);
    }
    if (hasInterface(name, pod)) {
      throw new DataplaneException(
          Reason.INTERFACE_EXISTS, "the pod already has an interface " + name);
    }
    if (ports.containsKey(attachment.portName()) || foreignLinks.contains(attachment.portName())) {
      throw new DataplaneException(
          Reason.FOREIGN_LINK, "a link " + attachment.portName() + " is there already");
    }
    boolean wants6 = attachment.addresses().stream().anyMatch(a -> a.family() == Family.IPV6);
    if (wants6 && withoutIpv6.contains(pod.namespace())) {
      throw new DataplaneException(Reason.IPV6_DISABLED, "IPv6 is switched off in the pod");
    }
  }

  private void members(Attachment attachment, boolean present) {
    List<AntiSpoofEntry> entries = antiSpoofEntries(attachment);
    List<Neighbour> pods =
        attachment.addresses().stream().map(a -> new Neighbour(a, attachment.mac())).toList();
    List<Route> ways = attachment.addresses().stream().map(Route::toPod).toList();
    if (present) {
      antiSpoof.addAll(entries);
      neighbours.removeIf(n -> attachment.addresses().contains(n.address()));
      neighbours.addAll(pods);
      routes.addAll(ways);
    } else {
      entries.forEach(antiSpoof::remove);
      pods.forEach(neighbours::remove);
      ways.forEach(routes::remove);
    }
  }

  private static List<AntiSpoofEntry> antiSpoofEntries(Attachment attachment) {
    return attachment.addresses().stream()
        .map(a -> new AntiSpoofEntry(attachment.portName(), attachment.mac(), a))
        .toList();
  }

  private void applyOne(DataplaneChange change) throws DataplaneException {
    if (change instanceof DataplaneChange.EnsureBridge step) {
      ensureBridge(step.bridge());
    } else if (change instanceof DataplaneChange.RemoveBridge) {
      removeBridge();
    } else if (change instanceof DataplaneChange.AddGateway step) {
      changeGateways(step, step.gateway(), true);
    } else if (change instanceof DataplaneChange.RemoveGateway step) {
      changeGateways(step, step.gateway(), false);
    } else if (change instanceof DataplaneChange.ReplaceRules step) {
      rules = Optional.of(step.rules());
      nodeAddresses.addAll(step.nodeAddresses());
    } else if (change instanceof DataplaneChange.ChangeNodeAddresses step) {
      refuseIf(rules.isEmpty(), change, Reason.GONE);
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

  private void applyToMember(DataplaneChange change) throws DataplaneException {
    if (change instanceof DataplaneChange.RepairPort step) {
      refuseIf(bridge.isEmpty() || !ports.containsKey(step.port().name()), change, Reason.MISSING);
      ports.put(step.port().name(), step.port());
    } else if (change instanceof DataplaneChange.RemovePort step) {
      deletePort(step.name());
    } else if (change instanceof DataplaneChange.AddRoute step) {
      addRoute(step);
    } else if (change instanceof DataplaneChange.RemoveRoute step) {
      routes.remove(step.route());
    } else if (change instanceof DataplaneChange.AddNeighbour step) {
      refuseIf(bridge.isEmpty(), change, Reason.MISSING);
      neighbours.removeIf(n -> n.address().equals(step.neighbour().address()));
      neighbours.add(step.neighbour());
    } else if (change instanceof DataplaneChange.RemoveNeighbour step) {
      neighbours.remove(step.neighbour());
    } else if (change instanceof DataplaneChange.AddAntiSpoofEntry step) {
      refuseIf(rules.isEmpty(), change, Reason.MISSING);
      antiSpoof.add(step.entry());
    } else if (change instanceof DataplaneChange.RemoveAntiSpoofEntry step) {
      antiSpoof.remove(step.entry());
    } else if (change instanceof DataplaneChange.AddHostPort step) {
      refuseIf(rules.isEmpty(), change, Reason.MISSING);
      addHostPort(step.hostPort());
    } else if (change instanceof DataplaneChange.RemoveHostPort step) {
      removeHostPort(step.hostPort());
    }
  }

  private void addHostPort(HostPort hostPort) {
    removeHostPort(hostPort);
    hostPorts.add(hostPort);
  }

  /** Wherever it leads. */
  private void removeHostPort(HostPort hostPort) {
    hostPorts.removeIf(other -> other.listening().equals(hostPort.listening()));
  }

  private void addRoute(DataplaneChange.AddRoute step) throws DataplaneException {
    Route route = step.route();
    Cidr destination = route.destination();
    refuseIf(facts.foreignRoutes().contains(destination), step, Reason.FOREIGN_ROUTE);
    refuseIf(route.device().equals(Bridge.NAME) && bridge.isEmpty(), step, Reason.MISSING);
    boolean taken =
        routes.stream().anyMatch(r -> r.destination().equals(destination) && !r.equals(route));
    refuseIf(taken, step, Reason.OTHER);
    routes.add(route);
  }

  private void ensureBridge(Bridge wanted) {
    boolean newMac = bridge.isPresent() && !bridge.get().mac().equals(wanted.mac());
    if (newMac) {
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

  private void changeGateways(DataplaneChange step, InterfaceAddress gateway, boolean present)
      throws DataplaneException {
    refuseIf(bridge.isEmpty() && present, step, Reason.MISSING);
    if (bridge.isPresent()) {
      Bridge is = bridge.get();
      Set<InterfaceAddress> gateways = new HashSet<>(is.gateways());
      if (present) {
        gateways.add(gateway);
      } else {
        gateways.remove(gateway);
      }
      bridge = Optional.of(new Bridge(is.mac(), is.mtuBytes(), is.up(), gateways));
    }
  }

  private void deletePort(String name) {
    ports.remove(name);
    podEnds.remove(name);
  }

  private void tell() {
    listeners.forEach(Runnable::run);
  }

  private static void refuseIf(boolean refused, DataplaneChange change, Reason reason)
      throws DataplaneException {
    if (refused) {
      throw new DataplaneException(reason, change.describe() + ": refused (" + reason + ")");
    }
  }

  private static void throwOnce(Optional<DataplaneException> failure, Runnable forget)
      throws DataplaneException {
    if (failure.isPresent()) {
      forget.run();
      throw failure.get();
    }
  }
}
