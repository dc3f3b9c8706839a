// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.InterfaceAddress;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;
import dev.weft.core.node.Attachment;
import dev.weft.core.node.AttachmentKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
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

    List<Change<?>> plan = Planner.plan(desired, actual, inFlight);

    assertThat(plan).noneMatch(step -> touches(step, inFlight));
    ModelNode node = new ModelNode(actual);
    node.apply(plan);
    assertThat(Planner.plan(desired, node.state(), inFlight)).isEmpty();
  }

  @Test
  void aRouteWithANewNextHopIsReplacedInOneStep() {
    Route old = Route.toPeer(PEER_BLOCK, IpAddress.parse("192.168.1.12"), "eth0");
    Route moved = Route.toPeer(PEER_BLOCK, IpAddress.parse("192.168.1.22"), "eth0");
    Route gone = Route.toPeer(Cidr.parse("10.244.3.0/24"), IpAddress.parse("192.168.1.13"), "eth0");

    assertThat(Planner.plan(routes(moved), routes(old, gone), InFlight.NONE))
        .containsExactly(Change.remove(Route.KIND, gone), Change.replace(Route.KIND, old, moved));
  }

  @Test
  void aNeighbourWithANewMacIsOverwrittenWithoutAGap() {
    IpAddress address = IpAddress.parse("10.244.1.2");
    Neighbour wanted = new Neighbour(address, MacAddress.derivedFrom(address));
    Neighbour stale = new Neighbour(address, new MacAddress(9));
    NodeState actual = neighbours(stale);

    assertThat(Planner.plan(neighbours(wanted), actual, InFlight.NONE))
        .containsExactly(Change.replace(Neighbour.KIND, stale, wanted));
  }

  @Test
  void aBridgeThatGetsItsMacBackGetsItsNeighboursAgain() {
    IpAddress address = IpAddress.parse("10.244.1.2");
    Neighbour neighbour = new Neighbour(address, MacAddress.derivedFrom(address));
    NodeState desired = bridge(MacAddress.BRIDGE, neighbour);

    assertThat(Planner.plan(desired, bridge(new MacAddress(9), neighbour), InFlight.NONE))
        .containsExactly(
            Change.replace(
                Bridge.KIND,
                new Bridge(new MacAddress(9), 1500, true),
                desired.only(Bridge.KIND).orElseThrow()),
            Change.add(Neighbour.KIND, neighbour));
  }

  @Test
  void aGatewayWithANewLengthIsReplacedInOneStep() {
    InterfaceAddress narrow = InterfaceAddress.parse("fd00::1/80");
    InterfaceAddress wide = InterfaceAddress.parse("fd00::1/64");

    assertThat(Planner.plan(gateways(wide), gateways(narrow), InFlight.NONE))
        .containsExactly(Change.replace(Gateway.KIND, new Gateway(narrow), new Gateway(wide)));
  }

  @Test
  void bridgeGatewayAndRulesStayWhileSomethingIsInFlight() {
    NodeState actual =
        gateways(InterfaceAddress.parse("10.244.1.1/24"))
            .with(MasqueradeRules.KIND, Set.of(MasqueradeRules.ALTERED));
    NodeState withoutGateway = actual.with(Gateway.KIND, Set.of());
    InFlight inFlight = new InFlight(Set.of("wf0"), Set.of(IpAddress.parse("10.244.1.2")));

    assertThat(Planner.plan(NodeState.EMPTY, actual, inFlight)).isEmpty();
    assertThat(Planner.plan(withoutGateway, actual, inFlight)).isEmpty();
    assertThat(Planner.plan(NodeState.EMPTY, actual, InFlight.NONE))
        .containsExactly(
            Change.remove(MasqueradeRules.KIND, MasqueradeRules.ALTERED),
            Change.remove(Bridge.KIND, actual.only(Bridge.KIND).orElseThrow()));
  }

  @Test
  void aStaleRouteBesideTheWantedOneGoes() {
    Route wanted = Route.blockRest(PEER_BLOCK);
    Route stale = Route.toPeer(PEER_BLOCK, IpAddress.parse("192.168.1.12"), "eth0");

    assertThat(Planner.plan(routes(wanted), routes(wanted, stale), InFlight.NONE))
        .containsExactly(Change.remove(Route.KIND, stale));
  }

  @Test
  void whatIsForeignOnTheBridgeGoesWhereItIsInOurWay() {
    InterfaceAddress gateway = InterfaceAddress.parse("10.244.1.1/24");
    ForeignAddress address = new ForeignAddress(InterfaceAddress.parse("10.244.1.9/25"));
    ForeignRoute inBlock = new ForeignRoute(Cidr.parse("10.244.1.0/25"), 2, 0);
    ForeignRoute elsewhere = new ForeignRoute(Cidr.parse("172.16.0.0/12"), 4, 0);
    NodeState desired =
        gateways(gateway).with(Route.KIND, Set.of(Route.blockRest(gateway.network())));

    NodeState actual = desired.with(ForeignRoute.KIND, Set.of(elsewhere));
    assertThat(Planner.plan(desired, actual, InFlight.NONE)).isEmpty();
    actual =
        desired
            .with(ForeignAddress.KIND, Set.of(address))
            .with(ForeignRoute.KIND, Set.of(inBlock, elsewhere));
    assertThat(Planner.plan(desired, actual, InFlight.NONE))
        .containsExactlyInAnyOrder(
            Change.remove(ForeignAddress.KIND, address), Change.remove(ForeignRoute.KIND, inBlock));
    // A gateway with a prefix route is replaced when the gateway is added.
    actual =
        desired
            .with(Gateway.KIND, Set.of())
            .with(ForeignAddress.KIND, Set.of(new ForeignAddress(gateway)));
    assertThat(Planner.plan(desired, actual, InFlight.NONE))
        .containsExactly(Change.add(Gateway.KIND, new Gateway(gateway)));
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
    ForeignRoute foreign = new ForeignRoute(Cidr.parse(destination), protocol, metric);
    NodeState desired = routes(Route.toPod(Cidr.parse(destination).address()));
    NodeState actual = desired.with(ForeignRoute.KIND, Set.of(foreign));

    assertThat(Planner.plan(desired, actual, InFlight.NONE))
        .isEqualTo(goes ? List.of(Change.remove(ForeignRoute.KIND, foreign)) : List.of());
  }

  @Test
  void aTableIsReplacedWhereItIsNotAsItWasWritten() {
    NodeState desired = new NodeStates(1).whole();
    NodeState actual =
        desired
            .with(AntiSpoofRules.KIND, Set.of(new AntiSpoofRules(false)))
            .with(MasqueradeRules.KIND, Set.of(MasqueradeRules.ALTERED))
            .with(HostPortRules.KIND, Set.of(new HostPortRules(false, Set.of())));

    assertThat(Planner.plan(desired, actual, InFlight.NONE))
        .extracting(Change::describe)
        .containsExactly(
            "repair rules of the anti-spoofing filter",
            "repair rules of masquerade",
            "repair rules of host ports");
  }

  @Test
  void whatNobodyNeedsGoesFirstAndFoundationsLast() {
    NodeState all = new NodeStates(1).whole();

    assertThat(kinds(Planner.plan(NodeState.EMPTY, all, InFlight.NONE)))
        .containsExactly(
            HostPort.KIND,
            Route.KIND,
            Neighbour.KIND,
            HostVeth.KIND,
            AntiSpoofEntry.KIND,
            HostPortRules.KIND,
            MasqueradeRules.KIND,
            AntiSpoofRules.KIND,
            Bridge.KIND);
    assertThat(kinds(Planner.plan(all, NodeState.EMPTY, InFlight.NONE)))
        .containsExactly(
            Bridge.KIND,
            Gateway.KIND,
            AntiSpoofRules.KIND,
            AntiSpoofEntry.KIND,
            MasqueradeRules.KIND,
            HostPortRules.KIND,
            Neighbour.KIND,
            Route.KIND,
            HostPort.KIND);
  }

  private static List<Kind<?>> kinds(List<Change<?>> plan) {
    List<Kind<?>> kinds = new ArrayList<>();
    plan.forEach(change -> kinds.add(change.kind()));
    return kinds.stream().distinct().toList();
  }

  @Test
  void aHostVethThatLostItsAliasIsRepairedAndOneThatIsGoneIsNotMade() {
    AttachmentKey key = new AttachmentKey("c", "eth0");
    Attachment attachment =
        new Attachment("weft", key, List.of(IpAddress.parse("10.244.1.2")), Optional.empty());
    HostVeth wanted = new HostVeth(key.hostVeth(), Optional.of(attachment), true);
    HostVeth found = new HostVeth(key.hostVeth(), Optional.empty(), true);
    NodeState desired = NodeState.builder().add(HostVeth.KIND, wanted).build();
    NodeState actual = NodeState.builder().add(HostVeth.KIND, found).build();

    assertThat(Planner.plan(desired, actual, InFlight.NONE))
        .containsExactly(Change.replace(HostVeth.KIND, found, wanted));
    assertThat(Planner.plan(desired, NodeState.EMPTY, InFlight.NONE)).isEmpty();
  }

  @Test
  void aHostVethThatIsNotInSyncIsRepairedAndOneOfAnotherMtuIsKept() {
    HostVeth wanted = new HostVeth("wf0", Optional.empty(), true, 1400);
    HostVeth found = wanted.withInSync(false);
    HostVeth wider = new HostVeth("wf0", Optional.empty(), true, 1500);

    assertThat(Planner.plan(hostVeths(wanted), hostVeths(found), InFlight.NONE))
        .containsExactly(Change.replace(HostVeth.KIND, found, wanted));
    assertThat(Planner.plan(hostVeths(wanted), hostVeths(wider), InFlight.NONE)).isEmpty();
  }

  @Test
  void kindsOfOneRankAreInTheOrderOfTheirNames() {
    NodeState.Builder desired = NodeState.builder();
    for (char name = 'h'; name >= 'a'; name--) {
      desired.add(Kind.<String>of("" + name, 1, text -> text).build(), "x");
    }

    assertThat(Planner.plan(desired.build(), NodeState.EMPTY, InFlight.NONE))
        .extracting(Change::describe)
        .containsExactly(
            "add a x", "add b x", "add c x", "add d x", "add e x", "add f x", "add g x", "add h x");
  }

  @Test
  void ofTwoWithOneKeyTheOneThatIsAsWantedStaysWhicheverIsReadFirst() {
    record Thing(int key, String word) {}
    Kind<Thing> kind =
        Kind.<Thing>of("thing", 1, Thing::key)
            .same((is, wanted) -> is.word.equalsIgnoreCase(wanted.word))
            .build();
    NodeState.Builder desired = NodeState.builder();
    NodeState.Builder actual = NodeState.builder();
    List<Change<?>> removals = new ArrayList<>();
    for (int key = 0; key < 20; key++) {
      Thing other = new Thing(key, "other");
      desired.add(kind, new Thing(key, "wanted"));
      actual.add(kind, other).add(kind, new Thing(key, "WANTED"));
      removals.add(Change.remove(kind, other));
    }

    assertThat(Planner.plan(desired.build(), actual.build(), InFlight.NONE))
        .hasSameElementsAs(removals);
  }

  private static NodeState hostVeths(HostVeth... veths) {
    return NodeState.EMPTY.with(HostVeth.KIND, Set.of(veths));
  }

  private static boolean touches(Change<?> step, InFlight inFlight) {
    Object object = step.after().isPresent() ? step.after().get() : step.before().orElseThrow();
    if (object instanceof HostVeth veth) {
      return inFlight.hostVeths().contains(veth.name());
    } else if (object instanceof AntiSpoofEntry entry) {
      return inFlight.addresses().contains(entry.address());
    } else if (object instanceof Neighbour neighbour) {
      return inFlight.addresses().contains(neighbour.address());
    } else if (object instanceof HostPort hostPort) {
      return inFlight.addresses().contains(hostPort.pod());
    } else if (object instanceof Route route) {
      return inFlight.addresses().stream().anyMatch(a -> route.destination().equals(Cidr.host(a)));
    } else if (object instanceof Gateway gateway) {
      return step.isRemoval()
          && inFlight.addresses().stream().anyMatch(gateway.address().network()::contains);
    }
    return step.isRemoval() && !inFlight.hostVeths().isEmpty();
  }

  /** No plan makes a host veth that is not there. */
  private static NodeState reachable(NodeState desired, NodeState actual) {
    Map<Object, HostVeth> there = actual.byKey(HostVeth.KIND);
    return desired.with(
        HostVeth.KIND,
        desired.of(HostVeth.KIND).stream().filter(veth -> there.containsKey(veth.name())).toList());
  }

  /** Pods' names are for display only. */
  private static NodeState withoutPods(NodeState state) {
    return state.with(
        HostVeth.KIND,
        state.of(HostVeth.KIND).stream()
            .map(
                veth ->
                    new HostVeth(
                        veth.name(),
                        veth.attachment().map(PlannerTest::owner),
                        veth.inSync(),
                        veth.mtuBytes()))
            .toList());
  }

  private static Attachment owner(Attachment attachment) {
    return new Attachment(
        attachment.network(), attachment.key(), attachment.addresses(), Optional.empty());
  }

  private static NodeState routes(Route... routes) {
    return NodeState.EMPTY.with(Route.KIND, Set.of(routes));
  }

  private static NodeState neighbours(Neighbour neighbour) {
    return bridge(MacAddress.BRIDGE, neighbour);
  }

  private static NodeState bridge(MacAddress mac, Neighbour neighbour) {
    return NodeState.builder()
        .add(Bridge.KIND, new Bridge(mac, 1500, true))
        .add(Neighbour.KIND, neighbour)
        .build();
  }

  private static NodeState gateways(InterfaceAddress... gateways) {
    return NodeState.builder()
        .add(Bridge.KIND, new Bridge(MacAddress.BRIDGE, 1500, true))
        .addAll(Gateway.KIND, Stream.of(gateways).map(Gateway::new).toList())
        .build();
  }
}
