// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.attach;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.agent.dataplane.AttachRequest;
import dev.weft.agent.dataplane.testing.Shell;
import dev.weft.agent.dataplane.testing.Stack;
import dev.weft.agent.dataplane.testing.TestNode;
import dev.weft.agent.dataplane.testing.TestPod;
import java.util.OptionalInt;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** CHECK is deep: whatever somebody does to a pod's interface, on either side, is said in words. */
@Tag("kernel")
class AttachmentCheckKernelTest {
  @ParameterizedTest
  @CsvSource({
    "pod, ip link set eth0 down, eth0 is down",
    "pod, ip link set eth0 mtu 1400, 'eth0 has MTU 1400, prevResult 1500'",
    "pod, ip link set eth0 address 02:00:00:00:00:01, eth0 has not the MAC",
    // Linux before 6.2 renames only an interface that is down.
    "pod, ip link set eth0 down; ip link set eth0 name eth9, the pod has no interface eth0",
    "pod, ip addr del 10.244.1.2/24 dev eth0, eth0 has not the address 10.244.1.2/24",
    "pod, ip -6 addr flush dev eth0, eth0 has not the address fd00:244:0:1::2/64",
    "pod, ip route del default, the pod has no route 0.0.0.0/0 via 10.244.1.1",
    "pod, ip -6 route del default, the pod has no route ::/0 via fd00:244:0:1::1",
    "pod, ip route del 10.244.1.1, the pod has no route 10.244.1.1/32",
    "pod, ip neigh del 10.244.1.1 dev eth0, no permanent neighbour entry for 10.244.1.1",
    "node, ip link set PORT nomaster, 'is not up, on v-net-0'",
    "node, bridge link set dev PORT flood on, with its port settings",
    "node, ip link set PORT group default, group",
    "node, ip link set PORT type bridge_slave group_fwd_mask 0, with its port settings",
    "node, bridge fdb del 0a:58:0a:f4:01:02 dev PORT master, and FDB entry",
    "node, ip link set PORT alias weft/1, the alias of",
    "node, ip route del 10.244.1.2, the node has no route to 10.244.1.2",
    "node, ip -6 route del fd00:244:0:1::2, the node has no route to fd00:244:0:1::2",
    "node, ip neigh del 10.244.1.2 dev v-net-0, the node has no permanent neighbour entry",
    "node, nft flush set bridge weft pods6, the anti-spoofing filter does not let fd00:244:0:1::2"
        + " pass",
    "node, nft delete table arp weft, the nftables tables are not as they were written",
    "node, nft delete table inet weft, the nftables tables are not as they were written",
    "node, ip link del PORT, there is no link",
    "node, ip link del v-net-0, there is no link v-net-0"
  })
  void aDifferenceIsSaid(String where, String commands, String difference) throws Exception {
    try (TestNode node = new TestNode(Stack.DUAL)) {
      TestPod pod = node.addPod(0);
      AttachRequest request = Stack.DUAL.request(pod.attachment());
      // Read once, so that the tables are known to be as they were written.
      assertThat(node.dataplane().read()).isEqualTo(node.desired());

      for (String command : commands.replace("PORT", pod.attachment().hostVeth()).split("; ")) {
        if (where.equals("pod")) {
          pod.namespace().run(command);
        } else {
          Shell.run(command);
        }
      }

      // What became of the tables is known once the kernel has notified of it.
      await()
          .untilAsserted(
              () ->
                  assertThat(
                          node.dataplane()
                              .check(
                                  request,
                                  OptionalInt.of(request.mtuBytes()),
                                  pod.namespace().pod()))
                      .anyMatch(said -> said.contains(difference)));
    }
  }

  @Test
  void whatIsAsItWasMadeHasNoDifference() throws Exception {
    try (TestNode node = new TestNode(Stack.DUAL)) {
      TestPod pod = node.addPod(0);
      node.addPod(1);

      assertThat(
              node.dataplane().check(Stack.DUAL.request(pod.attachment()), pod.namespace().pod()))
          .isEmpty();
    }
  }
}
