// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.agent.dataplane.testing.Shell;
import dev.weft.agent.dataplane.testing.Stack;
import dev.weft.agent.dataplane.testing.TestNode;
import dev.weft.agent.dataplane.testing.TestPod;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever somebody does to what is ours is told by the kernel, seen by a read, and repaired. */
@Tag("kernel")
class DriftKernelTest {
  static Stream<String> drifts() {
    return Stream.of(
        "ip link set v-net-0 down",
        "ip link set v-net-0 mtu 1400",
        "ip link set v-net-0 address 0a:58:00:00:00:99",
        "ip link del v-net-0",
        "ip addr del GATEWAY4 dev v-net-0",
        "ip addr del GATEWAY6 dev v-net-0",
        "ip addr flush dev v-net-0",
        "ip addr add 10.9.9.9/32 dev v-net-0 noprefixroute",
        "ip addr add 10.244.1.9/24 dev v-net-0",
        "ip addr add fd00:244:0:1::9/64 dev v-net-0 nodad",
        "ip addr add 10.9.9.9/24 dev v-net-0",
        "ip route append BLOCK4 dev v-net-0 proto kernel scope link",
        "ip route add 10.244.1.128/25 via ADDRESS4 dev v-net-0 proto static",
        "ip route add ADDRESS4 dev v-net-0 proto static metric 5",
        "ip -6 route add fd00:244:0:1::/64 dev v-net-0 proto kernel metric 256",
        "ip link set v-net-0 type bridge group_fwd_mask 0",
        "ip link set PORT down",
        "ip link set PORT group default",
        "ip link set PORT type bridge_slave group_fwd_mask 0",
        "ip link set PORT nomaster",
        "ip link set PORT alias EMPTY",
        "bridge link set dev PORT hairpin off",
        "bridge link set dev PORT flood on",
        "bridge link set dev PORT learning on",
        "bridge link set dev PORT isolated on",
        "bridge fdb del MAC dev PORT master",
        "bridge fdb flush dev v-net-0",
        "ip neigh flush dev v-net-0 nud permanent",
        "ip neigh del ADDRESS4 dev v-net-0",
        "ip neigh replace ADDRESS6 lladdr 02:00:00:00:00:01 dev v-net-0 nud permanent",
        "ip neigh replace ADDRESS4 lladdr MAC dev v-net-0 nud stale",
        "ip route del ADDRESS4",
        "ip -6 route del ADDRESS6",
        "ip route flush proto 87",
        "ip route del unreachable BLOCK4",
        "nft flush ruleset",
        "nft delete table bridge weft",
        "nft delete table arp weft",
        "nft flush chain arp weft input",
        "nft flush chain inet weft prerouting",
        "nft flush chain bridge weft antispoof",
        "nft flush chain bridge weft prerouting",
        "nft add rule bridge weft antispoof accept",
        "nft add chain bridge weft foreign",
        "nft flush set bridge weft pods4",
        "nft flush set inet weft_masquerade pools6",
        "nft flush chain inet weft_masquerade postrouting",
        "nft delete table inet weft_masquerade",
        "nft add rule inet weft_icmp_redirect output accept",
        "nft delete table inet weft_icmp_redirect");
  }

  @ParameterizedTest
  @MethodSource("drifts")
  void isToldAndRepaired(String command) throws Exception {
    try (TestNode node = new TestNode(Stack.DUAL)) {
      TestPod pod = node.addPod(0);
      node.addPod(1);
      settle(node);
      Semaphore told = new Semaphore(0);
      node.dataplane().onChange(told::release);

      Shell.run(filled(command, pod), "");

      assertThat(told.tryAcquire(90, TimeUnit.SECONDS)).as("told").isTrue();
      node.awaitDrift();
      node.awaitRepaired();
    }
  }

  /** Nothing of what was done before is told any more, once the tables were read back. */
  private static void settle(TestNode node) throws Exception {
    assertThat(node.dataplane().read()).isEqualTo(node.desired());
  }

  private static List<String> filled(String command, TestPod pod) {
    return Stream.of(command.split(" ")).map(word -> filledWord(word, pod)).toList();
  }

  private static String filledWord(String word, TestPod pod) {
    return word.replace("EMPTY", "")
        .replace("GATEWAY4", "10.244.1.1/24")
        .replace("GATEWAY6", "fd00:244:0:1::1/64")
        .replace("BLOCK4", "10.244.1.0/24")
        .replace("ADDRESS4", pod.address(0).toString())
        .replace("ADDRESS6", pod.address(1).toString())
        .replace("PORT", pod.attachment().hostVeth())
        .replace("MAC", pod.mac().toString());
  }
}
