// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.dataplane.Bridge;
import dev.weft.core.dataplane.Change;
import dev.weft.core.dataplane.HostVeth;
import dev.weft.core.dataplane.Masquerade;
import dev.weft.core.dataplane.NextHop;
import dev.weft.core.dataplane.NodeFacts;
import dev.weft.core.dataplane.NodeState;
import dev.weft.core.dataplane.Route;
import dev.weft.core.dataplane.TunnelAddress;
import dev.weft.core.dataplane.TunnelEnd;
import dev.weft.core.dataplane.TunnelNeighbour;
import dev.weft.core.dataplane.TunnelPeer;
import dev.weft.core.dataplane.TunnelRules;
import dev.weft.core.dataplane.VxlanDevice;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.Family;
import dev.weft.core.net.InterfaceAddress;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Which way leads to another node's block, and what it needs in the kernel. */
class TunnelPathsTest {
  private static final String NEAR = "192.168.1.12";
  private static final String FAR = "192.168.2.13";
  private static final MacAddress MAC = MacAddress.ofNode("uid of the other");
  private static final Cidr BLOCK = Cidr.parse("10.244.2.0/24");
  private static final Cidr BLOCK6 = Cidr.parse("fd00:244:0:2::/64");
  private static final OwnBlock OWN = OwnBlock.of(Cidr.parse("10.244.1.0/24"), List.of());
  private static final VxlanDevice DEVICE =
      new VxlanDevice(
          Family.IPV4,
          MacAddress.ofNode("uid1"),
          1450,
          TunnelSettings.DEFAULT.vni(),
          TunnelSettings.DEFAULT.port(),
          "eth0",
          IpAddress.parse("192.168.1.11"),
          true);

