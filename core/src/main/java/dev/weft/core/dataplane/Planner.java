// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.dataplane;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.InterfaceAddress;
import dev.weft.core.net.IpAddress;
import dev.weft.core.node.Attachment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The ordered steps from an actual state to a desired one.
 *
 * <p>What nobody needs goes first, what others stand on comes before them: what is foreign on the
 * bridge, stale anti-spoofing entries, host ports, routes, neighbours and ports, then bridge,
 * gateways, rules, ports, anti-spoofing, neighbours, routes, host ports; the gateways, the rules
 * and the bridge that nobody needs any more go last. A route that changes is deleted right before
 * its successor is added, so that both lie in one batch.
 */
public final class Planner {
  private final NodeState desired;
  private final NodeState actual;
  private final InFlight inFlight;
  private final List<DataplaneChange> steps = new ArrayList<>();

  private Planner(NodeState desired, NodeState actual, InFlight inFlight) {
    this.desired = desired;
    this.actual = actual;
    this.inFlight = inFlight;
  }

  /**
   * Plans the steps; none where the states are equal but for what is in flight. A desired port that
   * is not there gives no step: only an ADD makes one.
   *
   * @param inFlight whose port, routes, neighbours, anti-spoofing entries and host ports are left
   *     as they are; while there are any, the bridge, their gateways and the rules stay
   */
  public static List<DataplaneChange> plan(NodeState desired, NodeState actual, InFlight inFlight) {
    return new Planner(desired, actual, inFlight).plan();
  }

  private List<DataplaneChange> plan() {
    removeStale();
    desired.bridge().ifPresent(this::ensureBridge);
    ensureRules();
    repairPorts();
    addMissing();
    removeFoundations();
    return List.copyOf(steps);
  }

  private void removeStale() {
    add(actual.foreign().stream().filter(this::inOurWay), DataplaneChange.RemoveForeign::new);
    add(
        missing(actual.antiSpoof(), desired.antiSpoof(), this::free),
        DataplaneChange.RemoveAntiSpoofEntry::new);
    add(
        missing(actual.hostPorts(), desired.hostPorts(), this::free),
        DataplaneChange.RemoveHostPort::new);
    Set<Cidr> replaced =
        missing(desired.routes(), actual.routes(), this::free)
            .map(Route::destination)
            .collect(Collectors.toSet());
    add(
        missing(actual.routes(), desired.routes(), this::free)
            .filter(route -> !replaced.contains(route.destination())),
        DataplaneChange.RemoveRoute::new);
    Set<IpAddress> overwritten =
        desired.neighbours().stream().map(Neighbour::address).collect(Collectors.toSet());
    add(
        missing(actual.neighbours(), desired.neighbours(), this::free)
            .filter(neighbour -> !overwritten.contains(neighbour.address())),
        DataplaneChange.RemoveNeighbour::new);
    add(
        missing(actual.ports().keySet(), desired.ports().keySet(), this::free).sorted(),
        DataplaneChange.RemovePort::new);
  }

  private void ensureBridge(Bridge bridge) {
    boolean same =
        actual.bridge().stream()
            .anyMatch(
                is ->
                    is.mac().equals(bridge.mac())
                        && is.mtuBytes() == bridge.mtuBytes()
                        && is.up() == bridge.up());
    if (!same) {
      steps.add(new DataplaneChange.EnsureBridge(bridge));
    }
    Set<InterfaceAddress> there = actualGateways();
    Set<IpAddress> addresses = addresses(bridge.gateways());
    add(
        there.stream()
            .filter(gateway -> !bridge.gateways().contains(gateway))
            .filter(gateway -> addresses.contains(gateway.address())),
        DataplaneChange.RemoveGateway::new);
    add(missing(bridge.gateways(), there, any -> true), DataplaneChange.AddGateway::new);
  }

  private void ensureRules() {
    desired
        .rules()
        .filter(rules -> !actual.rules().equals(Optional.of(rules)))
        .ifPresent(
            rules -> steps.add(new DataplaneChange.ReplaceRules(rules, desired.nodeAddresses())));
    // Tables that are to stay as somebody else wrote them may not have the sets.
    boolean ours = desired.rules().filter(rules -> !rules.equals(Rules.ALTERED)).isPresent();
    if (ours && !desired.nodeAddresses().equals(actual.nodeAddresses())) {
      steps.add(
          new DataplaneChange.ChangeNodeAddresses(
              missing(desired.nodeAddresses(), actual.nodeAddresses(), any -> true)
                  .collect(Collectors.toSet()),
              missing(actual.nodeAddresses(), desired.nodeAddresses(), any -> true)
                  .collect(Collectors.toSet())));
    }
  }

