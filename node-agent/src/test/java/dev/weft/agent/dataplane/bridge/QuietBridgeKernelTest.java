// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.agent.dataplane.testing.Frames;
import dev.weft.agent.dataplane.testing.PacketSocket;
import dev.weft.agent.dataplane.testing.Shell;
import dev.weft.agent.dataplane.testing.Stack;
import dev.weft.agent.dataplane.testing.TestNode;
import dev.weft.agent.dataplane.testing.TestPod;
import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a pod does costs its node nothing and is heard by nobody else. */
@Tag("kernel")
class QuietBridgeKernelTest {
  private static final int SCANNED = 254;

  /**
   * Pods from this one on no other test has. A node sends at most nine redirects to an IPv4 source
   * that ignores them, and then none for 20 s (ip_rt_redirect_number, net/ipv4/route.c).
   */
  private static final int NEVER_REDIRECTED = 60;

  private static final int ICMP_REDIRECT = 5;
  private static final int ICMP6_REDIRECT = 137;

  @ParameterizedTest
  @EnumSource
  void aPodThatScansItsWholeBlockLeavesTheNodesNeighbourTableAsItWas(Stack stack) throws Exception {
    try (TestNode node = new TestNode(stack)) {
      TestPod scanner = node.addPod(0);
      TestPod other = node.addPod(1);
      PacketSocket atOther = other.packets();
      for (int family = 0; family < stack.blocks().size(); family++) {
        other.receiver(other.address(family));
      }
      Set<String> before = neighbours();

      for (int family = 0; family < stack.blocks().size(); family++) {
        IpAddress first = stack.blocks().get(family).address();
        for (int i = 1; i <= SCANNED; i++) {
          sendIgnoringRefusals(scanner, first.plus(i));
        }
        scanner.send(other.address(family), "weft-end-of-scan");
      }

      await().until(() -> atOther.count("weft-end-of-scan") == stack.blocks().size());
      assertThat(neighbours()).isEqualTo(before);
    }
  }

  @ParameterizedTest
  @EnumSource
  void noPodSeesAFrameForAnother(Stack stack) throws Exception {
    try (TestNode node = new TestNode(stack)) {
      TestPod one = node.addPod(0);
      TestPod two = node.addPod(1);
      TestPod bystander = node.addPod(2);
      PacketSocket atBystander = bystander.packets();
      PacketSocket sender = one.packets();
      for (int family = 0; family < stack.blocks().size(); family++) {
        two.receiver(two.address(family));
        bystander.receiver(bystander.address(family));
        askForUnknown(sender, one, stack, family);
        // A pod that was never heard gets its frames all the same, and alone.
        TestPod.sendHere(two.address(family), "weft-secret");
        one.send(two.address(family), "weft-secret");
        one.send(bystander.address(family), "weft-own");
      }

      await().until(() -> atBystander.count("weft-own") == stack.blocks().size());
      assertThat(atBystander.seen())
          .filteredOn(frame -> !isKernelsOwnGroupChatter(frame, bystander))
          .hasSize(stack.blocks().size())
          .allMatch(frame -> Frames.carries(frame, "weft-own"));
    }
  }

  @ParameterizedTest
  @EnumSource
  void aPodNeverGetsARedirect(Stack stack) throws Exception {
    int sender = NEVER_REDIRECTED + 2 * stack.ordinal();
    try (TestNode node = new TestNode(stack)) {
      TestPod one = node.addPod(sender);
      TestPod two = node.addPod(sender + 1);
      PacketSocket atOne = one.packets();
      for (int family = 0; family < stack.blocks().size(); family++) {
        IpAddress target = two.address(family);
        two.receiver(target);
        String kind = target.family() == Family.IPV4 ? "icmp type redirect" : "nd-redirect";
        try (DatagramChannel flow = one.namespace().call(DatagramChannel::open)) {
          provoke(flow, target, kind);
        }
      }

      assertThat(atOne.seen()).noneMatch(QuietBridgeKernelTest::isRedirect);
    }
  }

  /**
   * The node's neighbours on the bridge. Not the groups (NOARP): the kernel makes an entry for one
   * when it reports its memberships, at a random moment of the bridge's first second.
   */
  private static Set<String> neighbours() throws Exception {
    return Shell.run("ip neigh show nud all dev v-net-0")
        .lines()
        .map(String::strip)
        .filter(line -> !line.endsWith(" NOARP"))
        .collect(Collectors.toSet());
  }

  /** Sends until the rule has dropped a redirect. */
  private static void provoke(DatagramChannel flow, IpAddress target, String kind) {
    await()
        .until(
            () -> {
              flow.send(ByteBuffer.wrap(new byte[1]), TestPod.socketAddress(target));
              return redirectsDropped(kind) > 0;
            });
  }

  /** How often the node wanted to send one. */
  private static long redirectsDropped(String kind) throws Exception {
    Matcher counter =
        Pattern.compile(kind + " counter packets (\\d+)")
            .matcher(Shell.run("nft list chain inet weft_icmp_redirect output"));
    assertThat(counter.find()).isTrue();
    return Long.parseLong(counter.group(1));
  }

  private static void sendIgnoringRefusals(TestPod pod, IpAddress target) throws Exception {
    try {
      pod.send(target, "scan");
    } catch (IOException e) {
      // "No route to host" is what the node answered to an earlier one.
    }
  }

  private static void askForUnknown(PacketSocket sender, TestPod one, Stack stack, int family)
      throws Exception {
    IpAddress unknown = stack.blocks().get(family).address().plus(99);
    IpAddress own = one.address(family);
    if (own.family() == Family.IPV4) {
      sender.send(Frames.arp(one.mac(), Frames.BROADCAST, one.mac(), own, unknown));
    } else {
      sender.send(Frames.solicitation(one.mac(), own, unknown));
    }
    sender.send(
        Frames.udp(one.mac(), new MacAddress(0x0a5801020304L), own, unknown, "weft-secret"));
  }

  /** What the node's end of the link and the bridge announce of themselves (MLD, DAD, IGMP). */
  private static boolean isKernelsOwnGroupChatter(byte[] frame, TestPod pod) {
    MacAddress to = MacAddress.ofBytes(Arrays.copyOf(frame, 6));
    MacAddress from = MacAddress.ofBytes(Arrays.copyOfRange(frame, 6, 12));
    boolean toGroup = (to.value() >>> 40 & 1) == 1;
    boolean fromNode =
        from.equals(MacAddress.BRIDGE) || from.equals(pod.attachment().hostVethMac());
    return toGroup && fromNode;
  }

  private static boolean isRedirect(byte[] frame) {
    int type = (frame[12] & 0xff) << 8 | frame[13] & 0xff;
    List<Integer> icmp =
        type == 0x0800
            ? List.of(frame[23] & 0xff, frame[34] & 0xff)
            : List.of(frame[20] & 0xff, frame[54] & 0xff);
    return icmp.equals(List.of(1, ICMP_REDIRECT)) || icmp.equals(List.of(58, ICMP6_REDIRECT));
  }
}
