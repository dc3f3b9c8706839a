// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.path;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.agent.cni.Attachments;
import dev.weft.agent.dataplane.testing.KernelWorld;
import dev.weft.agent.dataplane.testing.Shell;
import dev.weft.agent.dataplane.testing.Stack;
import dev.weft.agent.dataplane.testing.TestNamespace;
import dev.weft.agent.reconcile.ReconcileReport;
import dev.weft.agent.reconcile.Reconciler;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;
import dev.weft.core.node.ClusterView;
import dev.weft.core.node.Endpoint;
import dev.weft.core.node.OwnBlock;
import dev.weft.core.node.Peer;
import dev.weft.core.node.PeerReport;
import dev.weft.core.node.Peers;
import dev.weft.core.node.Routing;
import dev.weft.core.node.TunnelSettings;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A node with a block of each family, and another one, which is the host at its uplink. */
@Tag("kernel")
class PathProbesKernelTest {
  private static final List<Cidr> PEER_BLOCKS =
      Stream.of("10.244.2.0/24", "fd00:244:0:2::/64").map(Cidr::parse).toList();
  private static final MacAddress PEER_MAC = MacAddress.ofNode("u2");
  private static final Endpoint PEER =
      new Endpoint(
          Stream.of("192.168.1.12", "fd00:192::12").map(IpAddress::parse).toList(),
          Optional.of(Stream.of("192.168.1.0/24", "fd00:192::/64").map(Cidr::parse).toList()),
          Optional.of(PEER_MAC));

  private final PathProbes probes =
      new PathProbes(
          new UdpDatagrams(Duration.ofSeconds(1)),
          new PathProbes.Timing(Duration.ZERO, Duration.ZERO),
          new SimpleMeterRegistry(),
          TunnelSettings.DEFAULT.port(),
          () -> {});
  private KernelWorld world;
  private TestNamespace peer;
  private ReconcileReport report;

  @BeforeEach
  void prepareNodes() throws Exception {
    world = new KernelWorld();
    peer = world.lan();
    peer.run("nft add table inet node");
    peer.run("nft add chain inet node input { type filter hook input priority 0 ; }");
  }

  @AfterEach
  void end() throws Exception {
    world.end();
    Shell.run("ip nexthop flush proto 87");
  }

  private void connect(Routing routing) throws Exception {
    List<OwnBlock> own =
        Stack.DUAL.blocks().stream()
            .map(block -> OwnBlock.of(block, List.of()).routed(routing))
            .toList();
    List<Peer> peers =
        PEER_BLOCKS.stream()
            .map(block -> new Peer("node2", block, PEER, routing, Peer.State.LISTED, Instant.EPOCH))
            .toList();
    ClusterView view =
        new ClusterView(
            true,
            own,
            new Peers(peers, Set.of(), false),
            Optional.of(Stack.DUAL.masquerade()),
            Set.of(),
            Stream.of("192.168.1.11", "fd00:192::11").map(IpAddress::parse).toList(),
            "u1");
    report =
        new Reconciler(() -> view, world.dataplane(), new Attachments(), TunnelSettings.DEFAULT)
            .reconcileOnce();
    assertThat(report.failures()).isEmpty();
    connectPeer(routing);
    probes.reconciled(report);
  }

  private void connectPeer(Routing routing) throws Exception {
    String device = routing == Routing.VXLAN ? "vx" : "lo";
    MacAddress mac = MacAddress.ofNode("u1");
    if (routing == Routing.VXLAN) {
      peer.run(
          "ip link add vx address %s mtu 1450 type vxlan id %d dstport %d local 192.168.1.12 nolearning"
              .formatted(PEER_MAC, TunnelSettings.DEFAULT.vni(), TunnelSettings.DEFAULT.port()));
      peer.run("ip link set vx up");
      peer.run("bridge fdb append " + mac + " dev vx dst 192.168.1.11 self permanent");
      peer.run("ip neigh add " + mac.linkLocal() + " lladdr " + mac + " dev vx nud permanent");
    }
    for (int family = 0; family < 2; family++) {
      peer.run("ip addr add " + Cidr.host(gateway(PEER_BLOCKS.get(family))) + " dev " + device);
      Cidr block = Stack.DUAL.blocks().get(family);
      String via = family == 0 ? "192.168.1.11" : "fd00:192::11";
      peer.run(
          routing == Routing.VXLAN
              ? "ip route add " + block + " via inet6 " + mac.linkLocal() + " dev vx"
              : "ip route add " + block + " via " + via);
    }
  }

  private static IpAddress gateway(Cidr block) {
    return OwnBlock.of(block, List.of()).gateway().address();
  }

  /** What lies between the nodes drops this. */
  private void dropBetween(String... matches) throws Exception {
    peer.run("nft add table netdev between");
    peer.run(
        "nft add chain netdev between traffic { type filter hook ingress device far priority 0 ; }");
    for (String match : matches) {
      peer.run("nft add rule netdev between traffic " + match + " drop");
    }
  }

  private List<String> reached() throws Exception {
    probes.probeNext();
    List<PeerReport> peers = report.calculation().peers();
    assertThat(peers).hasSize(2);
    return peers.stream().map(probes::reached).toList();
  }

  @ParameterizedTest
  @EnumSource(names = {"DIRECT", "VXLAN"})
  void aClosedPortsAnswerToTheGatewayCounts(Routing routing) throws Exception {
    connect(routing);
    for (Cidr block : Stack.DUAL.blocks()) {
      String ip = block.family().version() == 4 ? "ip" : "ip6";
      peer.run(
          "nft add rule inet node input meta nfproto ipv%d udp dport %d %s saddr != %s drop"
              .formatted(block.family().version(), UdpDatagrams.PORT, ip, gateway(block)));
    }
    assertThat(report.calculation().peers())
        .extracting(PeerReport::path)
        .containsOnly(routing == Routing.VXLAN ? PeerReport.Path.VXLAN : PeerReport.Path.DIRECT);

    assertThat(reached()).allSatisfy(text -> assertThat(text).startsWith("yes"));
  }

  @Test
  void aNetworkThatDropsPodsAddressesBlocksTheDirectPath() throws Exception {
    connect(Routing.DIRECT);
    dropBetween("ip saddr 10.244.0.0/16", "ip6 saddr fd00:244::/48");

    assertThat(reached()).allSatisfy(text -> assertThat(text).startsWith("DirectBlocked"));

    peer.run("nft delete table netdev between");
    assertThat(reached()).allSatisfy(text -> assertThat(text).startsWith("yes"));
  }

  @Test
  void aNetworkThatDropsTheTunnelsPortBlocksTheTunnel() throws Exception {
    connect(Routing.VXLAN);
    dropBetween("udp dport " + TunnelSettings.DEFAULT.port());

    assertThat(reached()).allSatisfy(text -> assertThat(text).startsWith("TunnelBlocked"));
  }

  @ParameterizedTest
  @EnumSource(names = {"DIRECT", "VXLAN"})
  void aHostThatDropsWhatItDoesNotExpectIsUnknown(Routing routing) throws Exception {
    connect(routing);
    peer.run("nft add rule inet node input udp dport " + UdpDatagrams.PORT + " drop");

    assertThat(reached()).allSatisfy(text -> assertThat(text).startsWith("Unknown"));
  }
}
