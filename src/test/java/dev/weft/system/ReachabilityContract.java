// SPDX-License-Identifier: Apache-2.0
package dev.weft.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import dev.weft.sandbox.SandboxNode;
import dev.weft.sandbox.SandboxOptions;
import dev.weft.sandbox.SandboxPod;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What holds between pods and nodes, whatever families the cluster has. */
@Tag("system")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class ReachabilityContract {
  private final Family[] families;
  private Cluster cluster;
  private SandboxPod blue;
  private SandboxPod orange;
  private SandboxPod purple;

  ReachabilityContract(Family... families) {
    this.families = families;
  }

  @BeforeAll
  void start() {
    cluster = Cluster.up(options("reach" + families[0].version() + families.length));
    blue = cluster.addPod(1, "blue");
    orange = cluster.addPod(1, "orange");
    purple = cluster.addPod(2, "purple");
  }

  /** What the cluster is like. */
  SandboxOptions options(String name) {
    return Cluster.options(name, 2, families);
  }

  @AfterAll
  void stop() {
    if (cluster != null) {
      cluster.close();
    }
  }

  @Test
  void aPodHasOneAddressOfEachFamilyOutOfItsNodesBlock() {
    assertThat(blue.addresses()).hasSize(families.length);
    for (String text : blue.addresses()) {
      IpAddress address = IpAddress.parse(text);
      Cidr pool =
          Cidr.parse(address.family() == Family.IPV4 ? "10.244.1.0/24" : "fd00:244:0:1::/64");
      assertThat(pool.contains(address)).as(text).isTrue();
    }
  }

  @Test
  void everyPodReachesEveryPodByPingAndTcpWithItsOwnSourceAddress() throws Exception {
    List<SandboxPod> pods = List.of(blue, orange, purple);
    for (SandboxPod server : pods) {
      try (Probe listening = Probe.serve(cluster.sandbox().node(server.node()), server)) {
        assertThat(listening.isAlive()).isTrue();
        for (SandboxPod client : pods) {
          for (String address : server.addresses()) {
            assertThat(cluster.probe(client, "ping", address).stdout())
                .isEqualTo(address + " ok\n");
            String greeting =
                cluster.probe(client, "connect", Probe.PORT, address).orThrow().stdout();
            assertThat(greeting).isEqualTo(address + " ok\n");
          }
        }
      }
    }
  }

  @Test
  void everyNodeReachesEveryPodAndBack() throws Exception {
    for (SandboxNode node : cluster.sandbox().nodes()) {
      for (SandboxPod pod : List.of(blue, orange, purple)) {
        List<String> words = new ArrayList<>(List.of("ping"));
        words.addAll(pod.addresses());
        node.exec(Cluster.probeCommand(words.toArray(String[]::new))).orThrow();
      }
    }
    for (Family family : families) {
      String node2 = family == Family.IPV4 ? "192.168.1.12" : "fd00:1::12";
      cluster.probe(blue, "ping", node2).orThrow();
    }
  }

  @Test
  void whatLeavesThePoolsIsMasqueraded() {
    for (Family family : families) {
      String outside = family == Family.IPV4 ? "192.168.1.10" : "fd00:1::10";
      cluster.probe(purple, "ping", outside).orThrow();
    }
  }

  @Test
  void aPodsOnlyWayIsItsGateway() {
    for (Family family : families) {
      String gateway = family == Family.IPV4 ? "10.244.1.1" : "fd00:244:0:1::1";
      List<String> routes =
          cluster
              .node(1)
              .execInPod(blue, "ip", "-" + family.version(), "route", "show", "dev", "eth0")
              .orThrow()
              .stdout()
              .lines()
              .filter(line -> !line.startsWith("fe80::") && !line.startsWith("multicast"))
              .toList();
      assertThat(routes).hasSize(2);
      assertThat(routes).anyMatch(line -> line.startsWith("default via " + gateway));
      assertThat(routes).anyMatch(line -> line.startsWith(gateway + " "));
    }
  }

  @Test
  void anAddressUsedAnewIsReachedByItsFirstPacketFromEverywhere() {
    Container first = Container.create(cluster.node(1), "first");
    List<String> addresses = first.add();
    for (String address : addresses) {
      cluster.probe(blue, "ping", address).orThrow();
      cluster.probe(purple, "ping", address).orThrow();
    }
    String[] wanted = {"IgnoreUnknown=1", "IP=" + addresses.get(0)};
    Container second = Container.create(cluster.node(1), "second", wanted);
    first.delete();
    assertThat(second.add()).contains(addresses.get(0));
    String address = addresses.get(0);
    assertThat(cluster.probe(purple, "ping", address).stdout()).isEqualTo(address + " ok\n");
    assertThat(cluster.probe(orange, "ping", address).stdout()).isEqualTo(address + " ok\n");
    cluster.node(1).exec(Cluster.probeCommand("ping", address)).orThrow();
    second.delete();
    first.removeNamespace();
    second.removeNamespace();
  }

  @Test
  void nothingIsLeftOfAPodThatIsGone() {
    Set<String> portsBefore = cluster.ports(2);
    SandboxPod pod = cluster.addPod(2, "short-lived");
    assertThat(cluster.ports(2)).hasSize(portsBefore.size() + 1);
    cluster.deletePod(pod);
    assertThat(cluster.ports(2)).isEqualTo(portsBefore);
    for (String address : pod.addresses()) {
      String family = IpAddress.parse(address).family() == Family.IPV4 ? "-4" : "-6";
      assertThat(cluster.ip(2, family, "route", "show", "proto", "87"))
          .noneMatch(line -> line.startsWith(address + " "));
      assertThat(cluster.ip(2, family, "neigh", "show", "dev", "v-net-0", "nud", "permanent"))
          .noneMatch(line -> line.startsWith(address + " "));
      String sets =
          cluster.node(2).exec("nft", "list", "table", "bridge", "weft").orThrow().stdout();
      assertThat(sets).doesNotContain(" " + address + " ").doesNotContain(" " + address + ",");
    }
  }
}
