// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.tunnel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.agent.dataplane.Dataplane;
import dev.weft.agent.dataplane.testing.KernelWorld;
import dev.weft.agent.dataplane.testing.Shell;
import dev.weft.core.dataplane.Change;
import dev.weft.core.dataplane.InFlight;
import dev.weft.core.dataplane.Masquerade;
import dev.weft.core.dataplane.NodeFacts;
import dev.weft.core.dataplane.NodeState;
import dev.weft.core.dataplane.Planner;
import dev.weft.core.dataplane.Route;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;
import dev.weft.core.node.Calculation;
import dev.weft.core.node.ClusterView;
import dev.weft.core.node.Endpoint;
import dev.weft.core.node.NodeStateCalculator;
import dev.weft.core.node.OwnBlock;
import dev.weft.core.node.Peer;
import dev.weft.core.node.Peers;
import dev.weft.core.node.Routing;
import dev.weft.core.node.TunnelSettings;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A tunnel to a node of another subnet, 192.168.2.13, in the kernel. */
@Tag("kernel")
class TunnelDriversKernelTest {
  private static final String FAR = "192.168.2.13";
  private static final MacAddress MAC = MacAddress.ofNode("uid of far");
  private static final String IPV6_OFF = "sysctl -qw net.ipv6.conf.default.disable_ipv6=";

  private KernelWorld world;

  @BeforeEach
  void start() throws Exception {
    world = new KernelWorld();
  }

  @AfterEach
  void end() throws Exception {
    Shell.run(IPV6_OFF + "0");
    world.end();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void comesAndGoesWithAndWithoutIpv6(boolean ipv6) throws Exception {
    Shell.run(IPV6_OFF + (ipv6 ? "0" : "1"));
    assertThat(facts().ipv6()).isEqualTo(ipv6);

    assertThat(reconcile(FAR)).isEmpty();

    assertThat(Shell.run("ip nexthop"))
        .contains("via " + (ipv6 ? MAC.linkLocal() : FAR) + " dev v-net-vx4");
    assertThat(Shell.run("ip route show 10.244.3.0/24")).contains("dev v-net-vx4", "mtu 1450");
    assertThat(Shell.run("bridge fdb show dev v-net-vx4")).contains(MAC + " dst " + FAR);
    assertThat(Shell.run("ip -d link show v-net-vx4")).contains("id 7824742", "nolearning");
    assertInSync(FAR);

    assertThat(reconcile()).isEmpty();
    assertThat(Shell.run("ip -o link")).doesNotContain("v-net-vx");
    assertThat(Shell.run("ip nexthop")).isBlank();
    assertThat(Shell.run("nft list tables")).doesNotContain("weft_tunnel");
  }

  @Test
  void anotherDeviceOfTheSameIdentifierIsNamedAndLeftAlone() throws Exception {
    Shell.run("ip link add foreign0 type vxlan id 7824742 dstport 8478 dev uplink");
    List<Dataplane.Failure> failures = reconcile(FAR);
    assertThat(failures.get(0).error().getMessage())
        .contains("foreign0", "VNI 7824742", "choose another");
    assertThat(Shell.run("ip -o link")).contains("foreign0").doesNotContain("v-net-vx4");

    Shell.run("ip link del foreign0");
    assertThat(reconcile(FAR)).isEmpty();
    assertInSync(FAR);
  }

  @Test
  void anotherProgramOnThePortIsReportedAndLeftAlone() throws Exception {
    try (DatagramSocket other = new DatagramSocket(new InetSocketAddress("0.0.0.0", 8478))) {
      assertThat(reconcile(FAR))
          .anySatisfy(
              failure ->
                  assertThat(failure.error().getMessage())
                      .contains("another program on this node uses UDP port 8478"));
      assertThat(other.isClosed()).isFalse();
    }
    assertThat(reconcile(FAR)).isEmpty();
    assertInSync(FAR);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "sysctl -qw net.ipv4.conf.v-net-vx4.rp_filter=1",
        "ip link set v-net-vx4 type vxlan learning",
        "ip nexthop flush proto 87",
        "bridge fdb add 02:00:00:00:00:01 dev v-net-vx4 dst 192.168.9.9",
        "ip neigh add 10.1.1.1 lladdr 02:00:00:00:00:01 dev v-net-vx4 nud permanent",
      })
  void isRepaired(String damage) throws Exception {
    assertThat(reconcile(FAR)).isEmpty();
    Shell.run(damage);
    assertThat(plan(calculate(FAR).desired(), world.dataplane().read())).isNotEmpty();
    reconcile(FAR);
    assertThat(reconcile(FAR)).isEmpty();
    assertInSync(FAR);
  }

