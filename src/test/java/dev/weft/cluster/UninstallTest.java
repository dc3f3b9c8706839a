// SPDX-License-Identifier: Apache-2.0
package dev.weft.cluster;

import static dev.weft.cluster.Cluster.kubectl;
import static dev.weft.cluster.Cluster.nodes;
import static dev.weft.cluster.Cluster.words;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Weft goes: pods that run keep talking, and a node can be left as it was before. */
@ClusterTests
@Order(100)
@Tag("smoke")
class UninstallTest {
  @Test
  @Order(1)
  void uninstallKeepsPoolAndBlocksAndRunningPodsTalking() {
    PacketStream.loses0While("helm uninstall", Installation::uninstall);
    assertThat(kubectl("get", "ippools", "-o", "name")).contains("default");
    assertThat(words(kubectl("get", "ipallocations", "-o", "name")))
        .hasSizeGreaterThanOrEqualTo(nodes().size());
  }

  @Test
  @Order(2)
  void aNewInstallTakesOverWhatIsThere() {
    PacketStream.loses0While(
        "helm install over running pods",
        () -> {
          Installation.install();
          Installation.ready();
        });
  }

  @Test
  @Order(3)
  void cleanupLeavesEveryNodeAsItWasBefore() {
    Installation.uninstall();
    Installation.cleanUpNodes();
    for (Node node : Node.all()) {
      assertThat(
              node.sh(
                  "ip -o link | grep -E ' (v-net-|wf[0-9a-f]{11})'; ip nexthop show proto 87; ip route show proto 87; ip -6 route"
                      + " show proto 87; ls /host/opt/cni/bin /host/etc/cni/net.d | grep weft; ls -A /host/run/weft; true"))
          .as("what is left on %s", node)
          .isEmpty();
    }
    Installation.deleteTests();
    Installation.deleteObjects();
  }
}
