// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.attach;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.agent.dataplane.testing.Stack;
import dev.weft.agent.dataplane.testing.TestNode;
import dev.weft.agent.dataplane.testing.TestPod;
import java.nio.channels.DatagramChannel;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** An address that a new pod gets at once: the first packet reaches it, and it alone is sent. */
@Tag("kernel")
class ReuseKernelTest {
  private static final int ROUNDS = 5;

  @ParameterizedTest
  @EnumSource
  void theFirstPacketReachesANewPodThatHasAnAddressJustFreed(Stack stack) throws Exception {
    try (TestNode node = new TestNode(stack)) {
      TestPod neighbour = node.addPod(1);
      TestPod holder = node.addPod(stack.attachment(0, "holder"));
      talk(neighbour, holder, stack);
      for (int round = 0; round < ROUNDS; round++) {
        node.removePod(holder);
        holder = node.addPod(stack.attachment(0, "holder-" + round));
        talk(neighbour, holder, stack);
      }
    }
  }

  private static void talk(TestPod neighbour, TestPod pod, Stack stack) throws Exception {
    for (int family = 0; family < stack.blocks().size(); family++) {
      DatagramChannel receiver = pod.receiver(pod.address(family));
      TestPod.sendHere(pod.address(family), "the node's first packet");
      assertThat(TestPod.sender(receiver)).isEqualTo(stack.gateways().get(family).address());
      neighbour.send(pod.address(family), "the neighbour's first packet");
      assertThat(TestPod.sender(receiver)).isEqualTo(neighbour.address(family));
    }
  }
}
