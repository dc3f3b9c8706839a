// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.path;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.agent.reconcile.ReconcileReport;
import dev.weft.core.dataplane.NodeState;
import dev.weft.core.dataplane.Route;
import dev.weft.core.dataplane.VxlanDevice;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;
import dev.weft.core.node.Blocker;
import dev.weft.core.node.Calculation;
import dev.weft.core.node.ClusterView;
import dev.weft.core.node.Endpoint;
import dev.weft.core.node.OwnBlock;
import dev.weft.core.node.Peer;
import dev.weft.core.node.PeerReport;
import dev.weft.core.node.Peers;
import dev.weft.core.node.Tunnel;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class PathProbesTest {
  private static final List<OwnBlock> OWN =
      Stream.of("10.244.1.0/24", "fd00:244:0:1::/64")
          .map(block -> OwnBlock.of(Cidr.parse(block), List.of()))
          .toList();
  private static final List<IpAddress> ADDRESSES =
      List.of(IpAddress.parse("192.168.0.1"), IpAddress.parse("fd00:192::1"));

  private final List<String> sent = new CopyOnWriteArrayList<>();
  private final Set<String> answering = new HashSet<>();
  private final AtomicInteger changes = new AtomicInteger();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private Optional<String> sendFailure = Optional.empty();
  private PathProbes probes = probes(Duration.ZERO);

  private PathProbes probes(Duration interval) {
    return new PathProbes(
        this::send,
        new PathProbes.Timing(interval, Duration.ZERO),
        registry,
        8478,
        changes::incrementAndGet);
  }

  private boolean send(IpAddress from, IpAddress to, int packetBytes) throws IOException {
    sent.add(from + " to " + to + (packetBytes == 0 ? "" : " in " + packetBytes + " bytes"));
    if (sendFailure.isPresent()) {
      throw new IOException(sendFailure.get());
    }
    return answering.contains(to.toString());
  }

  @Test
  void a_path_is_reached_where_the_other_gateway_answers_this_ones() throws Exception {
    answering.addAll(List.of("10.244.2.1", "fd00:244:0:2::1"));
    List<PeerReport> peers = List.of(direct(2), tunnelled(Cidr.parse("fd00:244:0:2::/64"), 2));
    probes.reconciled(report(peers));
    assertThat(probes.reached(peers.get(0))).isEmpty();

    probes.probeNext();

    assertThat(sent)
        .containsExactlyInAnyOrder(
            "10.244.1.1 to 10.244.2.1",
            "fd00:244:0:1::1 to fd00:244:0:2::1",
            "192.168.0.1 to 192.168.0.2 in 1500 bytes");
    assertThat(peers)
        .allSatisfy(peer -> assertThat(probes.reached(peer)).matches("yes, \\d+s ago"));
    assertThat(probes.blockers()).isEmpty();
    assertThat(changes).hasValue(0);
    assertThat(counted("direct", "4", "reached")).isEqualTo(1);
    assertThat(counted("vxlan", "6", "reached")).isEqualTo(1);
  }

  @Test
  void what_passes_between_the_nodes_addresses_alone_is_blocked_until_it_passes() throws Exception {
    answering.add("192.168.0.2");
    PeerReport peer = direct(2);
    probes.reconciled(report(List.of(peer)));
    probes.probeNext();
    probes.probeNext();

    assertThat(sent)
        .startsWith(
            "10.244.1.1 to 10.244.2.1",
            "10.244.1.1 to 10.244.2.1",
            "10.244.1.1 to 10.244.2.1",
            "192.168.0.1 to 192.168.0.2");
    assertThat(probes.reached(peer))
        .startsWith("DirectBlocked, ")
        .contains("192.168.0.2 answers", "10.244.2.1 does not", "set spec.routing: VXLAN");
    assertThat(probes.blockers())
        .singleElement()
        .satisfies(
            blocker -> {
              assertThat(blocker.reason()).isEqualTo(Blocker.DIRECT_BLOCKED);
              assertThat(blocker.message()).contains("and node2,", "set spec.routing: VXLAN");
            });
    assertThat(changes).hasValue(1);
    assertThat(counted("direct", "4", "blocked")).isEqualTo(2);

    answering.add("10.244.2.1");
    probes.probeNext();
    assertThat(probes.blockers()).isEmpty();
    assertThat(changes).hasValue(2);
  }

  @Test
  void a_tunnel_that_passes_nothing_names_the_port_to_open() throws Exception {
    answering.add("192.168.0.2");
    PeerReport peer = tunnelled(block(2), 2);
    probes.reconciled(report(List.of(peer)));
    probes.probeNext();

    assertThat(probes.reached(peer))
        .startsWith("TunnelBlocked, ")
        .endsWith("open UDP port 8478 between the nodes");
    assertThat(probes.blockers())
        .extracting(Blocker::reason)
        .containsExactly(Blocker.TUNNEL_BLOCKED);
  }

  @Test
  void one_lost_datagram_blocks_nothing() throws Exception {
    PeerReport peer = direct(2);
    AtomicInteger number = new AtomicInteger();
    probes =
        new PathProbes(
            (from, to, bytes) -> number.incrementAndGet() == PathProbes.ATTEMPTS,
            new PathProbes.Timing(Duration.ZERO, Duration.ZERO),
            registry,
            8478,
            changes::incrementAndGet);
    probes.reconciled(report(List.of(peer)));
    probes.probeNext();

    assertThat(probes.reached(peer)).startsWith("yes");
  }

  @Test
  void a_node_that_does_not_answer_at_all_is_unknown_and_no_blocker() throws Exception {
    PeerReport peer = direct(2);
    probes.reconciled(report(List.of(peer)));
    probes.probeNext();

    assertThat(probes.reached(peer))
        .startsWith("Unknown, ")
        .contains("no answer of 192.168.0.2 nor its gateway 10.244.2.1");
    assertThat(probes.blockers()).isEmpty();
    assertThat(counted("direct", "4", "unknown")).isEqualTo(1);
  }

  @Test
  void what_cannot_be_sent_is_unknown_and_says_why() throws Exception {
    sendFailure = Optional.of("send from here: Operation not permitted");
    PeerReport peer = direct(2);
    probes.reconciled(report(List.of(peer)));
    probes.probeNext();

    assertThat(probes.reached(peer))
        .startsWith("Unknown, ")
        .endsWith(": send from here: Operation not permitted");
    assertThat(sent).doesNotContain("192.168.0.1 to 192.168.0.2");
  }

  @Test
  void a_result_ends_with_its_path_and_with_its_node() throws Exception {
    answering.addAll(List.of("192.168.0.2", "192.168.0.3"));
    probes.reconciled(report(List.of(direct(2), direct(3))));
    probes.probeNext();
    assertThat(probes.blockers()).singleElement().asString().contains("node2", "node3");

    probes.reconciled(report(List.of(tunnelled(block(2), 2), direct(3))));
    assertThat(probes.blockers())
        .singleElement()
        .asString()
        .contains("node3")
        .doesNotContain("node2");
    assertThat(probes.reached(tunnelled(block(2), 2))).isEmpty();

    probes.reconciled(report(List.of(tunnelled(block(2), 2))));
    assertThat(probes.blockers()).isEmpty();
    assertThat(probes.reached(direct(3))).isEmpty();
  }

  @Test
  void a_path_that_changes_while_it_is_probed_gets_no_result() throws Exception {
    PeerReport peer = direct(2);
    probes =
        new PathProbes(
            (from, to, bytes) -> {
              probes.reconciled(report(List.of(tunnelled(block(2), 2))));
              return true;
            },
            new PathProbes.Timing(Duration.ZERO, Duration.ZERO),
            registry,
            8478,
            changes::incrementAndGet);
    probes.reconciled(report(List.of(peer)));
    probes.probeNext();

    assertThat(probes.reached(peer)).isEmpty();
    assertThat(probes.reached(tunnelled(block(2), 2))).isEmpty();
  }

  @Test
  void of_many_nodes_a_few_are_probed_at_a_time_and_each_before_any_again() throws Exception {
    List<PeerReport> peers = IntStream.range(2, 32).mapToObj(PathProbesTest::direct).toList();
    peers.forEach(peer -> answering.add(peer.peer().gateway().toString()));
    probes.reconciled(report(peers));
    for (int i = 0; i < 10; i++) {
      probes.probeNext();
      assertThat(sent).hasSize(3 * (i + 1));
    }
    assertThat(sent).doesNotHaveDuplicates();

    answering.clear();
    answering.addAll(
        sent.stream().map(one -> one.replaceAll(".* to 10.244.(.*).1", "192.168.0.$1")).toList());
    sent.clear();
    for (int i = 0; i < 10; i++) {
      int before = sent.size();
      probes.probeNext();
      assertThat(sent.size() - before).isLessThanOrEqualTo(2 * 3 * 4);
    }
    assertThat(new HashSet<>(sent)).as("all of them, by both addresses").hasSize(2 * 30);
  }

  @Test
  void a_blocker_names_a_few_nodes_and_stays_the_same_while_more_are_found() throws Exception {
    List<PeerReport> peers = IntStream.range(2, 32).mapToObj(PathProbesTest::direct).toList();
    IntStream.range(2, 32).forEach(node -> answering.add("192.168.0." + node));
    probes.reconciled(report(peers));
    Set<List<Blocker>> found = new HashSet<>();
    for (int i = 0; i < 10; i++) {
      probes.probeNext();
      found.add(probes.blockers());
    }

    assertThat(found).hasSize(2);
    assertThat(changes).hasValue(2);
    assertThat(probes.blockers().get(0).message())
        .containsPattern("node\\d+, node\\d+, node\\d+ and others \\(/v1/peers lists all\\)");
  }

  @Test
  void a_node_without_a_route_or_of_a_family_without_an_own_block_is_not_probed() throws Exception {
    PeerReport noRoute =
        new PeerReport(
            direct(2).peer(), Optional.empty(), Optional.of(new Blocker(Blocker.NO_ENDPOINT, "")));
    probes.reconciled(
        new ReconcileReport(
            view(),
            calculation(List.of(noRoute, direct(3))),
            OWN.subList(1, 2),
            List.of(),
            List.of()));
    probes.probeNext();

    assertThat(sent).isEmpty();
  }

  @Test
  void its_thread_probes_once_there_is_a_path_and_ends_with_it() throws Exception {
    answering.add("10.244.2.1");
    probes = probes(Duration.ofHours(1));
    probes.start();
    probes.reconciled(report(List.of()));
    probes.reconciled(report(List.of(direct(2))));

    await().until(() -> probes.reached(direct(2)).startsWith("yes"));
    probes.close();
    assertThat(sent).containsExactly("10.244.1.1 to 10.244.2.1");
  }

  private double counted(String path, String family, String result) {
    Counter counter =
        registry
            .get("weft.path.probes")
            .tags("path", path, "family", family, "result", result)
            .counter();
    return counter.count();
  }

  private static Cidr block(int node) {
    return Cidr.parse("10.244." + node + ".0/24");
  }

  private static PeerReport direct(int node) {
    IpAddress address = IpAddress.parse("192.168.0." + node);
    return new PeerReport(
        peer(block(node), node),
        Optional.of(Route.toPeer(block(node), address, "eth0")),
        Optional.empty());
  }

  private static PeerReport tunnelled(Cidr block, int node) {
    VxlanDevice device =
        new VxlanDevice(
            Family.IPV4, MacAddress.ofNode("u1"), 1450, 1, 8478, "eth0", ADDRESSES.get(0), true);
    MacAddress mac = MacAddress.ofNode("u" + node);
    return new PeerReport(
        peer(block, node),
        Optional.of(Route.toPeer(block, mac.linkLocal(), device.name())),
        Optional.empty(),
        Optional.of(
            new Tunnel(device, mac, IpAddress.parse("192.168.0." + node), mac.linkLocal(), 1450)));
  }

  private static Peer peer(Cidr block, int node) {
    Endpoint endpoint = new Endpoint(List.of(IpAddress.parse("192.168.0." + node)));
    return new Peer("node" + node, block, endpoint, Peer.State.LISTED, Instant.EPOCH);
  }

  private static ReconcileReport report(List<PeerReport> peers) {
    return new ReconcileReport(view(), calculation(peers), OWN, List.of(), List.of());
  }

  private static ClusterView view() {
    return new ClusterView(true, OWN, Peers.UNKNOWN, Optional.empty(), ADDRESSES);
  }

  private static Calculation calculation(List<PeerReport> peers) {
    return new Calculation(
        NodeState.EMPTY,
        OWN,
        new ArrayList<>(peers),
        Endpoint.UNKNOWN,
        List.of(),
        Optional.empty());
  }
}
