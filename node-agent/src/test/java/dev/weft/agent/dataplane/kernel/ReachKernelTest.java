// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.agent.dataplane.testing.Frames;
import dev.weft.agent.dataplane.testing.PacketSocket;
import dev.weft.agent.dataplane.testing.Stack;
import dev.weft.agent.dataplane.testing.TestNamespace;
import dev.weft.agent.dataplane.testing.TestNode;
import dev.weft.agent.dataplane.testing.TestPod;
import dev.weft.core.dataplane.Change;
import dev.weft.core.dataplane.NextHop;
import dev.weft.core.dataplane.Route;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import java.nio.channels.DatagramChannel;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whom a pod reaches, and from which address. */
@Tag("kernel")
class ReachKernelTest {
  @ParameterizedTest
  @EnumSource
  void podsAndTheirNodeReachEachOther(Stack stack) throws Exception {
    try (TestNode node = new TestNode(stack)) {
      TestPod one = node.addPod(0);
      TestPod two = node.addPod(1);
      for (int family = 0; family < stack.blocks().size(); family++) {
        IpAddress gateway = stack.gateways().get(family).address();
        DatagramChannel atTwo = two.receiver(two.address(family));

        one.send(two.address(family), "from a pod");
        assertThat(TestPod.sender(atTwo)).isEqualTo(one.address(family));
        TestPod.sendHere(two.address(family), "from the node");
        assertThat(TestPod.sender(atTwo)).isEqualTo(gateway);
        try (DatagramChannel atNode = TestPod.receiverHere(gateway)) {
          one.send(gateway, "to the node");
          assertThat(TestPod.sender(atNode)).isEqualTo(one.address(family));
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void whatLeavesThePoolsIsMasqueradedAndWhatStaysInThemIsNot(Stack stack) throws Exception {
    try (TestNode node = new TestNode(stack)) {
      TestPod pod = node.addPod(0);
      TestNamespace lan = node.world().lan();
      for (int family = 0; family < stack.blocks().size(); family++) {
        boolean four = stack.blocks().get(family).family() == Family.IPV4;
        IpAddress host = IpAddress.parse(four ? "192.168.1.12" : "fd00:192::12");
        IpAddress itself = IpAddress.parse(four ? "192.168.1.11" : "fd00:192::11");
        Cidr block = Cidr.parse(four ? "10.244.2.0/24" : "fd00:244:0:2::/64");
        IpAddress peer = block.address().plus(2);
        lan.run("ip addr add " + Cidr.host(peer) + " dev lo");
        lan.run("ip route add " + stack.blocks().get(family) + " via " + itself);
        Route route = Route.toPeer(block, host, "uplink");
        List<Change<?>> changes =
            List.of(
                Change.add(NextHop.KIND, route.sharedNextHop().orElseThrow()),
                Change.add(Route.KIND, route));
        assertThat(node.dataplane().apply(changes)).isEmpty();

        assertThat(senderSeen(lan, pod, host)).isEqualTo(itself);
        assertThat(senderSeen(lan, pod, peer)).isEqualTo(pod.address(family));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aFullSizePacketThatMayNotBeFragmentedPasses(Stack stack) throws Exception {
    try (TestNode node = new TestNode(stack)) {
      TestPod one = node.addPod(0);
      TestPod two = node.addPod(1);
      PacketSocket sender = one.packets();
      PacketSocket atTwo = two.packets();

      for (int family = 0; family < stack.blocks().size(); family++) {
        two.receiver(two.address(family));
        sender.send(
            Frames.fullSize(
                one.mac(), one.address(family), two.address(family), Stack.MTU, "weft-full"));
      }

      await().until(() -> atTwo.count("weft-full") == stack.blocks().size());
    }
  }

  @ParameterizedTest
  @EnumSource
  void aPodsOnlyRoutesAreToItsGatewayAndByWayOfIt(Stack stack) throws Exception {
    try (TestNode node = new TestNode(stack)) {
      TestPod pod = node.addPod(0);
      for (int family = 0; family < stack.blocks().size(); family++) {
        String gateway = stack.gateways().get(family).address().toString();
        int version = stack.blocks().get(family).family().version();

        List<String> routes =
            pod.namespace().run("ip -" + version + " route show dev eth0").lines().toList();

        assertThat(routes)
            .filteredOn(route -> !route.startsWith("fe80:") && !route.startsWith("multicast"))
            .hasSize(2)
            .anyMatch(route -> route.startsWith("default via " + gateway + " "))
            .anyMatch(route -> route.startsWith(gateway + " "));
      }
    }
  }

  private static IpAddress senderSeen(TestNamespace lan, TestPod pod, IpAddress target)
      throws Exception {
    DatagramChannel receiver = lan.call(() -> TestPod.receiverHere(target));
    lan.onEnd(receiver);
    pod.send(target, "to the LAN");
    return TestPod.sender(receiver);
  }
}
