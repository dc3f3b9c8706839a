// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.dataplane.AntiSpoofEntry;
import dev.weft.core.dataplane.AntiSpoofRules;
import dev.weft.core.dataplane.Bridge;
import dev.weft.core.dataplane.Gateway;
import dev.weft.core.dataplane.HostPort;
import dev.weft.core.dataplane.HostPortRules;
import dev.weft.core.dataplane.HostVeth;
import dev.weft.core.dataplane.Masquerade;
import dev.weft.core.dataplane.MasqueradeRules;
import dev.weft.core.dataplane.Neighbour;
import dev.weft.core.dataplane.NextHop;
import dev.weft.core.dataplane.NodeFacts;
import dev.weft.core.dataplane.NodeState;
import dev.weft.core.dataplane.Route;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.Family;
import dev.weft.core.net.InterfaceAddress;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;
import dev.weft.core.net.Protocol;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class NodeStateCalculatorTest {
  private static final OwnBlock BLOCK = OwnBlock.of(Cidr.parse("10.244.1.0/24"), List.of());
  private static final OwnBlock BLOCK6 = OwnBlock.of(Cidr.parse("fd00:244:0:1::/64"), List.of());
  private static final List<IpAddress> ADDRESSES =
      List.of(IpAddress.parse("192.168.1.11"), IpAddress.parse("fd01::11"));
  private static final Map<IpAddress, String> ON_LINK =
      Map.of(IpAddress.parse("192.168.1.12"), "eth0", IpAddress.parse("fd01::12"), "eth0");
  private static final NodeFacts FACTS = facts(1450, "192.168.1.11/24", "fd01::11/64");
  private static final Masquerade MASQUERADE =
      new Masquerade(Set.of(Cidr.parse("10.244.0.0/16")), Set.of(Cidr.parse("10.244.0.0/16")));

  @Test
  void a_block_gives_bridge_gateway_unreachable_and_tables() {
    Calculation calculation = calculate(view(List.of(BLOCK, BLOCK6)), FACTS, List.of());

    NodeState desired = calculation.desired();
    assertThat(desired.only(Bridge.KIND)).contains(new Bridge(MacAddress.BRIDGE, 1450, true));
    assertThat(desired.of(Gateway.KIND)).isEqualTo(gateways("10.244.1.1/24", "fd00:244:0:1::1/64"));
    assertThat(desired.of(Route.KIND))
        .containsExactlyInAnyOrder(Route.blockRest(BLOCK.cidr()), Route.blockRest(BLOCK6.cidr()));
    assertThat(desired.only(AntiSpoofRules.KIND)).contains(AntiSpoofRules.WRITTEN);
    assertThat(desired.only(MasqueradeRules.KIND)).contains(MasqueradeRules.of(MASQUERADE));
    assertThat(desired.only(HostPortRules.KIND).orElseThrow().nodeAddresses())
        .as("the node's addresses and the gateways")
        .containsExactlyInAnyOrder(
            IpAddress.parse("192.168.1.11"),
            IpAddress.parse("fd01::11"),
            IpAddress.parse("10.244.1.1"),
            IpAddress.parse("fd00:244:0:1::1"));
    assertThat(calculation.notReady()).isEmpty();
  }

  @Test
  void an_attachment_gives_host_veth_routes_neighbours_and_anti_spoofing_of_both_families() {
    Attachment attachment = attachment("c1", "10.244.1.2", "fd00:244:0:1::2");
    MacAddress mac = MacAddress.parse("0a:58:0a:f4:01:02");

    NodeState desired =
        calculate(view(List.of(BLOCK, BLOCK6)), FACTS, List.of(attachment)).desired();

    String name = attachment.hostVeth();
    assertThat(desired.of(HostVeth.KIND))
        .containsExactly(new HostVeth(name, Optional.of(attachment), true));
    for (IpAddress address : attachment.addresses()) {
      assertThat(desired.of(Route.KIND)).contains(Route.toPod(address));
      assertThat(desired.of(Neighbour.KIND)).contains(new Neighbour(address, mac));
      assertThat(desired.of(AntiSpoofEntry.KIND)).contains(new AntiSpoofEntry(name, mac, address));
    }
  }

  @Test
  void a_peer_is_reached_through_the_link_that_its_address_is_on() {
    Peer four = peer("10.244.2.0/24", Peer.State.LISTED, "192.168.1.12", "fd01::12");
    Peer six = peer("fd00:244:0:2::/64", Peer.State.LOST, "192.168.1.12", "fd01::12");

    assertThat(routesTo(four, six))
        .containsExactlyInAnyOrder(
            Route.toPeer(four.block(), IpAddress.parse("192.168.1.12"), "eth0"),
            Route.toPeer(six.block(), IpAddress.parse("fd01::12"), "eth0"));
  }

  @Test
  void a_peer_without_a_way_has_no_route_and_a_reason() {
    assertThat(blocker(FACTS, peer("10.244.2.0/24", Peer.State.LISTED, "10.0.0.12")))
        .isEqualTo(Blocker.NO_TUNNEL);
    assertThat(blocker(FACTS, peer("10.244.2.0/24", Peer.State.LISTED, "192.168.1.11")))
        .isEqualTo(Blocker.NEXT_HOP_IS_THIS_NODE);
    assertThat(blocker(FACTS, peer("10.244.2.0/24", Peer.State.RELEASING, "192.168.1.12")))
        .isEqualTo(Blocker.RELEASING);
    assertThat(blocker(FACTS, peer("10.244.2.0/24", Peer.State.OVERLAPPING, "192.168.1.12")))
        .isEqualTo(Blocker.OVERLAPPING);
    assertThat(blocker(FACTS, peer("192.168.1.128/25", Peer.State.LISTED, "192.168.1.12")))
        .isEqualTo(Blocker.NODE_NETWORK);
    assertThat(
            blocker(
                withRoutes("10.244.2.0/24"),
                peer("10.244.2.0/24", Peer.State.LISTED, "192.168.1.12")))
        .isEqualTo(Blocker.FOREIGN_ROUTE);
  }

  @Test
  void a_route_that_is_there_stays_when_its_next_hop_is_no_longer_on_link() {
    Peer peer = peer("10.244.2.0/24", Peer.State.LISTED, "10.0.0.12");
    Route there = Route.toPeer(peer.block(), IpAddress.parse("10.0.0.12"), "eth1");

    Calculation calculation =
        NodeStateCalculator.calculate(
            view(List.of(BLOCK), peer),
            TunnelSettings.DEFAULT,
            FACTS,
            List.of(),
            Set.of(),
            routes(there));

    assertThat(calculation.desired().of(Route.KIND)).contains(there);
    assertThat(calculation.peers().get(0).blocker()).isPresent();
  }

  @Test
  void to_a_peer_that_does_not_count_a_route_that_is_there_stays_and_none_is_made() {
    Cidr block = Cidr.parse("10.244.2.0/24");
    Route there = Route.toPeer(block, IpAddress.parse("192.168.1.12"), "eth0");
    Peer peer = peer(block.toString(), Peer.State.NOT_IN_POOL, "192.168.1.12");
    assertThat(routesTo(peer)).isEmpty();
    assertThat(blocker(FACTS, peer)).isEqualTo(Blocker.NOT_IN_POOL);
    assertThat(desiredRoutes(new Peers(List.of(peer), Set.of(), false), there)).contains(there);
    Peer overlapping = peer(block.toString(), Peer.State.OVERLAPPING, "192.168.1.12");
    assertThat(desiredRoutes(new Peers(List.of(overlapping), Set.of(), false), there))
        .doesNotContain(there);
  }

  @Test
  void a_route_that_is_there_stays_until_its_owner_tells_where_it_is_or_the_owner_is_another() {
    Cidr block = Cidr.parse("10.244.2.0/24");
    Route there = Route.toPeer(block, IpAddress.parse("192.168.1.12"), "eth0");
    Peer untold = peer(block.toString(), Peer.State.LISTED);
    Peer ofAnother = peer(block.toString(), Peer.State.NEW_OWNER);

    assertThat(desiredRoutes(new Peers(List.of(untold), Set.of(), true), there)).contains(there);
    assertThat(desiredRoutes(new Peers(List.of(ofAnother), Set.of(), true), there))
        .doesNotContain(there);
  }

  @Test
  void a_route_to_a_block_that_no_list_told_of_stays_only_while_the_view_says_so() {
    Route route =
        Route.toPeer(Cidr.parse("10.244.7.0/24"), IpAddress.parse("192.168.1.17"), "eth0");

    assertThat(desiredRoutes(new Peers(List.of(), Set.of(), true), route)).contains(route);
    assertThat(desiredRoutes(new Peers(List.of(), Set.of(), false), route)).doesNotContain(route);
    assertThat(desiredRoutes(new Peers(List.of(), Set.of(route.destination()), true), route))
        .doesNotContain(route);
    Peer taker = peer("10.244.7.128/25", Peer.State.LISTED);
    assertThat(desiredRoutes(new Peers(List.of(taker), Set.of(), true), route))
        .doesNotContain(route);
  }

  @Test
  void a_route_to_a_part_of_this_nodes_block_or_of_another_purpose_does_not_stay() {
    Peers noneListed = new Peers(List.of(), Set.of(), true);
    Route overOwn =
        Route.toPeer(Cidr.parse("10.244.1.128/25"), IpAddress.parse("192.168.1.17"), "eth0");
    Route ofNoBlock = Route.blockRest(Cidr.parse("10.244.7.0/24"));

    assertThat(desiredRoutes(noneListed, overOwn)).doesNotContain(overOwn);
    assertThat(desiredRoutes(noneListed, ofNoBlock)).doesNotContain(ofNoBlock);
  }

  @Test
  void a_route_by_an_earlier_next_hop_goes_though_none_can_lead_to_the_new_one() {
    Peer peer = peer("10.244.2.0/24", Peer.State.LISTED, "10.0.0.12");
    Route there = Route.toPeer(peer.block(), IpAddress.parse("192.168.1.12"), "eth0");

    assertThat(desiredRoutes(new Peers(List.of(peer), Set.of(), true), there))
        .doesNotContain(there);
  }

  @Test
  void the_bridge_has_the_uplinks_mtu_else_the_one_that_it_has_else_1500() {
    NodeFacts noUplink = facts(9000, "172.16.0.1/24");

    assertThat(bridgeMtu(FACTS, bridged("10.244.1.1/24"))).isEqualTo(1450);
    assertThat(bridgeMtu(facts(1400, "192.168.1.11/24"), bridged("10.244.1.1/24"))).isEqualTo(1400);
    assertThat(bridgeMtu(noUplink, bridged("10.244.1.1/24"))).isEqualTo(1450);
    assertThat(bridgeMtu(noUplink, NodeState.EMPTY)).isEqualTo(1500);
  }

  @ParameterizedTest
  @CsvSource({"1400, 1400", "1450, 0", "1500, 0", "0, 0"})
  void the_route_to_a_pod_that_takes_less_than_the_bridge_has_the_pods_mtu(
      int podMtu, int routeMtu) {
    Attachment pod = attachment("c1", "10.244.1.2");
    HostVeth veth = new HostVeth(pod.hostVeth(), Optional.of(pod), true, podMtu);

    NodeState desired =
        NodeStateCalculator.calculate(
                view(List.of(BLOCK)),
                TunnelSettings.DEFAULT,
                FACTS,
                List.of(pod),
                Set.of(),
                NodeState.EMPTY.with(HostVeth.KIND, Set.of(veth)))
            .desired();

    assertThat(desired.of(HostVeth.KIND)).containsExactly(veth);
    assertThat(desired.of(Route.KIND))
        .contains(Route.toPod(pod.addresses().get(0)).withMtu(routeMtu));
  }

  @Test
  void a_pod_keeps_the_bridge_though_no_block_is_its_own() {
    NodeState desired =
        calculate(view(List.of()), FACTS, List.of(attachment("c1", "10.244.1.2"))).desired();

    assertThat(desired.only(Bridge.KIND)).isPresent();
    assertThat(desired.of(Gateway.KIND)).isEmpty();
  }

  @Test
  void a_bridge_alone_stays_until_a_first_list_and_none_is_made_before_it() {
    assertThat(bridgeOf(ClusterView.UNKNOWN, bridged())).isPresent();
    assertThat(bridgeOf(view(List.of()), bridged())).isEmpty();
    assertThat(bridgeOf(ClusterView.UNKNOWN, NodeState.EMPTY)).isEmpty();
  }

  @Test
  void rules_that_are_not_in_sync_are_written_once_the_pools_are_known() {
    HostPortRules hostPorts = new HostPortRules(false, Set.of());
    AntiSpoofRules antiSpoof = new AntiSpoofRules(false);
    NodeState actual =
        bridged("10.244.1.1/24")
            .with(HostPortRules.KIND, Set.of(hostPorts))
            .with(AntiSpoofRules.KIND, Set.of(antiSpoof));

    NodeState before = desired(ClusterView.UNKNOWN, actual);
    assertThat(before.only(HostPortRules.KIND)).contains(hostPorts);
    assertThat(before.only(AntiSpoofRules.KIND)).contains(antiSpoof);
    NodeState after = desired(view(List.of(BLOCK)), actual);
    assertThat(after.only(HostPortRules.KIND).map(HostPortRules::inSync)).contains(true);
    assertThat(after.only(AntiSpoofRules.KIND)).contains(AntiSpoofRules.WRITTEN);
  }

  @Test
  void the_pods_host_ports_are_wanted() {
    HostPort hostPort =
        new HostPort(
            HostPort.anyOf(Family.IPV4), Protocol.TCP, 80, IpAddress.parse("10.244.1.2"), 8080);

    NodeState desired =
        NodeStateCalculator.calculate(
                view(List.of(BLOCK)),
                TunnelSettings.DEFAULT,
                FACTS,
                List.of(attachment("c1", "10.244.1.2")),
                Set.of(hostPort),
                NodeState.EMPTY)
            .desired();

    assertThat(desired.of(HostPort.KIND)).containsExactly(hostPort);
  }

  @Test
  void more_foreign_routes_than_are_read_are_a_warning() {
    Cidr range = Cidr.parse("10.64.0.0/10");
    Set<Cidr> most =
        IntStream.range(0, NodeFacts.MAX_FOREIGN_ROUTES)
            .mapToObj(i -> range.sub(24, i))
            .collect(Collectors.toSet());

    assertThat(calculate(view(List.of(BLOCK)), withRoutes(most), List.of()).warnings())
        .singleElement()
        .satisfies(warning -> assertThat(warning.reason()).isEqualTo(Blocker.FOREIGN_ROUTE))
        .satisfies(warning -> assertThat(warning.message()).contains("routes or more"));
    most.remove(range.sub(24, 0));
    assertThat(calculate(view(List.of(BLOCK)), withRoutes(most), List.of()).warnings()).isEmpty();
  }

  @Test
  void a_lost_block_needs_no_forwarding_and_stays_lost_whatever_is_in_its_way() {
    OwnBlock lost = BLOCK6.with(BlockState.DELETED, "lost");
    NodeFacts facts =
        new NodeFacts(
            FACTS.interfaces(),
            FACTS.addresses(),
            FACTS.onLink(),
            Set.of(BLOCK6.cidr()),
            Set.of(Family.IPV4),
            List.of());

    Calculation calculation = calculate(view(List.of(BLOCK, lost)), facts, List.of());

    assertThat(calculation.notReady()).isEmpty();
    assertThat(calculation.blocks()).containsExactly(BLOCK, lost);
  }

  @Test
  void a_lost_block_keeps_its_gateway_until_its_last_pod() {
    ClusterView view = view(List.of(BLOCK.with(BlockState.DELETED, "lost")));

    NodeState used = calculate(view, FACTS, List.of(attachment("c1", "10.244.1.2"))).desired();
    assertThat(used.of(Gateway.KIND)).containsExactly(new Gateway(BLOCK.gateway()));
    assertThat(used.of(Route.KIND)).contains(Route.blockRest(BLOCK.cidr()));

    Calculation unused = calculate(view, FACTS, List.of());
    assertThat(unused.desired()).isEqualTo(NodeState.EMPTY);
    assertThat(unused.notReady()).as("the ADD says it, not STATUS").isEmpty();
  }

  @Test
  void another_machines_block_is_none_of_this_nodes() {
    ClusterView view = view(List.of(BLOCK.with(BlockState.OTHER_NODE, "another UID")));

    assertThat(calculate(view, FACTS, List.of()).notReady().orElseThrow()).contains("no block");
  }

  @Test
  void a_block_that_is_given_back_is_programmed_with_or_without_pods() {
    OwnBlock draining = BLOCK.with(BlockState.DRAINING, "its IPPool is drained");

    Calculation calculation = calculate(view(List.of(draining)), FACTS, List.of());

    assertThat(calculation.blocks()).containsExactly(draining);
    assertThat(calculation.desired().of(Gateway.KIND))
        .containsExactly(new Gateway(BLOCK.gateway()));
    assertThat(calculation.notReady()).isEmpty();
    assertThat(calculate(view(List.of(draining)), withRoutes("10.244.1.0/24"), List.of()).blocks())
        .extracting(OwnBlock::state)
        .containsExactly(BlockState.FOREIGN_ROUTE);
  }

  @Test
  void a_gateway_of_a_block_that_is_in_no_list_stays_until_its_last_pod() {
    NodeState actual = bridged("10.244.1.1/24", "10.244.3.1/24");

    NodeState desired =
        NodeStateCalculator.calculate(
                view(List.of()),
                TunnelSettings.DEFAULT,
                FACTS,
                List.of(attachment("c1", "10.244.1.2")),
                Set.of(),
                actual)
            .desired();

    assertThat(desired.of(Gateway.KIND)).isEqualTo(gateways("10.244.1.1/24"));
  }

  static Stream<MasqueradeRules> masqueradeRules() {
    return Stream.of(MasqueradeRules.of(MASQUERADE), MasqueradeRules.ALTERED);
  }

  @ParameterizedTest
  @MethodSource("masqueradeRules")
  void before_a_first_list_everything_stays(MasqueradeRules masquerade) {
    Route peer = Route.toPeer(Cidr.parse("10.244.7.0/24"), ADDRESSES.get(0).plus(6), "eth0");
    NodeState actual =
        NodeState.builder()
            .add(Bridge.KIND, new Bridge(MacAddress.BRIDGE, 1450, true))
            .addAll(Gateway.KIND, gateways("10.244.1.1/24"))
            .addAll(Route.KIND, Set.of(peer, Route.blockRest(BLOCK.cidr())))
            .add(NextHop.KIND, new NextHop(peer.nextHop().orElseThrow(), "eth0"))
            .add(AntiSpoofRules.KIND, AntiSpoofRules.WRITTEN)
            .add(MasqueradeRules.KIND, masquerade)
            .add(
                HostPortRules.KIND,
                HostPortRules.of(
                    Set.of(
                        IpAddress.parse("192.168.1.11"),
                        IpAddress.parse("fd01::11"),
                        IpAddress.parse("10.244.1.1"))))
            .build();

    Calculation calculation =
        NodeStateCalculator.calculate(
            ClusterView.UNKNOWN, TunnelSettings.DEFAULT, FACTS, List.of(), Set.of(), actual);

    assertThat(calculation.desired()).isEqualTo(actual);
    assertThat(calculation.notReady().orElseThrow()).contains("no list");
  }

  @Test
  void a_block_over_something_that_is_on_the_node_gives_nothing_out() {
    assertThat(blockerOf(facts(1500, "10.244.1.5/16"))).isEqualTo(Blocker.NODE_NETWORK);
    assertThat(blockerOf(withRoutes("10.244.1.0/24"))).isEqualTo(Blocker.FOREIGN_ROUTE);
    assertThat(blockerOf(withRoutes("10.244.1.64/26"))).isEqualTo(Blocker.FOREIGN_ROUTE);
    assertThat(calculate(view(List.of(BLOCK)), withRoutes("10.0.0.0/8"), List.of()).notReady())
        .as("a route that is less specific than the block is not in its way")
        .isEmpty();
  }

  @Test
  void a_node_that_does_not_forward_is_not_ready() {
    NodeFacts facts =
        new NodeFacts(
            FACTS.interfaces(),
            FACTS.addresses(),
            FACTS.onLink(),
            Set.of(),
            Set.of(Family.IPV4),
            List.of());

    assertThat(calculate(view(List.of(BLOCK)), facts, List.of()).notReady()).isEmpty();
    assertThat(calculate(view(List.of(BLOCK, BLOCK6)), facts, List.of()).notReady())
        .contains("the node does not forward IPv6: set net.ipv6.conf.all.forwarding=1");
  }

  @Test
  void a_chain_that_drops_what_is_forwarded_is_a_warning_and_keeps_nothing_from_pods() {
    NodeFacts facts =
        new NodeFacts(
            FACTS.interfaces(),
            FACTS.addresses(),
            FACTS.onLink(),
            Set.of(),
            FACTS.forwarding(),
            List.of("ip filter FORWARD"));

    Calculation calculation = calculate(view(List.of(BLOCK)), facts, List.of());

    assertThat(calculation.notReady()).isEmpty();
    assertThat(calculation.warnings())
        .singleElement()
        .satisfies(warning -> assertThat(warning.reason()).isEqualTo(Blocker.FORWARD_DROP))
        .satisfies(warning -> assertThat(warning.message()).startsWith("chain ip filter FORWARD"));
  }

  @Test
  void a_node_that_awaits_a_block_of_another_family_is_not_ready() {
    ClusterView view =
        new ClusterView(
            true,
            List.of(BLOCK),
            Peers.UNKNOWN,
            Optional.of(MASQUERADE),
            Set.of(Family.IPV6),
            ADDRESSES,
            "uid1");
    assertThat(calculate(view, FACTS, List.of()).notReady().orElseThrow()).contains("IPV6");
  }

  @Test
  void a_node_without_a_block_is_not_ready_and_still_reaches_its_peers() {
    Peer peer = peer("10.244.2.0/24", Peer.State.LISTED, "192.168.1.12");

    Calculation calculation = calculate(view(List.of(), peer), FACTS, List.of());

    assertThat(calculation.notReady().orElseThrow()).contains("has no block");
    assertThat(calculation.desired().of(Bridge.KIND)).isEmpty();
    assertThat(calculation.desired().of(Route.KIND)).hasSize(1);
  }

  private static String blockerOf(NodeFacts facts) {
    Calculation calculation = calculate(view(List.of(BLOCK)), facts, List.of());
    assertThat(calculation.blocks().get(0).isAllocatable()).isFalse();
    assertThat(calculation.notReady()).as("the ADD says it, not STATUS").isEmpty();
    assertThat(calculation.desired()).isEqualTo(NodeState.EMPTY);
    return calculation.blocks().get(0).blocker().orElseThrow().reason();
  }

  private static String blocker(NodeFacts facts, Peer peer) {
    PeerReport report = calculate(view(List.of(BLOCK), peer), facts, List.of()).peers().get(0);
    assertThat(report.route()).isEmpty();
    return report.blocker().orElseThrow().reason();
  }

  private static Set<Route> routesTo(Peer... peers) {
    return calculate(view(List.of(), peers), FACTS, List.of()).desired().of(Route.KIND);
  }

  private static Set<Route> desiredRoutes(Peers peers, Route actual) {
    ClusterView view =
        new ClusterView(true, List.of(BLOCK), peers, Optional.of(MASQUERADE), ADDRESSES);
    return NodeStateCalculator.calculate(
            view, TunnelSettings.DEFAULT, FACTS, List.of(), Set.of(), routes(actual))
        .desired()
        .of(Route.KIND);
  }

  private static Calculation calculate(
      ClusterView view, NodeFacts facts, List<Attachment> attachments) {
    return NodeStateCalculator.calculate(
        view, TunnelSettings.DEFAULT, facts, attachments, Set.of(), NodeState.EMPTY);
  }

  private static ClusterView view(List<OwnBlock> blocks, Peer... peers) {
    return new ClusterView(
        true,
        blocks,
        new Peers(List.of(peers), Set.of(), true),
        Optional.of(MASQUERADE),
        Set.of(),
        ADDRESSES,
        "uid1");
  }

  private static Peer peer(String block, Peer.State state, String... endpoint) {
    return new Peer(
        "node2",
        Cidr.parse(block),
        new Endpoint(Arrays.stream(endpoint).map(IpAddress::parse).toList()),
        state,
        Instant.EPOCH);
  }

  private static Attachment attachment(String containerId, String... addresses) {
    return new Attachment(
        "weft",
        new AttachmentKey(containerId, "eth0"),
        Arrays.stream(addresses).map(IpAddress::parse).toList(),
        Optional.empty());
  }

  private static NodeFacts facts(int mtuBytes, String... addresses) {
    List<InterfaceAddress> carried = Arrays.stream(addresses).map(InterfaceAddress::parse).toList();
    return new NodeFacts(
        List.of(new NodeFacts.Interface("eth0", mtuBytes, carried)),
        carried.stream().map(InterfaceAddress::address).collect(Collectors.toSet()),
        ON_LINK,
        carried.stream().map(InterfaceAddress::network).collect(Collectors.toSet()),
        Set.of(Family.values()),
        List.of());
  }

  private static NodeState desired(ClusterView view, NodeState actual) {
    return NodeStateCalculator.calculate(
            view, TunnelSettings.DEFAULT, FACTS, List.of(), Set.of(), actual)
        .desired();
  }

  private static Optional<Bridge> bridgeOf(ClusterView view, NodeState actual) {
    return desired(view, actual).only(Bridge.KIND);
  }

  private static int bridgeMtu(NodeFacts facts, NodeState actual) {
    return NodeStateCalculator.calculate(
            view(List.of(BLOCK)), TunnelSettings.DEFAULT, facts, List.of(), Set.of(), actual)
        .desired()
        .only(Bridge.KIND)
        .orElseThrow()
        .mtuBytes();
  }

  private static NodeFacts withRoutes(String... routes) {
    return withRoutes(Arrays.stream(routes).map(Cidr::parse).collect(Collectors.toSet()));
  }

  private static NodeFacts withRoutes(Set<Cidr> routes) {
    return new NodeFacts(
        FACTS.interfaces(),
        FACTS.addresses(),
        FACTS.onLink(),
        routes,
        FACTS.forwarding(),
        List.of());
  }

  private static NodeState routes(Route... routes) {
    return NodeState.EMPTY.with(Route.KIND, Set.of(routes));
  }

  private static NodeState bridged(String... gateways) {
    return NodeState.builder()
        .add(Bridge.KIND, new Bridge(MacAddress.BRIDGE, 1450, true))
        .addAll(Gateway.KIND, gateways(gateways))
        .build();
  }

  private static Set<Gateway> gateways(String... texts) {
    return Arrays.stream(texts)
        .map(InterfaceAddress::parse)
        .map(Gateway::new)
        .collect(Collectors.toSet());
  }
}