  @Test
  void onTheSameLinkARouteLeadsToTheOthersAddressAndThereIsNoDevice() {
    Calculation calculation = calculate(peer(BLOCK, Routing.AUTO, reported(NEAR)));
    assertThat(route(calculation)).isEqualTo(Route.toPeer(BLOCK, IpAddress.parse(NEAR), "eth0"));
    assertThat(calculation.desired().of(NextHop.KIND))
        .containsExactly(new NextHop(IpAddress.parse(NEAR), "eth0"));
    assertThat(calculation.desired().of(VxlanDevice.KIND)).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(
      value = Routing.class,
      names = {"AUTO", "VXLAN"})
  void anotherSubnetIsReachedThroughATunnel(Routing routing) {
    Calculation calculation =
        calculate(peer(BLOCK, routing, reported(FAR)), peer(BLOCK6, routing, reported(FAR)));
    NodeState desired = calculation.desired();
    assertThat(desired.of(VxlanDevice.KIND)).containsExactly(DEVICE);
    assertThat(desired.of(Route.KIND))
        .contains(
            Route.toPeer(BLOCK, MAC.linkLocal(), "v-net-vx4").withMtu(1450),
            Route.toPeer(BLOCK6, MAC.linkLocal(), "v-net-vx4").withMtu(1450));
    assertThat(desired.of(NextHop.KIND))
        .as("one for both families")
        .containsExactly(new NextHop(MAC.linkLocal(), "v-net-vx4"));
    assertThat(desired.of(TunnelNeighbour.KIND))
        .containsExactly(new TunnelNeighbour("v-net-vx4", MAC.linkLocal(), MAC));
    assertThat(desired.of(TunnelEnd.KIND))
        .containsExactly(new TunnelEnd("v-net-vx4", MAC, IpAddress.parse(FAR)));
    assertThat(desired.of(TunnelAddress.KIND))
        .containsExactly(new TunnelAddress("v-net-vx4", OWN.gateway().address()));
  }

  @Test
  void theStrictestRoutingOfAnyPoolThatEitherNodeHasBlocksOfDecides() {
    Endpoint near = reported(NEAR);
    Peer second = peer(Cidr.parse("10.245.2.0/24"), Routing.VXLAN, near);
    for (Calculation calculation :
        List.of(
            calculate(peer(BLOCK, Routing.DIRECT, near), second),
            calculate(OWN.routed(Routing.VXLAN), peer(BLOCK, Routing.DIRECT, near)),
            calculate(OWN, peer(BLOCK, Routing.VXLAN, near)))) {
      assertThat(route(calculation).device()).isEqualTo("v-net-vx4");
    }
    Peer six = peer(BLOCK6, Routing.VXLAN, near);
    assertThat(route(calculate(OWN, peer(BLOCK, Routing.DIRECT, near), six)).device())
        .as("a path belongs to a family")
        .isEqualTo("eth0");
  }

  @Test
  void directAcrossSubnetsIsRefusedAndSaysWhatToSet() {
    PeerReport report =
        calculate(OWN.routed(Routing.DIRECT), peer(BLOCK, Routing.DIRECT, reported(FAR)))
            .peers()
            .get(0);
    assertThat(report.route()).isEmpty();
    assertThat(report.blocker().orElseThrow().reason()).isEqualTo(Blocker.NEXT_HOP_NOT_ON_LINK);
    assertThat(report.blocker().orElseThrow().message()).contains("spec.routing to Auto or VXLAN");
  }

  @Test
  void aNodeThatDoesNotHaveThisOneOnItsLinkIsReachedThroughATunnelThoughItIsOnOurs() {
    Endpoint host =
        new Endpoint(
            List.of(IpAddress.parse(NEAR)),
            Optional.of(List.of(Cidr.parse(NEAR + "/32"))),
            Optional.of(MAC));
    assertThat(route(calculate(peer(BLOCK, Routing.AUTO, host))).device()).isEqualTo("v-net-vx4");
  }

  /** The test above as the other node sees it: both choose the same. */
  @Test
  void aNodeThatReportsNotToHaveTheOtherOnItsLinkUsesATunnelThoughItsKernelReachesIt() {
    Calculation calculation =
        NodeStateCalculator.calculate(
            view(
                List.of(OWN),
                new Peers(List.of(peer(BLOCK, Routing.AUTO, reported(NEAR))), Set.of(), false)),
            TunnelSettings.DEFAULT,
            facts(1500, "192.168.1.11/32"),
            List.of(),
            Set.of(),
            NodeState.EMPTY);
    assertThat(calculation.endpoint().onLink().orElseThrow())
        .containsExactly(Cidr.parse("192.168.1.11/32"));
    assertThat(route(calculation).device()).isEqualTo("v-net-vx4");
  }

  @Test
  void aNodeOfAVersionWithoutTunnelsIsReachedDirectlyOrNotAtAll() {
    Endpoint near = new Endpoint(List.of(IpAddress.parse(NEAR)));
    assertThat(route(calculate(peer(BLOCK, Routing.AUTO, near))).device()).isEqualTo("eth0");
    PeerReport far =
        calculate(peer(BLOCK, Routing.AUTO, new Endpoint(List.of(IpAddress.parse(FAR)))))
            .peers()
            .get(0);
    assertThat(far.route()).isEmpty();
    assertThat(far.blocker().orElseThrow().reason()).isEqualTo(Blocker.NO_TUNNEL);
  }

  @Test
  void thisNodeHasItsEndBeforeTheOtherHas() {
    Endpoint far = new Endpoint(List.of(IpAddress.parse(FAR)));
    assertThat(calculate(peer(BLOCK, Routing.AUTO, far)).desired().of(VxlanDevice.KIND))
        .containsExactly(DEVICE);
  }

  @Test
  void aDirectRouteGoesOnUntilTheOtherNodeHasItsEndOfTheTunnel() {
    Route direct = Route.toPeer(BLOCK, IpAddress.parse(NEAR), "eth0");
    Endpoint near =
        new Endpoint(
            List.of(IpAddress.parse(NEAR)),
            Optional.of(List.of(Cidr.parse("192.168.1.0/24"))),
            Optional.empty());
    Calculation calculation =
        calculate(state(direct), List.of(OWN), peer(BLOCK, Routing.VXLAN, near));
    assertThat(route(calculation)).isEqualTo(direct);
    assertThat(calculation.desired().of(NextHop.KIND))
        .containsExactly(new NextHop(IpAddress.parse(NEAR), "eth0"));
  }

  @Test
  void aDirectRouteGoesOnUntilThisNodeHasItsEndOfTheTunnel() {
    Route direct = Route.toPeer(BLOCK, IpAddress.parse(NEAR), "eth0");
    Peer peer = peer(BLOCK, Routing.VXLAN, reported(NEAR));
    Calculation before = calculate(state(direct), List.of(OWN), peer);
    assertThat(route(before)).isEqualTo(direct);
    assertThat(before.peers().get(0).blocker().orElseThrow().reason()).isEqualTo(Blocker.NO_TUNNEL);
    assertThat(before.desired().of(VxlanDevice.KIND)).containsExactly(DEVICE);

    NodeState made =
        NodeState.builder().add(Route.KIND, direct).add(VxlanDevice.KIND, DEVICE).build();
    assertThat(route(calculate(made, List.of(OWN), peer)).device()).isEqualTo("v-net-vx4");
  }

  @Test
  void aTunnelIsKeptForABlockThatNoListHasYet() {
    NodeState actual = calculate(peer(BLOCK, Routing.AUTO, reported(FAR))).desired();
    ClusterView empty = view(List.of(OWN), new Peers(List.of(), Set.of(), true));
    NodeState desired =
        NodeStateCalculator.calculate(
                empty, TunnelSettings.DEFAULT, FACTS, List.of(), Set.of(), actual)
            .desired();
    assertThat(desired).isEqualTo(actual);
    NodeState unlisted =
        NodeStateCalculator.calculate(
                ClusterView.UNKNOWN, TunnelSettings.DEFAULT, FACTS, List.of(), Set.of(), actual)
            .desired();
    for (var kind : List.of(VxlanDevice.KIND, TunnelEnd.KIND, TunnelNeighbour.KIND, NextHop.KIND)) {
      assertThat(unlisted.of(kind)).as(kind.name()).isEqualTo(actual.of(kind));
    }
  }

  @Test
  void withTheLastTunnelTheDeviceGoes() {
    NodeState actual = calculate(peer(BLOCK, Routing.AUTO, reported(FAR))).desired();
    Calculation calculation =
        calculate(actual, List.of(OWN), peer(BLOCK, Routing.AUTO, reported(NEAR)));
    assertThat(calculation.desired().of(VxlanDevice.KIND)).isEmpty();
    assertThat(calculation.desired().of(TunnelEnd.KIND)).isEmpty();
    assertThat(route(calculation).device()).isEqualTo("eth0");
  }

  @Test
  void twoNodesOfDifferentFamiliesHaveNoTunnel() {
    PeerReport report =
        calculate(
                peer(
                    BLOCK6,
                    Routing.VXLAN,
                    new Endpoint(
                        List.of(IpAddress.parse("fd01::13")), Optional.empty(), Optional.of(MAC))))
            .peers()
            .get(0);
    assertThat(report.blocker().orElseThrow().reason()).isEqualTo(Blocker.NO_COMMON_FAMILY);
  }

  @Test
  void anUplinkTooSmallForATunnelSaysSo() {
    Calculation calculation =
        NodeStateCalculator.calculate(
            view(
                List.of(OWN),
                new Peers(List.of(peer(BLOCK, Routing.AUTO, reported(FAR))), Set.of(), false)),
            TunnelSettings.DEFAULT,
            facts(1300),
            List.of(),
            Set.of(),
            NodeState.EMPTY);
    Blocker blocker = calculation.peers().get(0).blocker().orElseThrow();
    assertThat(blocker.reason()).isEqualTo(Blocker.MTU_TOO_SMALL);
    assertThat(blocker.message()).contains("eth0", "1300", "1250", "1280");
  }

  @Test
  void aPathThatPassesLessThanTheLinkGivesItsRoutesLess() {
    NodeFacts known =
        facts(1500, "192.168.1.11/24", Map.of(IpAddress.parse(FAR), 1400), true, false);
    Calculation calculation =
        calculate(TunnelSettings.DEFAULT, known, peer(BLOCK, Routing.AUTO, reported(FAR)));
    assertThat(route(calculation).mtuBytes()).isEqualTo(1350);
    assertThat(calculation.desired().of(VxlanDevice.KIND))
        .as("for other peers")
        .containsOnly(DEVICE);
    NodeFacts tiny = facts(1500, "192.168.1.11/24", Map.of(IpAddress.parse(FAR), 600), true, false);
    assertThat(
            route(calculate(TunnelSettings.DEFAULT, tiny, peer(BLOCK, Routing.AUTO, reported(FAR))))
                .mtuBytes())
        .as("what is left is fragmented")
        .isEqualTo(1280);
  }

  @ParameterizedTest
  @CsvSource({"1400,1400,1400", "1480,1480,1450", "0,1500,1450"})
  void theMtuThatIsSetIsThatOfPodsAndOfPathsThatPassIt(int set, int ofPods, int ofTunnels) {
    TunnelSettings settings = settings(set);
    Calculation far = calculate(settings, FACTS, peer(BLOCK, Routing.AUTO, reported(FAR)));
    assertThat(far.desired().only(Bridge.KIND).orElseThrow().mtuBytes()).isEqualTo(ofPods);
    assertThat(route(far).mtuBytes()).isEqualTo(ofTunnels);
    Calculation near = calculate(settings, FACTS, peer(BLOCK, Routing.AUTO, reported(NEAR)));
    assertThat(route(near).mtuBytes()).isEqualTo(set);
  }

  @Test
  void anMtuThatIpv6CannotLiveWithKeepsItsBlocksFromBeingServed() {
    OwnBlock six = OwnBlock.of(Cidr.parse("fd00:244:0:1::/64"), List.of());
    List<OwnBlock> blocks =
        NodeStateCalculator.calculate(
                view(List.of(OWN, six), Peers.UNKNOWN),
                settings(1279),
                FACTS,
                List.of(),
                Set.of(),
                NodeState.EMPTY)
            .blocks();
    assertThat(blocks)
        .extracting(OwnBlock::state)
        .containsExactly(BlockState.ACTIVE, BlockState.MTU_TOO_SMALL);
    assertThat(blocks.get(1).message()).contains("1279", "1280", "mtu");
  }

  @Test
  void withoutIpv6TheNextHopIsTheOtherNodesAddress() {
    NodeFacts without = facts(1500, "192.168.1.11/24", Map.of(), false, false);
    NodeState desired =
        calculate(TunnelSettings.DEFAULT, without, peer(BLOCK, Routing.AUTO, reported(FAR)))
            .desired();
    IpAddress far = IpAddress.parse(FAR);
    assertThat(desired.of(Route.KIND))
        .contains(Route.toPeer(BLOCK, far, "v-net-vx4").withMtu(1450));
    assertThat(desired.of(NextHop.KIND)).containsExactly(new NextHop(far, "v-net-vx4"));
    assertThat(desired.of(TunnelNeighbour.KIND))
        .containsExactly(new TunnelNeighbour("v-net-vx4", far, MAC));
  }

  @Test
  void aLinkThatIsStrictIsAWarningOnlyWhereTunnelsLeadOverIt() {
    NodeFacts strict = facts(1500, "192.168.1.11/24", Map.of(), true, true);
    assertThat(
            calculate(TunnelSettings.DEFAULT, strict, peer(BLOCK, Routing.AUTO, reported(FAR)))
                .warnings())
        .extracting(Blocker::reason)
        .containsExactly(Blocker.STRICT_REVERSE_PATH);
    assertThat(
            calculate(TunnelSettings.DEFAULT, strict, peer(BLOCK, Routing.AUTO, reported(NEAR)))
                .warnings())
        .isEmpty();
  }

  @Test
  void aChainThatIsStrictIsAWarningOnlyWhereThereAreTunnels() {
    NodeFacts strict =
        facts(1500, "192.168.1.11/24", Map.of(), true, false, "inet firewalld filter_PREROUTING");
    assertThat(
            calculate(TunnelSettings.DEFAULT, strict, peer(BLOCK, Routing.AUTO, reported(FAR)))
                .warnings())
        .singleElement()
        .satisfies(
            warning -> {
              assertThat(warning.reason()).isEqualTo(Blocker.STRICT_REVERSE_PATH);
              assertThat(warning.message())
                  .contains("inet firewalld filter_PREROUTING", "from v-net-vx4 there");
            });
    assertThat(
            calculate(TunnelSettings.DEFAULT, strict, peer(BLOCK, Routing.AUTO, reported(NEAR)))
                .warnings())
        .isEmpty();
  }

  @Test
  void podsThatWereMadeWithALargerMtuAreNamed() {
    HostVeth old = new HostVeth("wf1", Optional.empty(), true, 1500);
    NodeState actual = NodeState.builder().add(HostVeth.KIND, old).build();
    List<Blocker> warnings =
        NodeStateCalculator.calculate(
                view(List.of(OWN), Peers.UNKNOWN),
                settings(1400),
                FACTS,
                List.of(),
                Set.of(),
                actual)
            .warnings();
    assertThat(warnings).extracting(Blocker::reason).containsExactly(Blocker.PODS_OF_LARGER_MTU);
    assertThat(warnings.get(0).message()).contains("1 pods", "1400");
  }

  @Test
  void anEndpointInABlockIsRefusedAndTheOthersGoOn() {
    Calculation calculation =
        calculate(
            TunnelSettings.DEFAULT,
            FACTS,
            peer(BLOCK, Routing.VXLAN, reported("10.244.1.7")),
            new Peer(
                "node3",
                Cidr.parse("10.244.3.0/24"),
                reported(NEAR),
                Routing.DIRECT,
                Peer.State.LISTED,
                Instant.EPOCH));
    assertThat(calculation.peers().get(0).route()).isEmpty();
    assertThat(calculation.peers().get(0).blocker().orElseThrow().reason())
        .isEqualTo(Blocker.ENDPOINT_REFUSED);
    assertThat(calculation.peers().get(1).route()).isPresent();
    assertThat(calculation.desired().of(VxlanDevice.KIND)).isEmpty();
  }

  @Test
  void aPoolMayHoldTheNodesOwnAddresses() {
    Masquerade wide = new Masquerade(Set.of(), Set.of(Cidr.parse("192.168.0.0/16")));
    Peer near = peer(Cidr.parse("192.168.2.0/24"), Routing.AUTO, reported(NEAR));
    ClusterView view =
        new ClusterView(
            true,
            List.of(OwnBlock.of(Cidr.parse("192.168.3.0/24"), List.of())),
            new Peers(List.of(near), Set.of(), false),
            Optional.of(wide),
            Set.of(),
            List.of(IpAddress.parse("192.168.1.11")),
            "uid1");
    PeerReport report =
        NodeStateCalculator.calculate(
                view, TunnelSettings.DEFAULT, FACTS, List.of(), Set.of(), NodeState.EMPTY)
            .peers()
            .get(0);
    assertThat(report.route()).isPresent();
    assertThat(report.blocker()).isEmpty();
  }

  @Test
  void anAddressThatTwoNodesReportIsNamedAtBothAndBothAreReachedAsFarAsThatGoes() {
    Peer clone =
        new Peer(
            "node3",
            Cidr.parse("10.244.3.0/24"),
            reported(NEAR),
            Routing.DIRECT,
            Peer.State.LISTED,
            Instant.EPOCH);
    List<PeerReport> reports =
        calculate(TunnelSettings.DEFAULT, FACTS, peer(BLOCK, Routing.DIRECT, reported(NEAR)), clone)
            .peers();
    for (PeerReport report : reports) {
      assertThat(report.route()).isPresent();
      assertThat(report.blocker().orElseThrow().reason()).isEqualTo(Blocker.ENDPOINT_SHARED);
      assertThat(report.blocker().orElseThrow().message()).contains("node2, node3");
    }
  }

  @Test
  void whoseBlockLiesOutsideItsPoolMaySendIntoATunnelOnlyWhileARouteToItStays() {
    Peer far = peer(BLOCK, Routing.AUTO, reported(FAR));
    Peer outside =
        new Peer(
            "node3",
            Cidr.parse("10.244.3.0/24"),
            new Endpoint(
                List.of(IpAddress.parse("192.168.3.13")),
                Optional.of(List.of()),
                Optional.of(MacAddress.ofNode("uid3"))),
            Routing.AUTO,
            Peer.State.NOT_IN_POOL,
            Instant.EPOCH);
    TunnelPeer ofOutside = new TunnelPeer(IpAddress.parse("192.168.3.13"));
    assertThat(calculate(far, outside).desired().of(TunnelPeer.KIND))
        .containsExactly(new TunnelPeer(IpAddress.parse(FAR)));

    Peer accepted =
        new Peer(
            outside.node(),
            outside.block(),
            outside.endpoint(),
            outside.routing(),
            Peer.State.LISTED,
            Instant.EPOCH);
    NodeState before =
        calculate(
                calculate(far, accepted).desired(),
                List.of(OWN.routed(Routing.DIRECT)),
                far,
                accepted)
            .desired();
    assertThat(before.of(TunnelPeer.KIND)).contains(ofOutside);
    assertThat(
            calculate(before, List.of(OWN.routed(Routing.DIRECT)), far, outside)
                .desired()
                .of(TunnelPeer.KIND))
        .contains(ofOutside);
  }

  /** Of a Node registered again, operator and agent write its UID and its MAC, in either order. */
  @ParameterizedTest
  @CsvSource({"192.168.2.13,v-net-vx4", "192.168.1.12,eth0"})
  void whatLeadsToANodeStaysWhileItsMacIsNotThatOfItsUid(String address, String device) {
    Peer before = peer(BLOCK, Routing.AUTO, reported(address));
    Peer before6 = peer(BLOCK6, Routing.VXLAN, reported(address));
    NodeState actual = settled(before, before6);
    Endpoint between = reported(address, MAC, "uid of its next Node");
    for (List<Peer> peers :
        List.of(
            List.of(peer(BLOCK, Routing.AUTO, between), before6),
            List.of(before, peer(BLOCK6, Routing.VXLAN, between)),
            List.of(peer(BLOCK, Routing.AUTO, between), peer(BLOCK6, Routing.VXLAN, between)))) {
      Calculation calculation = calculate(actual, List.of(OWN), peers.toArray(Peer[]::new));
      assertThat(calculation.desired()).isEqualTo(actual);
      assertThat(route(calculation).device()).isEqualTo(device);
      assertThat(calculation.peers())
          .filteredOn(report -> report.peer().endpoint().equals(between))
          .isNotEmpty()
          .allSatisfy(
              report -> {
                assertThat(report.blocker().orElseThrow().reason())
                    .isEqualTo(Blocker.TUNNEL_REFUSED);
                assertThat(report.blocker().orElseThrow().message()).contains(MAC.toString());
              });
    }
    MacAddress next = MacAddress.ofNode("uid of its next Node");
    Endpoint after = reported(address, next, "uid of its next Node");
    NodeState done =
        calculate(
                actual,
                List.of(OWN),
                peer(BLOCK, Routing.AUTO, after),
                peer(BLOCK6, Routing.VXLAN, after))
            .desired();
    assertThat(done.of(TunnelEnd.KIND))
        .containsExactly(new TunnelEnd("v-net-vx4", next, IpAddress.parse(address)));
  }

  private static NodeState settled(Peer... peers) {
    NodeState made = calculate(NodeState.EMPTY, List.of(OWN), peers).desired();
    return calculate(made, List.of(OWN), peers).desired();
  }

  @Test
  void aNodeThatReportsAnothersMacGetsNoneOfItsPacketsAndKeepsItsOwn() {
    Peer victim =
        new Peer(
            "node3",
            Cidr.parse("10.244.3.0/24"),
            reported(FAR),
            Routing.AUTO,
            Peer.State.LISTED,
            Instant.EPOCH);
    NodeState alone = settled(victim);
    Endpoint hostile = reported("192.168.2.66", MAC, "uid of the hostile");
    Calculation fresh = calculate(alone, List.of(OWN), peer(BLOCK, Routing.VXLAN, hostile), victim);
    assertThat(fresh.desired().of(Route.KIND)).isEqualTo(alone.of(Route.KIND));
    assertThat(fresh.desired().of(TunnelEnd.KIND)).isEqualTo(alone.of(TunnelEnd.KIND));
    assertThat(fresh.desired().of(TunnelNeighbour.KIND)).isEqualTo(alone.of(TunnelNeighbour.KIND));

    MacAddress ofHostile = MacAddress.ofNode("uid of the hostile");
    Endpoint honest = reported("192.168.2.66", ofHostile, "uid of the hostile");
    NodeState both = settled(peer(BLOCK, Routing.VXLAN, honest), victim);
    assertThat(both.of(TunnelEnd.KIND)).hasSize(2);
    assertThat(calculate(both, List.of(OWN), peer(BLOCK, Routing.VXLAN, hostile), victim).desired())
        .isEqualTo(both);
    assertThat(
            MovedPeers.changes(
                view(List.of(OWN), new Peers(List.of(victim), Set.of(), false)),
                TunnelSettings.DEFAULT,
                FACTS,
                both,
                List.of(peer(BLOCK, Routing.VXLAN, hostile))))
        .isEmpty();
  }

  @Test
  void theMacOfADeviceFollowsTheUidThatTheBlocksHave() {
    ClusterView view =
        view(
            List.of(OWN),
            new Peers(List.of(peer(BLOCK, Routing.VXLAN, reported(FAR))), Set.of(), false));
    ClusterView again =
        new ClusterView(
            true,
            view.blocks(),
            view.peers(),
            view.masquerade(),
            Set.of(),
            view.nodeAddresses(),
            "uid2",
            "uid1");
    Calculation calculation =
        NodeStateCalculator.calculate(
            again, TunnelSettings.DEFAULT, FACTS, List.of(), Set.of(), NodeState.EMPTY);
    assertThat(calculation.desired().of(VxlanDevice.KIND)).containsExactly(DEVICE);
    assertThat(calculation.endpoint().vxlan()).contains(DEVICE.mac());
  }

  private static TunnelSettings settings(int mtuBytes) {
    TunnelSettings defaults = TunnelSettings.DEFAULT;
    return new TunnelSettings(defaults.vni(), defaults.port(), mtuBytes);
  }

  private static Calculation calculate(TunnelSettings settings, NodeFacts facts, Peer... peers) {
    Masquerade pools =
        new Masquerade(Set.of(), Set.of(Cidr.parse("10.244.0.0/16"), Cidr.parse("fd00:244::/48")));
    ClusterView view = view(List.of(OWN), new Peers(Arrays.asList(peers), Set.of(), false));
    return NodeStateCalculator.calculate(
        new ClusterView(
            true,
            view.blocks(),
            view.peers(),
            Optional.of(pools),
            Set.of(),
            view.nodeAddresses(),
            "uid1"),
        settings,
        facts,
        List.of(),
        Set.of(),
        NodeState.EMPTY);
  }

  @Test
  void ofANodeThatMovedTheTunnelsNewEndIsWrittenAtOnceAndNothingIsRemoved() {
    IpAddress there = IpAddress.parse("192.168.2.99");
    List<Peer> moved =
        List.of(
            peer(BLOCK, Routing.AUTO, reported("192.168.2.99")),
            peer(BLOCK6, Routing.AUTO, reported(FAR)));
    assertThat(changesOfMoved(moved, peer(BLOCK, Routing.AUTO, reported(FAR))))
        .containsExactly(
            Change.add(TunnelPeer.KIND, new TunnelPeer(there)),
            Change.replace(
                TunnelEnd.KIND,
                new TunnelEnd("v-net-vx4", MAC, IpAddress.parse(FAR)),
                new TunnelEnd("v-net-vx4", MAC, there)));
  }

  @Test
  void ofANodeWhoseRouteChangesNothingIsWrittenAtOnce() {
    Peer far = peer(BLOCK, Routing.AUTO, reported(FAR));
    assertThat(changesOfMoved(List.of(far), far)).as("it did not move").isEmpty();
    assertThat(changesOfMoved(List.of(far), peer(BLOCK, Routing.AUTO, reported(NEAR))))
        .as("from a direct route into a tunnel")
        .isEmpty();
    assertThat(changesOfMoved(List.of(peer(BLOCK, Routing.AUTO, reported(NEAR))), far))
        .as("from a tunnel to a direct route")
        .isEmpty();
    assertThat(changesOfMoved(List.of(peer(BLOCK6, Routing.AUTO, reported(FAR))), far))
        .as("a new block")
        .isEmpty();
    assertThat(changesOfMoved(List.of(peer(BLOCK, Routing.AUTO, reported("192.168.1.11"))), far))
        .as("to an address of this node")
        .isEmpty();
  }

  private static List<Change<?>> changesOfMoved(List<Peer> moved, Peer... before) {
    return MovedPeers.changes(
        view(List.of(OWN), new Peers(Arrays.asList(before), Set.of(), false)),
        TunnelSettings.DEFAULT,
        FACTS,
        calculate(NodeState.EMPTY, List.of(OWN), before).desired(),
        moved);
  }

  private static final NodeFacts FACTS = facts(1500);

  private static NodeFacts facts(int mtuBytes) {
    return facts(mtuBytes, "192.168.1.11/24");
  }

  private static NodeFacts facts(int mtuBytes, String address) {
    return facts(mtuBytes, address, Map.of(), true, false);
  }

  private static NodeFacts facts(
      int mtuBytes,
      String address,
      Map<IpAddress, Integer> pathMtus,
      boolean ipv6,
      boolean strict,
      String... strictChains) {
    InterfaceAddress own = InterfaceAddress.parse(address);
    return new NodeFacts(
        List.of(new NodeFacts.Interface("eth0", mtuBytes, List.of(own), strict)),
        Set.of(own.address()),
        Map.of(IpAddress.parse(NEAR), "eth0"),
        pathMtus,
        Set.of(),
        Set.of(Family.values()),
        ipv6,
        List.of(),
        List.of(strictChains));
  }

  private static Endpoint reported(String address) {
    IpAddress own = IpAddress.parse(address);
    return new Endpoint(
        List.of(own), Optional.of(List.of(Cidr.containing(own, 24))), Optional.of(MAC));
  }

  /** After a restart pools that are gone are not known, and rules are not as this process wrote. */
  @ParameterizedTest
  @CsvSource({"true,", "false,NOT_IN_POOL", "true,LOST"})
  void rulesLetThroughWhatGoesOnAlthoughEveryPoolIsGone(boolean keepOthers, Peer.State state) {
    NodeState.Builder actual = NodeState.builder();
    NodeState before = settled(peer(BLOCK, Routing.AUTO, reported(FAR)));
    actual.addAll(Route.KIND, before.of(Route.KIND));
    actual.addAll(NextHop.KIND, before.of(NextHop.KIND));
    actual.addAll(VxlanDevice.KIND, before.of(VxlanDevice.KIND));
    actual.addAll(TunnelEnd.KIND, before.of(TunnelEnd.KIND));
    actual.addAll(TunnelNeighbour.KIND, before.of(TunnelNeighbour.KIND));
    actual.addAll(TunnelPeer.KIND, before.of(TunnelPeer.KIND));
    actual.add(TunnelRules.KIND, TunnelRules.ALTERED);
    List<Peer> listed =
        state == null
            ? List.of()
            : List.of(new Peer("node2", BLOCK, reported(FAR), Routing.AUTO, state, Instant.EPOCH));
    Cidr pool = Cidr.parse("10.99.0.0/16");
    for (Set<Cidr> pools : List.of(Set.<Cidr>of(), Set.of(pool))) {
      ClusterView view =
          new ClusterView(
              true,
              List.of(OWN),
              new Peers(listed, Set.of(), keepOthers),
              Optional.of(new Masquerade(Set.of(), pools)),
              Set.of(),
              List.of(IpAddress.parse("192.168.1.11")),
              "uid1");
      NodeState desired =
          NodeStateCalculator.calculate(
                  view, TunnelSettings.DEFAULT, FACTS, List.of(), Set.of(), actual.build())
              .desired();
      assertThat(desired.of(Route.KIND)).containsAll(before.of(Route.KIND));
      Set<Cidr> expected = new HashSet<>(pools);
      expected.addAll(List.of(OWN.cidr(), BLOCK));
      assertThat(desired.only(TunnelRules.KIND).flatMap(TunnelRules::content))
          .hasValueSatisfying(content -> assertThat(content.pools()).isEqualTo(expected));
    }
  }

  @Test
  void rulesNameNoBlockThatLiesInAPool() {
    Set<Cidr> pools = Set.of(Cidr.parse("10.244.0.0/16"), Cidr.parse("fd00:244::/48"));
    NodeState desired =
        calculate(TunnelSettings.DEFAULT, FACTS, peer(BLOCK, Routing.AUTO, reported(FAR)))
            .desired();
    assertThat(desired.only(TunnelRules.KIND).flatMap(TunnelRules::content))
        .hasValueSatisfying(content -> assertThat(content.pools()).isEqualTo(pools));
  }

  private static Endpoint reported(String address, MacAddress mac, String nodeUid) {
    IpAddress own = IpAddress.parse(address);
    return Endpoint.reported(
        List.of(own), Optional.of(List.of(Cidr.containing(own, 24))), Optional.of(mac), nodeUid);
  }

  private static Peer peer(Cidr block, Routing routing, Endpoint endpoint) {
    return new Peer("node2", block, endpoint, routing, Peer.State.LISTED, Instant.EPOCH);
  }

  private static Calculation calculate(Peer... peers) {
    return calculate(OWN.routed(Routing.DIRECT), peers);
  }

  private static Calculation calculate(OwnBlock own, Peer... peers) {
    return calculate(NodeState.EMPTY, List.of(own), peers);
  }

  private static Calculation calculate(NodeState actual, List<OwnBlock> own, Peer... peers) {
    return NodeStateCalculator.calculate(
        view(own, new Peers(Arrays.asList(peers), Set.of(), false)),
        TunnelSettings.DEFAULT,
        FACTS,
        List.of(),
        Set.of(),
        actual);
  }

  private static ClusterView view(List<OwnBlock> own, Peers peers) {
    return new ClusterView(
        true,
        own,
        peers,
        Optional.empty(),
        Set.of(),
        List.of(IpAddress.parse("192.168.1.11")),
        "uid1");
  }

  private static NodeState state(Route... routes) {
    return NodeState.builder()
        .addAll(Route.KIND, Stream.of(routes).collect(Collectors.toSet()))
        .build();
  }

  private static Route route(Calculation calculation) {
    return calculation.peers().stream()
        .filter(report -> report.peer().block().equals(BLOCK))
        .findFirst()
        .flatMap(PeerReport::route)
        .orElseThrow();
  }
}
