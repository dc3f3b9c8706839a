// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.agent.dataplane.testing.Shell;
import dev.weft.agent.dataplane.testing.Stack;
import dev.weft.agent.dataplane.testing.TestNode;
import dev.weft.agent.dataplane.testing.TestPod;
import dev.weft.core.dataplane.ForeignRoute;
import dev.weft.core.dataplane.InFlight;
import dev.weft.core.dataplane.NodeState;
import dev.weft.core.dataplane.Planner;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is not Weft's is never changed, from the first pod to the last trace of us. */
@Tag("kernel")
class ForeignKernelTest {
  private static final List<String> FOREIGN =
      List.of(
          "ip link add cni0 type bridge",
          "ip link set cni0 addrgenmode none",
          "ip link set cni0 up",
          "ip addr add 10.88.0.1/16 dev cni0",
          // Our prefix, our form of a name, and none of our marks.
          "ip link add wf0123456789a type veth peer name wfoo",
          "ip link set wf0123456789a alias somebody",
          "ip link set wfoo master cni0",
          "ip neigh add 10.88.0.9 lladdr 02:00:00:00:00:09 dev cni0 nud permanent",
          "ip route add 10.77.0.0/16 via 192.168.1.12",
          "ip route add 10.244.9.0/24 via 192.168.1.12 proto static",
          "ip -6 route add fd00:77::/48 via fd00:192::12",
          "ip route add 10.66.0.0/16 via 192.168.1.12 table 100",
          "ip rule add from 10.88.0.0/16 table 100",
          "nft add table inet weft-other",
          "nft add table ip weft",
          "nft add set ip weft pods4 { type ipv4_addr ; }",
          "nft add element ip weft pods4 { 10.1.2.3 }");

  @Test
  void nothingForeignIsChanged() throws Exception {
    try (TestNode node = new TestNode(Stack.DUAL)) {
      for (String command : FOREIGN) {
        Shell.run(command);
      }
      await().until(() -> Shell.run("ip link show cni0").contains("NO-CARRIER"));
      await().until(() -> !Shell.run("ip addr").contains("tentative"));
      await().until(() -> Shell.run("ip -6 route show table local").contains("local fe80::"));
      String before = foreign();

      TestPod one = node.addPod(0);
      node.addPod(1);
      node.repair();
      node.removePod(one);
      Shell.run("ip link del v-net-0");
      node.repair();
      assertThat(foreign()).isEqualTo(before);
      node.dataplane().apply(Planner.plan(NodeState.EMPTY, node.dataplane().read(), InFlight.NONE));

      assertThat(node.dataplane().read()).isEqualTo(NodeState.EMPTY);
      assertThat(foreign()).isEqualTo(before);
      Shell.run("ip rule del table 100");
    }
  }

  /** The kernel takes protocol 0 for any, and without a metric would delete the first: ours. */
  @ParameterizedTest
  @ValueSource(ints = {0, 4})
  void aForeignRouteOfAnotherMetricGoesAndOursBesideItStays(int protocol) throws Exception {
    try (TestNode node = new TestNode(Stack.DUAL)) {
      node.addPod(0);
      String rest = " dev v-net-0 proto " + protocol + " metric ";
      Shell.run("ip route add 10.244.1.2/32" + rest + 100);
      Shell.run("ip -6 route add fd00:244:0:1::2/128" + rest + 2048);
      assertThat(node.dataplane().read().of(ForeignRoute.KIND)).hasSize(2);

      node.repair();

      assertThat(node.dataplane().read()).isEqualTo(node.desired());
    }
  }

  /** Links, addresses, neighbours, routes, rules and tables of the node, but for ours. */
  private static String foreign() throws Exception {
    String links = Shell.run("ip -o link") + Shell.run("ip -o addr");
    String routing =
        Shell.run("ip neigh show nud permanent")
            + Shell.run("ip route show table all")
            + Shell.run("ip -6 route show table all")
            + Shell.run("ip rule");
    String all =
        links + routing + Shell.run("nft list table ip weft") + Shell.run("nft list tables");
    return all.lines()
        .filter(line -> !line.contains("v-net-0") && !line.contains("proto 87"))
        .filter(line -> line.contains("wf0123456789a") || !line.matches(".* wf[0-9a-f]{11}\\b.*"))
        .filter(line -> !line.matches("table (bridge|arp|inet) weft(_[a-z_]+)?"))
        .sorted()
        .collect(Collectors.joining("\n"));
  }
}