  @Test
  void whatThePathPassesIsReadAndWritten() throws Exception {
    Shell.run("ip route add 192.168.2.0/24 via 192.168.1.12 mtu 1400");
    assertThat(facts().pathMtus()).containsEntry(IpAddress.parse(FAR), 1400);
    assertThat(reconcile(FAR)).isEmpty();
    assertThat(Shell.run("ip route show 10.244.3.0/24")).contains("mtu 1350");
    assertThat(Shell.run("ip link show v-net-vx4")).as("for other peers").contains("mtu 1450");
    assertInSync(FAR);
  }

  @Test
  void aLinkIsStrictByItsOwnSettingOrThatOfAll() throws Exception {
    assertThat(uplink().strict()).isFalse();
    Shell.run("sysctl -qw net.ipv4.conf.uplink.rp_filter=1");
    assertThat(uplink().strict()).isTrue();
    Shell.run("sysctl -qw net.ipv4.conf.all.rp_filter=2");
    try {
      assertThat(uplink().strict()).isFalse();
    } finally {
      Shell.run("sysctl -qw net.ipv4.conf.all.rp_filter=0");
    }
  }

  private NodeFacts.Interface uplink() throws Exception {
    return facts().interfaces().stream()
        .filter(link -> link.name().equals("uplink"))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void whatStaysAlthoughItsPoolIsGonePassesTheRules() throws Exception {
    assertThat(reconcile(FAR)).isEmpty();
    ClusterView known = view(FAR);
    Peer far = known.peers().known().get(0);
    Peer outside =
        new Peer(far.node(), far.block(), far.endpoint(), Peer.State.NOT_IN_POOL, Instant.EPOCH);
    ClusterView without =
        new ClusterView(
            true,
            known.blocks(),
            new Peers(List.of(outside), Set.of(), false),
            Optional.of(Masquerade.NONE),
            Set.of(),
            known.nodeAddresses(),
            known.nodeUid());

    NodeState actual = world.dataplane().read();
    assertThat(world.dataplane().apply(plan(calculate(without).desired(), actual))).isEmpty();

    assertThat(Shell.run("ip route show 10.244.3.0/24")).contains("dev v-net-vx4");
    assertThat(Shell.run("nft list table inet weft_tunnel"))
        .contains("ip saddr != { 10.244.1.0/24, 10.244.3.0/24 } counter")
        .doesNotContain("meta nfproto ipv4");
  }

  private void assertInSync(String... peers) throws Exception {
    NodeState actual = world.dataplane().read();
    NodeState desired = calculate(peers).desired();
    assertThat(actual.of(Route.KIND)).isEqualTo(desired.of(Route.KIND));
    assertThat(plan(desired, actual)).isEmpty();
  }

  private List<Dataplane.Failure> reconcile(String... peers) throws Exception {
    NodeState actual = world.dataplane().read();
    return world.dataplane().apply(plan(calculate(peers).desired(), actual));
  }

  private static List<Change<?>> plan(NodeState desired, NodeState actual) {
    return Planner.plan(desired, actual, InFlight.NONE);
  }

  private NodeFacts facts() throws Exception {
    return world.dataplane().facts(NodeStateCalculator.factsWanted(view(FAR)));
  }

  private Calculation calculate(String... peers) throws Exception {
    return calculate(view(peers));
  }

  private Calculation calculate(ClusterView view) throws Exception {
    return NodeStateCalculator.calculate(
        view,
        TunnelSettings.DEFAULT,
        world.dataplane().facts(NodeStateCalculator.factsWanted(view)),
        List.of(),
        Set.of(),
        world.dataplane().read());
  }

  private static ClusterView view(String... peers) {
    List<Peer> known =
        List.of(peers).stream()
            .map(
                address ->
                    new Peer(
                        "far",
                        Cidr.parse("10.244.3.0/24"),
                        new Endpoint(
                            List.of(IpAddress.parse(address)), Optional.empty(), Optional.of(MAC)),
                        Routing.AUTO,
                        Peer.State.LISTED,
                        Instant.EPOCH))
            .toList();
    return new ClusterView(
        true,
        List.of(OwnBlock.of(Cidr.parse("10.244.1.0/24"), List.of())),
        new Peers(known, Set.of(), false),
        Optional.of(new Masquerade(Set.of(), Set.of(Cidr.parse("10.244.0.0/16")))),
        Set.of(),
        List.of(IpAddress.parse("192.168.1.11")),
        "uid of this node");
  }
}
