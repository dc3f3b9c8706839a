// SPDX-License-Identifier: Apache-2.0
package dev.weft.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.net.Family;
import dev.weft.sandbox.ExecResult;
import dev.weft.sandbox.SandboxNode;
import dev.weft.sandbox.SandboxPod;
import dev.weft.sandbox.Topology;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A router in between passes less than the nodes' links: everything arrives or is answered. */
class PathMtuSystemTest {
  private static final int ROUTER_MTU = 1400;
  private static final String TRANSFER_BYTES = String.valueOf(5 << 20);

  @Tag("system")
  @Test
  void whatTheRouterPassesIsFoundAndMeanwhileNothingIsLostInSilence() throws Exception {
    findsWhatTheRouterPasses(List.of(Family.IPV4, Family.IPV6));
  }

  @Tag("system-long")
  @Test
  void whatTheRouterPassesIsFoundWhereTunnelsLeadOverIpv6() throws Exception {
    findsWhatTheRouterPasses(List.of(Family.IPV6));
  }

  private static void findsWhatTheRouterPasses(List<Family> families) throws Exception {
    boolean overIpv4 = families.contains(Family.IPV4);
    String device = overIpv4 ? "v-net-vx4" : "v-net-vx6";
    int inTunnel = ROUTER_MTU - (overIpv4 ? 50 : 70);
    try (Cluster cluster =
        Cluster.up(
            Cluster.options("path-mtu-" + families.size(), 0, families.toArray(Family[]::new))
                .withTopology(Topology.ROUTED))) {
      cluster.sandbox().exec("ip", "link", "set", "lan2", "mtu", "" + ROUTER_MTU).orThrow();
      for (int node = 1; node <= 3; node++) {
        cluster.sandbox().addNode("node" + node);
      }
      cluster.sandbox().awaitNodesReady();
      SandboxPod near = cluster.addPod(1, "near");
      SandboxPod far = cluster.addPod(3, "far");

      try (Probe sink = Probe.sink(cluster.node(3), far)) {
        assertThat(sink.isAlive()).isTrue();
        for (String address : far.addresses()) {
          assertArrivesOrIsAnswered(cluster.node(1), near, address);
          assertTransfers(cluster, near, address);
        }
        for (String address : far.addresses()) {
          awaitRoute(cluster, address, device, inTunnel);
        }
        for (String address : far.addresses()) {
          assertFits(cluster.node(1), near, address, inTunnel);
          assertTransfers(cluster, near, address);
        }
      }
    }
  }

  /** The node asks its kernel once a minute, and probes about as often. */
  private static void awaitRoute(Cluster cluster, String address, String device, int mtu) {
    Awaitility.await("node1 to know what the path to %s passes".formatted(address))
        .atMost(5, TimeUnit.MINUTES)
        .until(
            () -> {
              String route = cluster.node(1).exec("ip", "route", "get", address).orThrow().stdout();
              return route.contains(device) && route.contains("mtu " + mtu);
            });
  }

  /** What is too long for the path, and may not be fragmented: an error comes, or the answer. */
  private static void assertArrivesOrIsAnswered(SandboxNode node, SandboxPod from, String to) {
    for (int bytes : List.of(1280, ROUTER_MTU - 50, ROUTER_MTU, 1430, 1450, 1500)) {
      ExecResult sent = ping(node, from, to, bytes);
      assertThat(sent.ok() || (sent.stdout() + sent.stderr()).matches("(?s).*mtu ?[=:]? ?\\d+.*"))
          .as("%d bytes to %s: %s", bytes, to, sent)
          .isTrue();
    }
  }

  private static void assertFits(SandboxNode node, SandboxPod from, String to, int mtu) {
    assertThat(ping(node, from, to, mtu).ok()).as("%d bytes to %s", mtu, to).isTrue();
    ExecResult refused = ping(node, from, to, mtu + 1);
    assertThat(refused.stdout() + refused.stderr()).containsPattern("mtu[ :=]+" + mtu);
  }

  private static ExecResult ping(SandboxNode node, SandboxPod from, String to, int bytes) {
    String payload = String.valueOf(bytes - (to.contains(":") ? 48 : 28));
    return node.execInPod(from, "ping", "-c3", "-i0.2", "-W2", "-w5", "-Mdo", "-s" + payload, to);
  }

  private static void assertTransfers(Cluster cluster, SandboxPod from, String to) {
    ExecResult sent = cluster.probe(from, "fill", to, Probe.PORT, TRANSFER_BYTES);
    assertThat(sent.ok()).as("%s bytes to %s: %s", TRANSFER_BYTES, to, sent).isTrue();
  }
}
