// SPDX-License-Identifier: Apache-2.0
package dev.weft.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.net.Family;
import dev.weft.sandbox.SandboxNode;
import dev.weft.sandbox.SandboxPod;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whatever somebody changes of ours on a node is whole again, woken by the kernel's notification.
 */
@Tag("system")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DriftSystemTest {
  private Cluster cluster;
  private SandboxPod near;
  private SandboxPod neighbour;
  private SandboxPod far;

  @BeforeAll
  void start() {
    cluster = Cluster.up("drift", 2, Family.IPV4, Family.IPV6);
    near = cluster.addPod(1, "near");
    neighbour = cluster.addPod(1, "neighbour");
    far = cluster.addPod(2, "far");
  }

  @AfterAll
  void stop() {
    if (cluster != null) {
      cluster.close();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ip link set v-net-0 down && ip link set v-net-0 up",
        "ip link set v-net-0 down",
        "ip link set v-net-0 address 0a:58:00:00:00:77",
        "ip link set v-net-0 mtu 1300",
        "ip neigh flush dev v-net-0 nud permanent",
        "ip route flush proto 87",
        "ip -6 route flush proto 87",
        "ip addr flush dev v-net-0",
        "for p in $(ls /sys/class/net/v-net-0/brif); do ip link set $p nomaster; done",
        "for p in $(ls /sys/class/net/v-net-0/brif); do bridge link set dev $p learning on hairpin off; done",
        "for p in $(ls /sys/class/net/v-net-0/brif); do ip link set $p down; done",
        "for p in $(ls /sys/class/net/v-net-0/brif); do bridge fdb flush dev v-net-0 2>/dev/null;"
            + " bridge fdb show dev $p | awk '/static/ {print $1}' | xargs -n1 -I{} bridge fdb del {} dev $p master; done",
        "nft flush ruleset",
        "nft delete table bridge weft",
        "nft flush chain inet weft_masquerade postrouting"
      })
  void isRepaired(String damage) {
    SandboxNode node = cluster.node(1);
    node.exec("sh", "-c", damage);
    Cluster.await("the node to be whole again after: " + damage, this::allIsWhole);
  }

  private boolean allIsWhole() {
    for (SandboxPod pod : new SandboxPod[] {near, neighbour, far}) {
      for (String address : pod.addresses()) {
        if (!cluster.probe(near, "ping", address).ok()
            || !cluster.probe(far, "ping", address).ok()) {
          return false;
        }
      }
    }
    assertThat(cluster.ip(1, "-o", "link", "show", "v-net-0").toString())
        .contains("0a:58:00:00:00:01")
        .contains("mtu 1500")
        .contains(",UP");
    assertThat(cluster.ip(1, "-o", "addr", "show", "dev", "v-net-0").toString())
        .contains("10.244.1.1/24", "fd00:244:0:1::1/64");
    assertThat(cluster.ip(1, "route", "show", "proto", "87").toString())
        .contains("unreachable 10.244.1.0/24", near.addresses().get(0));
    assertThat(cluster.ip(1, "neigh", "show", "dev", "v-net-0", "nud", "permanent").toString())
        .contains(near.addresses().get(0));
    String ports = cluster.node(1).exec("bridge", "-d", "link", "show").orThrow().stdout();
    assertThat(ports.split("hairpin on", -1)).hasSize(3);
    assertThat(ports).doesNotContain("learning on").doesNotContain("hairpin off");
    String antiSpoof =
        cluster.node(1).exec("nft", "list", "table", "bridge", "weft").orThrow().stdout();
    near.addresses().forEach(address -> assertThat(antiSpoof).contains(address));
    String rules =
        cluster.node(1).exec("nft", "list", "table", "inet", "weft_masquerade").orThrow().stdout();
    assertThat(rules).contains("masquerade");
    return true;
  }
}
