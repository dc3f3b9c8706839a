// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.antispoof;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.agent.dataplane.testing.Frames;
import dev.weft.agent.dataplane.testing.PacketSocket;
import dev.weft.agent.dataplane.testing.Stack;
import dev.weft.agent.dataplane.testing.TestNode;
import dev.weft.agent.dataplane.testing.TestPod;
import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A pod that sends what is not its own gets nothing through. */
@Tag("kernel")
class AntiSpoofKernelTest {
  private static final String BAD = "weft-bad-frame";
  private static final String GOOD = "weft-good-frame";

  @ParameterizedTest
  @EnumSource
  void nothingThatAPodForgesGetsThrough(Stack stack) throws Exception {
    try (TestNode node = new TestNode(stack)) {
      TestPod hostile = node.addPod(0);
      TestPod victim = node.addPod(1);
      PacketSocket sender = hostile.packets();
      PacketSocket atVictim = victim.packets();
      PacketSocket atNode = PacketSocket.onNode("v-net-0");
      for (int family = 0; family < stack.blocks().size(); family++) {
        victim.receiver(victim.address(family));
        List<byte[]> forged = forged(hostile, victim, family);
        long droppedBefore = dropped(node);

        for (byte[] frame : forged) {
          sender.send(frame);
        }
        sender.send(good(hostile, victim, family));

        await().until(() -> atVictim.count(GOOD) == 1 && atNode.count(GOOD) == 1);
        // Frames that were sent on another processor may be dropped later.
        await().until(() -> dropped(node) - droppedBefore >= forged.size());
        assertThat(atVictim.count(BAD)).isZero();
        assertThat(atNode.count(BAD)).isZero();
        assertThat(atNode.seen()).as("frames let in").hasSize(1);
        atVictim.forget();
        atNode.forget();
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aPodMayAskForItsGatewaysMac(Stack stack) throws Exception {
    try (TestNode node = new TestNode(stack)) {
      TestPod pod = node.addPod(0);
      TestPod other = node.addPod(1);
      pod.namespace().run("ip -4 neigh flush dev eth0 nud permanent");
      pod.namespace().run("ip -6 neigh flush dev eth0 nud permanent");
      PacketSocket atOther = other.packets();

      for (IpAddress address : other.attachment().addresses()) {
        other.receiver(address);
        pod.send(address, GOOD);
      }

      await().until(() -> atOther.count(GOOD) == stack.blocks().size());
    }
  }

  private static byte[] good(TestPod from, TestPod to, int family) {
    return Frames.udp(
        from.mac(), MacAddress.BRIDGE, from.address(family), to.address(family), GOOD);
  }

  private static List<byte[]> forged(TestPod hostile, TestPod victim, int family) {
    MacAddress mac = hostile.mac();
    IpAddress own = hostile.address(family);
    IpAddress other = victim.address(family);
    IpAddress unused = other.plus(50);
    List<byte[]> frames =
        new ArrayList<>(
            List.of(
                // Another's, or nobody's, source address.
                Frames.udp(mac, MacAddress.BRIDGE, other, unused, BAD),
                Frames.udp(mac, MacAddress.BRIDGE, unused, other, BAD),
                // Another's MAC.
                Frames.udp(victim.mac(), MacAddress.BRIDGE, own, other, BAD),
                Frames.udp(MacAddress.BRIDGE, MacAddress.BRIDGE, own, other, BAD),
                // Straight to a neighbour, or to all.
                Frames.udp(mac, victim.mac(), own, other, BAD),
                Frames.udp(mac, Frames.BROADCAST, own, other, BAD),
                Frames.udp(mac, MacAddress.parse("33:33:00:00:00:01"), own, other, BAD),
                // In a VLAN, and what is no IP at all.
                Frames.tagged(Frames.udp(mac, victim.mac(), own, other, BAD)),
                Frames.ethernet(
                    mac, MacAddress.BRIDGE, 0x88b5, BAD.getBytes(StandardCharsets.US_ASCII))));
    if (own.family() == Family.IPV4) {
      frames.add(Frames.arp(mac, Frames.BROADCAST, mac, other, unused));
      frames.add(Frames.arp(mac, Frames.BROADCAST, victim.mac(), own, unused));
      frames.add(Frames.arp(victim.mac(), Frames.BROADCAST, victim.mac(), other, unused));
      frames.add(Frames.arp(mac, victim.mac(), mac, own, other));
    } else {
      frames.add(Frames.solicitation(mac, other, unused));
      frames.add(Frames.solicitation(victim.mac(), other, unused));
      frames.add(Frames.solicitation(mac, IpAddress.parse("fe80::1"), unused));
      frames.add(Frames.udp(mac, MacAddress.BRIDGE, IpAddress.parse("fe80::1"), other, BAD));
    }
    return frames;
  }

  private static long dropped(TestNode node) throws Exception {
    return node.dataplane().dropped().values().stream().mapToLong(Long::longValue).sum();
  }
}
