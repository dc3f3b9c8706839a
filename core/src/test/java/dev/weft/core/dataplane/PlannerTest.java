// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.InterfaceAddress;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;
import dev.weft.core.node.Attachment;
import dev.weft.core.node.AttachmentKey;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlannerTest {
  private static final Cidr PEER_BLOCK = Cidr.parse("10.244.2.0/24");

  @Property
  void aPlanReachesTheDesiredStateAndThenIsEmpty(@ForAll long seed) {
    NodeStates states = new NodeStates(seed);
    NodeState desired = states.desired();
    NodeState actual = states.actual();
    ModelNode node = new ModelNode(actual);

    node.apply(Planner.plan(desired, actual, InFlight.NONE));

    assertThat(withoutPods(node.state())).isEqualTo(withoutPods(reachable(desired, actual)));
    assertThat(Planner.plan(desired, node.state(), InFlight.NONE)).isEmpty();
  }

  @Property
  void whatIsInFlightIsLeftAlone(@ForAll long seed) {
    NodeStates states = new NodeStates(seed);
    NodeState desired = states.desired();
    NodeState actual = states.actual();
    InFlight inFlight = states.inFlight();

    List<DataplaneChange> plan = Planner.plan(desired, actual, inFlight);

    assertThat(plan).noneMatch(step -> touches(step, inFlight));
    ModelNode node = new ModelNode(actual);
    node.apply(plan);
    assertThat(Planner.plan(desired, node.state(), inFlight)).isEmpty();
  }

  @Test
  void aRouteWithANewNextHopIsReplacedInTwoStepsSideBySide() {
    Route old = Route.toPeer(PEER_BLOCK, IpAddress.parse("192.168.1.12"), "eth0");
    Route moved = Route.toPeer(PEER_BLOCK, IpAddress.parse("192.168.1.22"), "eth0");
    Route gone = Route.toPeer(Cidr.parse("10.244.3.0/24"), IpAddress.parse("192.168.1.13"), "eth0");

    assertThat(Planner.plan(routes(moved), routes(old, gone), InFlight.NONE))
        .containsExactly(
            new DataplaneChange.RemoveRoute(gone),
            new DataplaneChange.RemoveRoute(old),
            new DataplaneChange.AddRoute(moved));
  }

  @Test
  void aNeighbourWithANewMacIsOverwrittenWithoutAGap() {
    IpAddress address = IpAddress.parse("10.244.1.2");
    Neighbour wanted = new Neighbour(address, MacAddress.derivedFrom(address));
    NodeState actual = neighbours(new Neighbour(address, new MacAddress(9)));

    assertThat(Planner.plan(neighbours(wanted), actual, InFlight.NONE))
        .containsExactly(new DataplaneChange.AddNeighbour(wanted));
  }

  @Test
  void aBridgeThatGetsItsMacBackGetsItsNeighboursAgain() {
    IpAddress address = IpAddress.parse("10.244.1.2");
    Neighbour neighbour = new Neighbour(address, MacAddress.derivedFrom(address));
    NodeState desired = bridge(MacAddress.BRIDGE, neighbour);

    assertThat(Planner.plan(desired, bridge(new MacAddress(9), neighbour), InFlight.NONE))
        .containsExactly(
            new DataplaneChange.EnsureBridge(desired.bridge().orElseThrow()),
            new DataplaneChange.AddNeighbour(neighbour));
  }

  @Test
  void anIpv6GatewayWithANewLengthGoesBeforeItsSuccessor() {
    InterfaceAddress narrow = InterfaceAddress.parse("fd00::1/80");
    InterfaceAddress wide = InterfaceAddress.parse("fd00::1/64");

    assertThat(Planner.plan(gateways(wide), gateways(narrow), InFlight.NONE))
        .containsExactly(
            new DataplaneChange.RemoveGateway(narrow), new DataplaneChange.AddGateway(wide));
  }

  @Test
  void bridgeGatewayAndRulesStayWhileSomethingIsInFlight() {
    NodeState actual =
        new NodeState(
            gateways(InterfaceAddress.parse("10.244.1.1/24")).bridge(),
            Map.of(),
            Set.of(),
            Set.of(),
            Set.of(),
            Set.of(),
            Set.of(),
            Optional.of(Rules.ALTERED));
    InFlight inFlight = new InFlight(Set.of("wf0"), Set.of(IpAddress.parse("10.244.1.2")));

    assertThat(Planner.plan(NodeState.EMPTY, actual, inFlight)).isEmpty();
    assertThat(Planner.plan(gateways(), actual, inFlight)).isEmpty();
    assertThat(Planner.plan(NodeState.EMPTY, actual, InFlight.NONE))
        .containsExactly(new DataplaneChange.RemoveRules(), new DataplaneChange.RemoveBridge());
  }

  @Test
  void aStaleRouteBesideTheWantedOneGoes() {
    Route wanted = Route.unreachable(PEER_BLOCK);
    Route stale = Route.toPeer(PEER_BLOCK, IpAddress.parse("192.168.1.12"), "eth0");

    assertThat(Planner.plan(routes(wanted), routes(wanted, stale), InFlight.NONE))
        .containsExactly(new DataplaneChange.RemoveRoute(stale));
  }

  @Test
  void whatIsForeignOnTheBridgeGoesWhereItIsInOurWay() {
    InterfaceAddress gateway = InterfaceAddress.parse("10.244.1.1/24");
    Foreign address = new Foreign.Address(InterfaceAddress.parse("10.244.1.9/25"));
    Foreign inBlock = new Foreign.Way(Cidr.parse("10.244.1.0/25"), 2, 0);
    Foreign elsewhere = new Foreign.Way(Cidr.parse("172.16.0.0/12"), 4, 0);
    NodeState desired =
        ways(Set.of(gateway), Set.of(Route.unreachable(gateway.network())), Set.of());
    NodeState actual =
        ways(desired.bridge().orElseThrow().gateways(), desired.routes(), Set.of(elsewhere));

    assertThat(Planner.plan(desired, actual, InFlight.NONE)).isEmpty();
    actual = ways(Set.of(gateway), desired.routes(), Set.of(address, inBlock, elsewhere));
    assertThat(Planner.plan(desired, actual, InFlight.NONE))
        .containsExactlyInAnyOrder(
            new DataplaneChange.RemoveForeign(address), new DataplaneChange.RemoveForeign(inBlock));
    // A gateway with a prefix route is replaced when the gateway is added.
    actual = ways(Set.of(), desired.routes(), Set.of(new Foreign.Address(gateway)));
    assertThat(Planner.plan(desired, actual, InFlight.NONE))
        .containsExactly(new DataplaneChange.AddGateway(gateway));
  }

  @ParameterizedTest
  @CsvSource({
    "10.244.1.2/32, 4, 0, true",
    "10.244.1.2/32, 4, 100, true",
    "10.244.1.2/32, 0, 100, true",
    "10.244.1.2/32, 0, 0, false",
    "fd00:244:0:1::2/128, 0, 2048, true",
    "fd00:244:0:1::2/128, 0, 1024, false",
    "fd00:244:0:1::2/128, 4, 1024, true"
  })
  void aForeignRouteGoesOnlyWhereItCannotBeTakenForOurs(
      String destination, int protocol, long metric, boolean goes) {
    Foreign way = new Foreign.Way(Cidr.parse(destination), protocol, metric);
    Set<Route> routes = Set.of(Route.toPod(Cidr.parse(destination).address()));

    assertThat(
            Planner.plan(
                ways(Set.of(), routes, Set.of()),
                ways(Set.of(), routes, Set.of(way)),
                InFlight.NONE))
        .isEqualTo(goes ? List.of(new DataplaneChange.RemoveForeign(way)) : List.of());
  }

  /** Those of an earlier version have no sets for the addresses until they are written anew. */
  @Test
  void addressesOfTheNodeAreOnlyWrittenIntoRulesThatWeKnow() {
    IpAddress address = IpAddress.parse("192.168.1.11");
    Rules known = new Rules(Set.of(), Set.of());

    assertThat(Planner.plan(rules(Rules.ALTERED, address), rules(Rules.ALTERED), InFlight.NONE))
        .isEmpty();
    assertThat(Planner.plan(rules(known, address), rules(known), InFlight.NONE))
        .containsExactly(new DataplaneChange.ChangeNodeAddresses(Set.of(address), Set.of()));
  }

  private static NodeState rules(Rules rules, IpAddress... nodeAddresses) {
    return new NodeState(
        Optional.empty(),
        Map.of(),
        Set.of(),
        Set.of(),
        Set.of(),
        Set.of(),
        Set.of(nodeAddresses),
        Optional.of(rules));
  }

  private static NodeState ways(
      Set<InterfaceAddress> gateways, Set<Route> routes, Set<Foreign> foreign) {
    return new NodeState(
        Optional.of(new Bridge(MacAddress.BRIDGE, 1500, true, gateways)),
        Map.of(),
        routes,
        Set.of(),
        Set.of(),
        Set.of(),
        Set.of(),
        Optional.empty(),
        foreign);
  }

  @Test
  void aPortThatLostItsAliasIsRepaired() {
    AttachmentKey key = new AttachmentKey("c", "eth0");
    Attachment attachment =
        new Attachment("weft", key, List.of(IpAddress.parse("10.244.1.2")), Optional.empty());
    Port wanted = new Port(key.portName(), Optional.of(attachment), true);
    Port found = new Port(key.portName(), Optional.empty(), true);

    assertThat(Planner.plan(ports(wanted), ports(found), InFlight.NONE))
        .containsExactly(new DataplaneChange.RepairPort(wanted));
    assertThat(Planner.plan(ports(wanted), ports(), InFlight.NONE)).isEmpty();
  }

  private static boolean touches(DataplaneChange step, InFlight inFlight) {
    if (step instanceof DataplaneChange.RepairPort port) {
      return inFlight.ports().contains(port.port().name());
    } else if (step instanceof DataplaneChange.RemovePort port) {
      return inFlight.ports().contains(port.name());
    } else if (step instanceof DataplaneChange.AddAntiSpoofEntry antiSpoof) {
      return inFlight.addresses().contains(antiSpoof.entry().address());
    } else if (step instanceof DataplaneChange.RemoveAntiSpoofEntry antiSpoof) {
      return inFlight.addresses().contains(antiSpoof.entry().address());
    } else if (step instanceof DataplaneChange.AddNeighbour neighbour) {
      return inFlight.addresses().contains(neighbour.neighbour().address());
    } else if (step instanceof DataplaneChange.RemoveNeighbour neighbour) {
      return inFlight.addresses().contains(neighbour.neighbour().address());
    } else if (step instanceof DataplaneChange.AddRoute route) {
      return inFlight.addresses().stream()
          .anyMatch(a -> route.route().destination().equals(Cidr.host(a)));
    } else if (step instanceof DataplaneChange.RemoveRoute route) {
      return inFlight.addresses().stream()
          .anyMatch(a -> route.route().destination().equals(Cidr.host(a)));
    } else if (step instanceof DataplaneChange.RemoveRules
        || step instanceof DataplaneChange.RemoveBridge) {
      return !inFlight.ports().isEmpty();
    }
    return false;
  }

  /** No plan makes a port that is not there. */
  private static NodeState reachable(NodeState desired, NodeState actual) {
    Map<String, Port> ports = new HashMap<>(desired.ports());
    ports.keySet().retainAll(actual.ports().keySet());
    return new NodeState(
        desired.bridge(),
        ports,
        desired.routes(),
        desired.neighbours(),
        desired.antiSpoof(),
        desired.hostPorts(),
        desired.nodeAddresses(),
        desired.rules());
  }

  /** Pods' names are for display only. */
  private static NodeState withoutPods(NodeState state) {
    Map<String, Port> ports =
        state.ports().values().stream()
            .map(
                port ->
                    new Port(
                        port.name(),
                        port.attachment().map(PlannerTest::owner),
                        port.whole(),
                        port.mtuBytes()))
            .collect(Collectors.toMap(Port::name, port -> port));
    return new NodeState(
        state.bridge(),
        ports,
        state.routes(),
        state.neighbours(),
        state.antiSpoof(),
        state.hostPorts(),
        state.nodeAddresses(),
        state.rules());
  }

  private static Attachment owner(Attachment attachment) {
    return new Attachment(
        attachment.network(), attachment.key(), attachment.addresses(), Optional.empty());
  }

  private static NodeState routes(Route... routes) {
    return new NodeState(
        Optional.empty(),
        Map.of(),
        Set.of(routes),
        Set.of(),
        Set.of(),
        Set.of(),
        Set.of(),
        Optional.empty());
  }

  private static NodeState neighbours(Neighbour neighbour) {
    return bridge(MacAddress.BRIDGE, neighbour);
  }

  private static NodeState bridge(MacAddress mac, Neighbour neighbour) {
    return new NodeState(
        Optional.of(new Bridge(mac, 1500, true, Set.of())),
        Map.of(),
        Set.of(),
        Set.of(neighbour),
        Set.of(),
        Set.of(),
        Set.of(),
        Optional.empty());
  }

  private static NodeState gateways(InterfaceAddress... gateways) {
    return new NodeState(
        Optional.of(new Bridge(MacAddress.BRIDGE, 1500, true, Set.of(gateways))),
        Map.of(),
        Set.of(),
        Set.of(),
        Set.of(),
        Set.of(),
        Set.of(),
        Optional.of(Rules.ALTERED));
  }

  private static NodeState ports(Port... ports) {
    return new NodeState(
        Optional.empty(),
        List.of(ports).stream().collect(Collectors.toMap(Port::name, port -> port)),
        Set.of(),
        Set.of(),
        Set.of(),
        Set.of(),
        Set.of(),
        Optional.empty());
  }
}
