// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.dataplane.NodeFacts;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.Family;
import dev.weft.core.net.InterfaceAddress;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("kernel")
class FactsKernelTest {
  @Test
  void whatIsNotOursIsTold() throws Exception {
    try (TestNode node = new TestNode(Stack.DUAL)) {
      node.addPod(0);
      Shell.run("ip link set uplink mtu 1450");
      Shell.run("ip route add default via 192.168.1.12");
      Shell.run("ip route add 10.77.0.0/16 via 192.168.1.12");

      NodeFacts facts = node.dataplane().facts();

      assertThat(facts.interfaces())
          .containsExactly(
              new NodeFacts.Interface(
                  "uplink",
                  1450,
                  List.of(
                      InterfaceAddress.parse("192.168.1.11/24"),
                      InterfaceAddress.parse("fd00:192::11/64"))));
      assertThat(facts.foreignRoutes())
          .containsExactlyInAnyOrder(
              Cidr.parse("192.168.1.0/24"),
              Cidr.parse("fd00:192::/64"),
              Cidr.parse("10.77.0.0/16"));
      assertThat(facts.forwarding()).containsExactlyInAnyOrder(Family.IPV4, Family.IPV6);
    }
  }

  @Test
  void aChainThatDropsWhatIsForwardedIsTold() throws Exception {
    try (TestNode node = new TestNode(Stack.DUAL)) {
      assertThat(node.dataplane().facts().forwardDrops()).isEmpty();
      for (String table : List.of("ip", "ip6", "inet")) {
        String rules =
            """
            table %s filter {
              chain PLAIN { }
              chain INPUT { type filter hook input priority 0; policy drop; }
              chain FORWARD { type filter hook forward priority 0; policy drop; }
              chain OTHER { type filter hook forward priority 1; policy accept; }
            }""";
        Shell.run(List.of("nft", "-f", "-"), rules.formatted(table));
      }

      assertThat(node.dataplane().facts().forwardDrops())
          .containsExactlyInAnyOrder(
              "ip filter FORWARD", "ip6 filter FORWARD", "inet filter FORWARD");
    }
  }

  @Test
  void forwardingThatIsOffIsTold() throws Exception {
    try (TestNode node = new TestNode(Stack.DUAL)) {
      Shell.run("sysctl -qw net.ipv4.ip_forward=0");
      assertThat(node.dataplane().facts().forwarding()).containsExactly(Family.IPV6);
      Shell.run("sysctl -qw net.ipv6.conf.all.forwarding=0");
      assertThat(node.dataplane().facts().forwarding()).isEmpty();
    }
  }
}
