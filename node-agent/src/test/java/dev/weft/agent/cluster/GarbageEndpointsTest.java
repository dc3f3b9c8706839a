// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.api.IPAllocation;
import dev.weft.api.IPAllocationStatus;
import dev.weft.core.dataplane.Masquerade;
import dev.weft.core.dataplane.NextHop;
import dev.weft.core.dataplane.NodeFacts;
import dev.weft.core.dataplane.NodeState;
import dev.weft.core.dataplane.Route;
import dev.weft.core.dataplane.TunnelEnd;
import dev.weft.core.dataplane.TunnelPeer;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.Family;
import dev.weft.core.net.InterfaceAddress;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;
import dev.weft.core.node.Allocation;
import dev.weft.core.node.Calculation;
import dev.weft.core.node.ClusterView;
import dev.weft.core.node.NodeStateCalculator;
import dev.weft.core.node.OwnBlock;
import dev.weft.core.node.Peer;
import dev.weft.core.node.Peers;
import dev.weft.core.node.Routing;
import dev.weft.core.node.TunnelSettings;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What agents report of their nodes may be anything: it harms nobody but their own nodes. */
class GarbageEndpointsTest {
  private static final int ALLOCATIONS = 10_000;
  private static final long SEED = 16;
  private static final String OWN = "192.168.1.11";
  private static final String FAR = "192.168.2.13";
  private static final Cidr OF_FAR = Cidr.parse("10.244.3.0/24");

  private final Random random = new Random(SEED);

  @Test
  void garbage_of_ten_thousand_nodes_adds_nothing_and_takes_nothing_from_the_others() {
    Peer good = peer(allocation(OF_FAR, "far", endpoint(List.of(FAR), macOf("far"), null)));
    List<Peer> peers = new ArrayList<>(List.of(good));
    for (int i = 0; i < ALLOCATIONS; i++) {
      Cidr block = Cidr.parse("10.%d.%d.0/24".formatted(100 + i / 256, i % 256));
      peers.add(peer(allocation(block, "n" + i, garbage())));
    }

    NodeState alone = calculate(List.of(good)).desired();
    Calculation all = calculate(peers);

    assertThat(alone.of(TunnelEnd.KIND)).hasSize(1);
    for (var kind : List.of(Route.KIND, NextHop.KIND, TunnelEnd.KIND, TunnelPeer.KIND)) {
      assertThat(all.desired().of(kind)).as(kind.name()).isEqualTo(alone.of(kind));
    }
    assertThat(all.peers()).filteredOn(report -> report.blocker().isEmpty()).hasSize(1);
    assertThat(all.peers())
        .filteredOn(report -> report.blocker().isPresent())
        .allSatisfy(report -> assertThat(report.blocker().get().message()).contains("endpoint"));
  }

  @Test
  void another_nodes_mac_at_an_address_that_may_be_a_nodes_makes_no_tunnel_and_takes_none() {
    Peer good = peer(allocation(OF_FAR, "far", endpoint(List.of(FAR), macOf("far"), null)));
    NodeState alone = calculate(List.of(good)).desired();
    for (String mac : List.of(macOf("far"), "ff:ff:ff:ff:ff:ff", "00:00:00:00:00:00")) {
      Peer hostile =
          peer(
              allocation(
                  Cidr.parse("10.244.9.0/24"), "n9", endpoint(List.of("192.168.2.66"), mac, null)));
      Calculation all = calculate(List.of(good, hostile));
      for (var kind : List.of(Route.KIND, NextHop.KIND, TunnelEnd.KIND)) {
        assertThat(all.desired().of(kind)).as(kind.name()).isEqualTo(alone.of(kind));
      }
      assertThat(all.peers().get(1).blocker().orElseThrow().message()).contains(mac);
    }
  }

  private IPAllocationStatus.Endpoint garbage() {
    List<Supplier<String>> addresses =
        List.of(
            () -> "127.0.0." + random.nextInt(256),
            () -> "224.0.0." + random.nextInt(256),
            () -> "255.255.255.255",
            () -> "0.0.0.0",
            () -> "169.254.169.254",
            () -> OWN,
            () -> "10.244.1." + random.nextInt(256),
            () -> "10.100.0." + random.nextInt(256),
            () -> "::1",
            () -> "fe80::" + random.nextInt(10_000),
            () -> "ff02::1",
            () -> "::ffff:127.0.0.1",
            this::text);
    List<Supplier<String>> macs =
        List.of(
            () -> null,
            () -> "ff:ff:ff:ff:ff:ff",
            () -> "00:00:00:00:00:00",
            () -> macOf("far"),
            () -> MacAddress.BRIDGE.toString(),
            this::text);
    List<String> reported =
        Stream.generate(() -> any(addresses)).limit(1 + random.nextInt(3)).toList();
    List<String> onLink = random.nextBoolean() ? null : List.of("0.0.0.0/0", text());
    return endpoint(reported, any(macs), onLink);
  }

  private <T> T any(List<Supplier<T>> of) {
    return of.get(random.nextInt(of.size())).get();
  }

  private String text() {
    byte[] bytes = new byte[random.nextInt(40)];
    random.nextBytes(bytes);
    return new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1);
  }

  private static String macOf(String node) {
    return MacAddress.ofNode("uid of " + node).toString();
  }

  private static IPAllocationStatus.Endpoint endpoint(
      List<String> addresses, String mac, List<String> onLink) {
    return new IPAllocationStatus.Endpoint(
        addresses, mac == null ? null : new IPAllocationStatus.Vxlan(mac), onLink);
  }

  private static Allocation allocation(
      Cidr block, String node, IPAllocationStatus.Endpoint endpoint) {
    IPAllocation object =
        TestApiServer.allocation(block.toString(), node, "uid of " + node, "192.168.9.9");
    object.setStatus(new IPAllocationStatus(null, endpoint, null, null));
    return ResourceMapper.allocation(object, "node1");
  }

  private static Peer peer(Allocation allocation) {
    return new Peer(
        allocation.owner().node(),
        allocation.cidr(),
        allocation.endpoint(),
        Routing.AUTO,
        Peer.State.LISTED,
        Instant.EPOCH);
  }

  private static Calculation calculate(List<Peer> peers) {
    InterfaceAddress own = InterfaceAddress.parse(OWN + "/24");
    NodeFacts facts =
        new NodeFacts(
            List.of(new NodeFacts.Interface("eth0", 1500, List.of(own))),
            Set.of(own.address()),
            Map.of(),
            Set.of(),
            Set.of(Family.values()),
            List.of());
    Masquerade pools =
        new Masquerade(Set.of(), Set.of(Cidr.parse("10.244.0.0/16"), Cidr.parse("10.0.0.0/9")));
    ClusterView view =
        new ClusterView(
            true,
            List.of(OwnBlock.of(Cidr.parse("10.244.1.0/24"), List.of())),
            new Peers(peers, Set.of(), false),
            Optional.of(pools),
            Set.of(),
            List.of(IpAddress.parse(OWN)),
            "uid of node1");
    return NodeStateCalculator.calculate(
        view, TunnelSettings.DEFAULT, facts, List.of(), Set.of(), NodeState.EMPTY);
  }
}