  private void repairPorts() {
    for (Map.Entry<String, Port> entry : desired.ports().entrySet()) {
      Port is = actual.ports().get(entry.getKey());
      if (is != null && free(entry.getKey()) && !sameButPodName(is, entry.getValue())) {
        steps.add(new DataplaneChange.RepairPort(entry.getValue()));
      }
    }
  }

  /** Equal but for the pod's name, which an alias may hold cut short. */
  private static boolean sameButPodName(Port is, Port wanted) {
    return is.whole() == wanted.whole() && owner(is).equals(owner(wanted));
  }

  private static Optional<Attachment> owner(Port port) {
    return port.attachment()
        .map(a -> new Attachment(a.network(), a.key(), a.addresses(), Optional.empty()));
  }

  private void addMissing() {
    add(
        missing(desired.antiSpoof(), actual.antiSpoof(), this::free),
        DataplaneChange.AddAntiSpoofEntry::new);
    Set<Neighbour> kept = bridgeMacChanges() ? Set.of() : actual.neighbours();
    add(missing(desired.neighbours(), kept, this::free), DataplaneChange.AddNeighbour::new);
    Map<Cidr, List<Route>> stale =
        missing(actual.routes(), desired.routes(), this::free)
            .collect(Collectors.groupingBy(Route::destination));
    missing(desired.routes(), actual.routes(), this::free)
        .forEach(
            route -> {
              add(
                  stale.getOrDefault(route.destination(), List.of()).stream(),
                  DataplaneChange.RemoveRoute::new);
              steps.add(new DataplaneChange.AddRoute(route));
            });
    add(
        missing(desired.hostPorts(), actual.hostPorts(), this::free),
        DataplaneChange.AddHostPort::new);
  }

  /**
   * Every address on the bridge (but one that a gateway replaces), and a route by it into a block
   * that we have a route to: others, such as a way to a network behind a pod, harm nobody. A route
   * that cannot be deleted without the risk that ours goes in its place stays, and harms nobody
   * either: ours is there, or is refused in its favour and that is told.
   */
  private boolean inOurWay(Foreign foreign) {
    return foreign instanceof Foreign.Way way
        ? way.deletable()
            && desired.routes().stream()
                .anyMatch(ours -> ours.destination().contains(way.destination()))
        : desired.bridge().stream()
            .noneMatch(bridge -> bridge.gateways().contains(((Foreign.Address) foreign).address()));
  }

  /** A bridge that gets another MAC loses its permanent neighbours. */
  private boolean bridgeMacChanges() {
    return desired.bridge().isPresent()
        && actual.bridge().isPresent()
        && !desired.bridge().get().mac().equals(actual.bridge().get().mac());
  }

  private void removeFoundations() {
    if (desired.rules().isEmpty() && actual.rules().isPresent() && inFlight.ports().isEmpty()) {
      steps.add(new DataplaneChange.RemoveRules());
    }
    if (desired.bridge().isPresent()) {
      Set<IpAddress> addresses = addresses(desired.bridge().get().gateways());
      add(
          missing(actualGateways(), desired.bridge().get().gateways(), this::free)
              .filter(gateway -> !addresses.contains(gateway.address())),
          DataplaneChange.RemoveGateway::new);
    } else if (actual.bridge().isPresent() && inFlight.ports().isEmpty()) {
      steps.add(new DataplaneChange.RemoveBridge());
    }
  }

  private Set<InterfaceAddress> actualGateways() {
    return actual.bridge().map(Bridge::gateways).orElse(Set.of());
  }

  private boolean free(AntiSpoofEntry entry) {
    return free(entry.hostVeth()) && !inFlight.addresses().contains(entry.address());
  }

  private boolean free(HostPort hostPort) {
    return !inFlight.addresses().contains(hostPort.pod());
  }

  private boolean free(String port) {
    return !inFlight.ports().contains(port);
  }

  private boolean free(Route route) {
    return route.kind() != Route.Kind.POD
        || !inFlight.addresses().contains(route.destination().address());
  }

  private boolean free(Neighbour neighbour) {
    return !inFlight.addresses().contains(neighbour.address());
  }

  private boolean free(InterfaceAddress gateway) {
    return inFlight.addresses().stream().noneMatch(gateway.network()::contains);
  }

  private <T> void add(Stream<T> objects, Function<T, DataplaneChange> step) {
    objects.map(step).forEach(steps::add);
  }

  private static <T> Stream<T> missing(Set<T> wanted, Set<T> there, Predicate<T> free) {
    return wanted.stream().filter(object -> !there.contains(object)).filter(free);
  }

  private static Set<IpAddress> addresses(Set<InterfaceAddress> gateways) {
    return gateways.stream().map(InterfaceAddress::address).collect(Collectors.toSet());
  }
}
