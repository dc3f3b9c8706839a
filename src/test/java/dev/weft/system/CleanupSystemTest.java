// SPDX-License-Identifier: Apache-2.0
package dev.weft.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.net.Family;
import dev.weft.sandbox.ExecResult;
import dev.weft.sandbox.SandboxNode;
import dev.weft.sandbox.SandboxOptions;
import dev.weft.sandbox.Topology;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyBuilder;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** {@code weft-agent --cleanup} leaves a node as it was, and touches nothing that is not ours. */
@Tag("system")
class CleanupSystemTest {
  private static final String STATE =
      "ip -o link | cut -d: -f2 | cut -d@ -f1; ip route; ip -6 route show proto static;"
          + " nft list ruleset; ls /etc/cni/net.d 2>/dev/null; ls /opt/cni/bin";

  @Test
  void leavesTheNodeAsItWas() {
    try (Cluster cluster =
        Cluster.up(Cluster.options("cleanup", 1, Family.IPV4).withPools(List.of()))) {
      SandboxNode node = cluster.node(1);
      node.exec(
              "sh",
              "-c",
              "ip link add foreign0 type bridge && ip route add 10.9.0.0/24 via 192.168.1.10")
          .orThrow();
      node.exec("nft", "add", "table", "inet", "foreign").orThrow();
      String before = node.exec("sh", "-c", STATE).stdout();

      cluster.sandbox().applyPools(Cluster.POOL_4);
      cluster.sandbox().awaitNodesReady();
      Container container = Container.create(node, "left-behind");
      container.add();
      assertThat(node.exec("sh", "-c", STATE).stdout()).isNotEqualTo(before).contains("v-net-0");
      cluster
          .sandbox()
          .client()
          .resource(
              new NetworkPolicyBuilder()
                  .withNewMetadata()
                  .withNamespace("default")
                  .withName("deny")
                  .endMetadata()
                  .withNewSpec()
                  .withNewPodSelector()
                  .endPodSelector()
                  .endSpec()
                  .build())
          .create();
      Cluster.await(
          "the rules of network policies",
          () -> node.exec("nft", "list", "table", "inet", "weft_policy").ok());
      node.stopAgent();
      ExecResult cleanup =
          node.exec(
              Cluster.HOME.resolve("bin/weft-agent").toString(), "--node-name=node1", "--cleanup");
      assertThat(cleanup.ok()).as(cleanup.stdout() + cleanup.stderr()).isTrue();
      assertThat(node.exec("sh", "-c", STATE).stdout()).isEqualTo(before);
      // Empty on a new machine; the agent that waits for a pool may have its lock there already.
      assertThat(node.exec("ls", "-A", "/run/weft").orThrow().stdout()).isEmpty();
    }
  }

  @Test
  void leavesNothingOfATunnel() {
    SandboxOptions options = Cluster.options("cleanup-tunnel", 3, Family.IPV4, Family.IPV6);
    try (Cluster cluster = Cluster.up(options.withPools(List.of()).withTopology(Topology.ROUTED))) {
      SandboxNode node = cluster.node(3);
      String before = node.exec("sh", "-c", STATE + "; ip nexthop").stdout();
      for (Path pool : List.of(Cluster.POOL_4, Cluster.POOL_6)) {
        cluster.sandbox().applyPools(pool);
      }
      cluster.sandbox().awaitNodesReady();
      Cluster.await(
          "a tunnel to each other node",
          () -> node.exec("ip", "nexthop").stdout().lines().count() == 2);
      node.stopAgent();
      node.exec(Cluster.HOME.resolve("bin/weft-agent").toString(), "--node-name=node3", "--cleanup")
          .orThrow();
      assertThat(node.exec("sh", "-c", STATE + "; ip nexthop").stdout()).isEqualTo(before);
    }
  }

  @Test
  void anAgentWithWrongOptionsNamesThemAllAndExitsWithTwo() {
    try (Cluster cluster =
        Cluster.up(Cluster.options("options", 0, Family.IPV4).withPools(List.of()))) {
      ExecResult result =
          cluster
              .sandbox()
              .exec(
                  Cluster.HOME.resolve("bin/weft-agent").toString(),
                  "--colour=red",
                  "--http-port=none",
                  "--cni-workers=0");
      assertThat(result.code()).isEqualTo(2);
      assertThat(result.stderr())
          .contains("--colour", "--http-port=none", "--cni-workers=0", "--node-name is missing");
    }
  }
}
