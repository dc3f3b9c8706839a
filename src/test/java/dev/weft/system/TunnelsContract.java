// SPDX-License-Identifier: Apache-2.0
package dev.weft.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.api.Conditions;
import dev.weft.api.IPPoolSpec.Routing;
import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;
import dev.weft.core.node.Blocker;
import dev.weft.sandbox.ExecResult;
import dev.weft.sandbox.SandboxNode;
import dev.weft.sandbox.SandboxOptions;
import dev.weft.sandbox.SandboxPod;
import dev.weft.sandbox.Topology;
import io.fabric8.kubernetes.api.model.NodeAddress;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** node1 and node2 on one LAN, node3 on another behind a router that knows no pods. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class TunnelsContract {
  private static final Logger LOG = LoggerFactory.getLogger(TunnelsContract.class);
  private static final String PORT = "8478";
  private static final int VNI = 0x776566;
  private static final List<String> POOLS = List.of("main", "main-6");

  private Cluster cluster;
  private SandboxPod near;
  private SandboxPod neighbour;
  private SandboxPod far;

  @BeforeAll
  void start() {
    cluster = Cluster.up(options("tunnels"));
    near = cluster.addPod(1, "near");
    neighbour = cluster.addPod(2, "neighbour");
    far = cluster.addPod(3, "far");
    cluster
        .node(3)
        .exec(
            "nft",
            "add table inet forged; add counter inet forged came;"
                + " add chain inet forged in { type filter hook prerouting priority -500; };"
                + " add rule inet forged in ip protocol 253 counter name came")
        .orThrow();
  }

  /** What the cluster is like. */
  SandboxOptions options(String name) {
    return Cluster.options(name, 3, Family.IPV4, Family.IPV6).withTopology(Topology.ROUTED);
  }

  @AfterAll
  void stop() {
    if (cluster != null) {
      cluster.close();
    }
  }

  /** Each test leaves every pod reached from every node, and node2 directly from node1. */
  @AfterEach
  void restore() {
    route(Routing.Auto);
    Cluster.await("every pod to reach every pod", this::allIsWhole);
    Cluster.await("node2 to be reached directly", () -> deviceTo(neighbour).equals("eth0"));
  }

  private void route(Routing routing) {
    POOLS.forEach(pool -> Resources.patchSpec(cluster, pool, "routing", routing.name()));
  }

  private boolean allIsWhole() {
    for (SandboxPod from : List.of(near, neighbour, far)) {
      for (SandboxPod to : List.of(near, neighbour, far)) {
        for (String address : to.addresses()) {
          if (!cluster.probe(from, "ping", address).ok()) {
            return false;
          }
        }
      }
    }
    return true;
  }

  /** By which link node1 sends to a pod, the same for both of its addresses. */
  private String deviceTo(SandboxPod pod) {
    List<String> devices =
        pod.addresses().stream()
            .map(
                address -> {
                  String route =
                      cluster.node(1).exec("ip", "route", "get", address).orThrow().stdout();
                  return route.replaceAll("(?s).* dev (\\S+).*", "$1");
                })
            .distinct()
            .toList();
    return String.join(" and ", devices);
  }

  @Test
  void whoeverIsOnTheLinkIsReachedDirectlyAndTheRestThroughATunnel() throws Exception {
    assertThat(deviceTo(neighbour)).isEqualTo("eth0");
    assertThat(deviceTo(far)).isEqualTo("v-net-vx4");
    assertThat(cluster.node(1).askAgent("/v1/peers").stdout())
        .contains("direct via 192.168.1.12 dev eth0", "vxlan to 192.168.2.13 dev v-net-vx4");
    for (SandboxPod server : List.of(near, far)) {
      try (Probe listening = Probe.serve(cluster.node(server.node().charAt(4) - '0'), server)) {
        assertThat(listening.isAlive()).isTrue();
        for (SandboxPod client : List.of(near, neighbour, far)) {
          for (String address : server.addresses()) {
            String own = sameFamily(client, address);
            assertThat(cluster.probe(client, "seen", Probe.PORT, address).orThrow().stdout())
                .as("%s sees the client's own address", server.name())
                .isEqualTo(address + " " + own + "\n");
          }
        }
      }
    }
  }

  @Test
  void nodesTrackWhatIsInATunnelAndNotTheTunnel() {
    for (String address : far.addresses()) {
      cluster.probe(near, "ping", address).orThrow();
    }
    for (int node : List.of(1, 3)) {
      assertThat(cluster.node(node).exec("cat", "/proc/net/nf_conntrack").orThrow().stdout())
          .contains("dst=" + far.addresses().get(0))
          .doesNotContain("dport=" + PORT);
    }
  }

  private static String sameFamily(SandboxPod pod, String address) {
    return pod.addresses().stream()
        .filter(own -> own.contains(":") == address.contains(":"))
        .findFirst()
        .orElseThrow();
  }

  /**
   * kube-proxy translates what a node sends to a Service and, without a cluster CIDR, leaves it the
   * address of the uplink, by which the answer would come back without the tunnel.
   */
  @Test
  void aNodeReachesAServiceOfAPodBehindTheTunnel() throws Exception {
    try (Probe listening = Probe.serve(cluster.node(3), far)) {
      assertThat(listening.isAlive()).isTrue();
      for (String pod : far.addresses()) {
        boolean ipv6 = pod.contains(":");
        String service = ipv6 ? "fd00:96::7" : "10.96.0.7";
        String rules =
            "add table %1$s service; add chain %1$s service output { type nat hook output priority -100; };"
                + " add rule %1$s service output %1$s daddr %2$s dnat to %3$s";
        cluster.node(1).exec("nft", rules.formatted(ipv6 ? "ip6" : "ip", service, pod)).orThrow();
        String gateway = ipv6 ? "fd00:244:0:1::1" : "10.244.1.1";
        assertThat(
                cluster.node(1).exec(Cluster.probeCommand("seen", Probe.PORT, service)).orThrow())
            .extracting(ExecResult::stdout)
            .isEqualTo(service + " " + gateway + "\n");
      }
    } finally {
      cluster.node(1).exec("nft", "delete table ip service; delete table ip6 service");
    }
  }

  @Test
  void everyNodeReachesEveryPodAndPodsReachWhatIsOutside() {
    for (SandboxNode node : cluster.sandbox().nodes()) {
      for (SandboxPod pod : List.of(near, neighbour, far)) {
        for (String address : pod.addresses()) {
          node.exec(Cluster.probeCommand("ping", address)).orThrow();
        }
      }
    }
    for (String outside : List.of("192.168.1.10", "fd00:1::10")) {
      cluster.probe(far, "ping", outside).orThrow();
    }
  }

  @Test
  void aPacketTooLongForTheTunnelIsAnsweredAndOneThatMayBeFragmentedArrives() {
    for (String address : far.addresses()) {
      int headers = address.contains(":") ? 48 : 28;
      SandboxNode node = cluster.node(1);
      String fits = String.valueOf(1450 - headers);
      String tooLong = String.valueOf(1500 - headers);
      node.execInPod(near, "ping", "-c1", "-W5", "-Mdo", "-s" + fits, address).orThrow();
      node.execInPod(near, "ping", "-c3", "-i0.2", "-W5", "-Mdont", "-s" + tooLong, address)
          .orThrow();
      var refused = node.execInPod(near, "ping", "-c2", "-W5", "-Mdo", "-s" + tooLong, address);
      assertThat(refused.stdout() + refused.stderr())
          .as("the pod learns what fits")
          .containsPattern("mtu[ :=]+1450");
    }
  }

  @Test
  void routingChangesUnderTrafficWithoutAPacketLost() throws Exception {
    for (String address : neighbour.addresses()) {
      try (Probe echo = Probe.serve(cluster.node(2), neighbour);
          Probe stream = Probe.stream(cluster.node(1), near, address)) {
        for (Routing routing : List.of(Routing.VXLAN, Routing.Auto, Routing.VXLAN, Routing.Auto)) {
          route(routing);
          String device = routing == Routing.VXLAN ? "v-net-vx4" : "eth0";
          Cluster.await(
              "node2 to be reached by " + device, () -> deviceTo(neighbour).equals(device));
          Cluster.await(
              "node1 to be reached by " + device,
              () ->
                  cluster
                      .ip(2, "route", "get", near.addresses().get(0))
                      .toString()
                      .contains(device));
        }
        cluster.assertLossless(stream);
        assertThat(echo.isAlive()).isTrue();
      }
    }
  }

  @Test
  void directAcrossLinksIsRefusedAndSaysWhatToSet() {
    route(Routing.Direct);
    Cluster.await(
        "node1 to say why node3 is not reached",
        () ->
            cluster
                .node(1)
                .askAgent("/v1/peers")
                .stdout()
                .contains("set the pool's spec.routing to Auto or VXLAN"));
    awaitDegraded("True", Blocker.NEXT_HOP_NOT_ON_LINK);
    cluster.probe(near, "ping", neighbour.addresses().get(0)).orThrow();
  }

  /** Waits for a condition of all allocations of node1. */
  private void awaitDegraded(String status, String reason) {
    Cluster.await(
        "node1's allocations to be Degraded=%s with %s".formatted(status, reason),
        () ->
            Resources.allocations(cluster).list().getItems().stream()
                .filter(allocation -> allocation.getSpec().node().equals("node1"))
                .map(allocation -> Resources.condition(allocation, Conditions.DEGRADED))
                .allMatch(
                    condition ->
                        condition
                            .filter(one -> one.getStatus().equals(status))
                            .filter(one -> one.getReason().equals(reason))
                            .isPresent()));
  }

  @Test
  void anAgentThatIsKilledLeavesTheTunnelAndTakesItOver() throws Exception {
    String address = far.addresses().get(0);
    try (Probe echo = Probe.serve(cluster.node(3), far);
        Probe stream = Probe.stream(cluster.node(1), near, address)) {
      for (int node : List.of(1, 3)) {
        cluster.node(node).killAgent();
        cluster.probe(near, "ping", address).orThrow();
        cluster.node(node).startAgent();
        cluster.node(node).awaitReady();
      }
      cluster.assertLossless(stream);
      assertThat(echo.isAlive()).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ip link del v-net-vx4",
        "ip link set v-net-vx4 down",
        "ip link set v-net-vx4 mtu 1300",
        "ip link set v-net-vx4 address 0a:00:00:00:00:77",
        "ip addr flush dev v-net-vx4",
        "ip neigh flush dev v-net-vx4 nud permanent",
        "bridge fdb show dev v-net-vx4 | while read mac rest; do bridge fdb del $mac dev v-net-vx4 self; done",
        "ip nexthop flush",
        "ip route del 10.244.3.0/24",
        "ip -6 route del fd00:244:0:3::/64",
        "nft delete table inet weft_tunnel",
        "nft flush chain inet weft_tunnel forward",
        "nft flush set inet weft_tunnel peers4",
        "ip link set eth0 down && ip link set eth0 up && ip addr replace fd00:1::11/64 dev eth0 nodad"
            + " && ip route replace default via 192.168.1.10 && ip route replace default via fd00:1::10",
      })
  void isRepaired(String damage) throws Exception {
    String before = tunnelState();
    try (Probe echo = Probe.serve(cluster.node(3), far);
        Probe stream = Probe.stream(cluster.node(1), near, far.addresses().get(0))) {
      cluster.node(1).exec("sh", "-c", damage).orThrow();
      Cluster.await("pods to reach each other after: " + damage, this::allIsWhole);
      Cluster.await(
          "the node to be whole again after: " + damage, () -> tunnelState().equals(before));
      LOG.info("{}: 200 datagrams a second to node3: {}", damage, stream.verdict());
      assertThat(echo.isAlive()).isTrue();
    }
  }

  /** Its interface has both addresses for a while, as where a machine is renumbered with care. */
  @Test
  void aNodeThatMovesToAnotherAddressIsReachedThere() throws Exception {
    cluster
        .node(3)
        .exec(
            "sh",
            "-c",
            "ip addr add 192.168.2.23/24 dev eth0; ip addr add fd00:2::23/64 dev eth0 nodad")
        .orThrow();
    try (Probe echo = Probe.serve(cluster.node(3), far);
        Probe stream = Probe.stream(cluster.node(1), near, far.addresses().get(0))) {
      for (List<String> addresses :
          List.of(List.of("192.168.2.23", "fd00:2::23"), List.of("192.168.2.13", "fd00:2::13"))) {
        setInternalIps("node3", addresses);
        Cluster.await(
            "node1 to send to " + addresses.get(0),
            () ->
                cluster
                    .node(1)
                    .exec("bridge", "fdb", "show", "dev", "v-net-vx4")
                    .stdout()
                    .contains("dst " + addresses.get(0) + " "));
        Cluster.await(
            "node3 to send from " + addresses.get(0),
            () ->
                cluster
                    .ip(3, "-d", "link", "show", "v-net-vx4")
                    .toString()
                    .contains("local " + addresses.get(0) + " "));
        Cluster.await("every pod to reach every pod", this::allIsWhole);
      }
      LOG.info("a node that moves there and back: {}", stream.verdict());
      assertThat(echo.isAlive()).isTrue();
    } finally {
      setInternalIps("node3", List.of("192.168.2.13", "fd00:2::13"));
    }
  }

  private void setInternalIps(String node, List<String> addresses) {
    cluster
        .sandbox()
        .client()
        .nodes()
        .withName(node)
        .editStatus(
            object -> {
              object
                  .getStatus()
                  .setAddresses(
                      addresses.stream()
                          .map(address -> new NodeAddress(address, "InternalIP"))
                          .toList());
              return object;
            });
  }

  private String tunnelState() {
    return cluster
        .node(1)
        .exec(
            "sh",
            "-c",
            "ip -br link show v-net-vx4 | tr -s ' '; cat /sys/class/net/v-net-vx4/mtu;"
                + " ip -br addr show v-net-vx4; bridge fdb show dev v-net-vx4 | sort;"
                + " ip neigh show dev v-net-vx4 nud permanent | sort;"
                + " ip nexthop | sed 's/id [0-9]* //' | sort;"
                + " for f in 4 6; do ip -$f route show proto 87 | sed 's/nhid [0-9]* //' | sort; done;"
                + " nft list table inet weft_tunnel | sed 's/packets.*//'")
        .orThrow()
        .stdout();
  }

  /**
   * A datagram that, masqueraded to its own node's address, the other node would take for one of a
   * node: a tunnel's, with a packet inside whose source is forged.
   */
  @Test
  void aPodSendsNothingIntoATunnel() {
    byte[] forged = encapsulated("10.244.77.7", far.addresses().get(0));
    long before = dropped(1, "tunnel_pod");
    long received = forgedReceived();
    for (String end : List.of("192.168.2.13", "192.168.1.12", "192.168.1.11", "fd00:2::13")) {
      long known = dropped(1, "tunnel_pod");
      cluster.node(1).execInPod(near, sending(end, forged)).orThrow();
      Cluster.await(
          "the datagram to " + end + " to be dropped", () -> dropped(1, "tunnel_pod") > known);
    }
    assertThat(dropped(1, "tunnel_pod") - before).isEqualTo(4);
    assertThat(forgedReceived()).isEqualTo(received);
  }

  /** As by a Service whose backend is a node's end of tunnels: whoever sends, and on any device. */
  @Test
  void whatIsTranslatedToAnEndOfTunnelsIsDropped() throws Exception {
    byte[] forged = encapsulated("10.244.77.7", far.addresses().get(0));
    long received = forgedReceived();
    cluster
        .node(1)
        .exec(
            "nft",
            String.join(
                "; ",
                "add table ip service",
                "add chain ip service pre { type nat hook prerouting priority dstnat; }",
                "add chain ip service out { type nat hook output priority -100; }",
                "add chain ip service post { type nat hook postrouting priority srcnat; }",
                "add rule ip service pre udp dport 30847 dnat to 192.168.2.13:8478",
                "add rule ip service pre udp dport 30848 dnat to 192.168.1.11:8478",
                "add rule ip service out udp dport 30847 dnat to 192.168.2.13:8478",
                "add rule ip service post ct status dnat masquerade"))
        .orThrow();
    try {
      for (int sender = 1; sender <= 2; sender++) {
        for (int port = 30847; port <= 30849 - sender; port++) {
          long known = dropped(1, "tunnel_pod");
          String[] datagram = sending("192.168.1.11", port, forged);
          cluster.node(3 - sender).exec(datagram); // where it is dropped at once: not permitted
          Cluster.await(
              "the datagram of node%d to port %d to be dropped".formatted(3 - sender, port),
              () -> dropped(1, "tunnel_pod") > known);
        }
      }
      assertThat(forgedReceived()).isEqualTo(received);
    } finally {
      cluster.node(1).exec("nft", "delete table ip service").orThrow();
    }
  }

  @Test
  void whatAHostSendsThroughANodeIsNotTakenForThatNodes() throws Exception {
    String[] route = {"ip", "route", "add", far.addresses().get(0), "via", "192.168.1.11"};
    cluster.sandbox().exec(route).orThrow();
    try {
      long known = dropped(1, "tunnel_source");
      cluster.sandbox().exec("ping", "-c", "1", "-W", "1", far.addresses().get(0));
      Cluster.await("it to be dropped", () -> dropped(1, "tunnel_source") > known);
    } finally {
      route[2] = "del";
      cluster.sandbox().exec(route).orThrow();
    }
  }

  @Test
  void whatIsFromANodesOwnBlockAndComesFromElsewhereIsDropped() throws Exception {
    String own = near.addresses().get(0).replaceAll("[0-9]+$", "200");
    cluster.sandbox().exec("ip", "addr", "add", own + "/32", "dev", "lo").orThrow();
    try {
      long known = dropped(1, "tunnel_source");
      cluster.sandbox().exec("ping", "-c", "1", "-W", "1", "-I", own, "192.168.1.11");
      Cluster.await("it to be dropped", () -> dropped(1, "tunnel_source") > known);
    } finally {
      cluster.sandbox().exec("ip", "addr", "del", own + "/32", "dev", "lo").orThrow();
    }
  }

  /** What another node does not say of itself does not come out of its tunnel. */
  @Test
  void whatIsFromNoOtherNodesBlockComesOutOfNoTunnel() {
    long received = forgedReceived();
    for (String source : List.of("8.8.8.8", far.addresses().get(0), "192.168.1.10")) {
      long known = dropped(3, "tunnel_source");
      byte[] datagram = encapsulated(source, far.addresses().get(0));
      cluster.node(1).exec(sending("192.168.2.13", datagram)).orThrow();
      Cluster.await(
          "the packet from " + source + " to be dropped",
          () -> dropped(3, "tunnel_source") > known);
    }
    assertThat(forgedReceived() - received).as("node3 counts what comes out").isEqualTo(3);
  }

  @Test
  void aHostThatIsNoNodeSendsNothingIntoATunnel() {
    byte[] forged = encapsulated(near.addresses().get(0), far.addresses().get(0));
    long received = forgedReceived();
    for (String end : List.of("192.168.2.13", "fd00:2::13")) {
      long known = dropped(3, "tunnel_peer");
      cluster.sandbox().exec(sending(end, forged)).orThrow();
      Cluster.await(
          "the datagram to " + end + " to be dropped", () -> dropped(3, "tunnel_peer") > known);
    }
    assertThat(forgedReceived()).isEqualTo(received);
  }

  private long dropped(int node, String reason) {
    return packets(node, "weft_tunnel", "dropped_" + reason);
  }

  /** What came out of node3's tunnel of {@link #encapsulated}; agents probe their paths, too. */
  private long forgedReceived() {
    return packets(3, "forged", "came");
  }

  private long packets(int node, String table, String counter) {
    String text =
        cluster
            .node(node)
            .exec("nft", "list", "counter", "inet", table, counter)
            .orThrow()
            .stdout();
    return Long.parseLong(text.replaceAll("(?s).*packets (\\d+).*", "$1"));
  }

  private static String[] sending(String to, byte[] datagram) {
    return sending(to, Integer.parseInt(PORT), datagram);
  }

  private static String[] sending(String to, int port, byte[] datagram) {
    return Cluster.probeCommand(
        "send", to, Integer.toString(port), HexFormat.of().formatHex(datagram));
  }

  /** VXLAN (RFC 7348, section 5), Ethernet, and an IPv4 header with nothing behind it. */
  private byte[] encapsulated(String source, String destination) {
    MacAddress device =
        MacAddress.ofNode(
            cluster.sandbox().client().nodes().withName("node3").get().getMetadata().getUid());
    ByteBuffer bytes = ByteBuffer.allocate(8 + 14 + 20);
    bytes.putInt(0x08000000).putInt(VNI << 8);
    bytes.put(device.bytes()).put(MacAddress.BRIDGE.bytes()).putShort((short) 0x0800);
    bytes.put((byte) 0x45).put((byte) 0).putShort((short) 20).putInt(0);
    bytes.put((byte) 64).put((byte) 253).putShort((short) 0);
    bytes.put(IpAddress.parse(source).bytes()).put(IpAddress.parse(destination).bytes());
    int sum = 0;
    for (int at = 22; at < 42; at += 2) {
      sum += bytes.getShort(at) & 0xffff;
    }
    sum = (sum & 0xffff) + (sum >> 16);
    bytes.putShort(32, (short) ~((sum & 0xffff) + (sum >> 16)));
    return bytes.array();
  }

  /** An agent probes soon after its start. */
  @Test
  void aNetworkThatDropsPodsAddressesIsFoundByProbesAndReported() {
    SandboxNode dropping = cluster.node(2);
    dropping.exec("nft", "add table netdev between").orThrow();
    try {
      dropping
          .exec(
              "nft",
              "add chain netdev between ports { type filter hook ingress device eth0 priority 0; };"
                  + " add rule netdev between ports ip saddr 10.244.0.0/16 drop;"
                  + " add rule netdev between ports ip6 saddr fd00:244::/48 drop")
          .orThrow();
      restartAgent(1);
      Cluster.await(
          "probes to find which path is blocked",
          () -> reached("node2").equals("DirectBlocked") && reached("node3").equals("yes"));
      Cluster.await(
          "the next run of the loop to report it",
          () -> cluster.node(1).askAgent("/readyz").stdout().contains("set spec.routing: VXLAN"));
      assertThat(cluster.node(1).askAgent("/readyz").stdout())
          .startsWith("ready")
          .contains("and node2,");
    } finally {
      dropping.exec("nft", "delete table netdev between").orThrow();
    }
    restartAgent(1);
    Cluster.await(
        "both nodes to be reached",
        () -> reached("node2").equals("yes") && reached("node3").equals("yes"));
  }

  private void restartAgent(int node) {
    cluster.node(node).killAgent();
    cluster.node(node).startAgent();
    cluster.node(node).awaitReady();
  }

  /** What node1's probes found of a node, the same for both of its blocks. */
  private String reached(String node) {
    List<String> results =
        cluster
            .node(1)
            .askAgent("/v1/peers")
            .stdout()
            .lines()
            .filter(line -> line.startsWith(node + " "))
            .map(line -> line.replaceAll(".*Z  (-|\\w+).*", "$1"))
            .distinct()
            .toList();
    return String.join(" and ", results);
  }
}
