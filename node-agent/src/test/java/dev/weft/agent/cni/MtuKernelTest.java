// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.agent.cni.AddPath.Outcome;
import dev.weft.core.node.AttachmentKey;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A pod keeps the MTU that it was made with; whoever sends it more is told so. */
@Tag("kernel")
class MtuKernelTest {
  private static final String PING = "ping -M do -c 1 -W 2 -s 3000 ";

  private AddPath addPath;

  @BeforeEach
  void start() throws Exception {
    addPath = new AddPath("10.244.1.0/24", "fd00:244:0:1::/64");
    addPath.newPod("old");
    addPath.newPod("young");
  }

  @AfterEach
  void end() throws Exception {
    addPath.close();
  }

  @Test
  void whoSendsAnOldPodMoreThanItTakesGetsAnError() throws Exception {
    List<String> addresses = addresses(addPath.add("old").make());
    addPath.add("young").make();
    addPath.ip("link set v-net-0 mtu 9000");
    addPath.ip("link set " + new AttachmentKey("young", "eth0").hostVeth() + " mtu 9000");
    addPath.ipIn("young", "link set eth0 mtu 9000");
    addPath.reconcile();

    for (String address : addresses) {
      assertThat(addPath.in("young", PING + address).output())
          .as("from a pod to " + address)
          .containsPattern("(Frag needed|Packet too big).*mtu ?= ?" + AddPath.MTU_BYTES);
      assertThat(addPath.onNode(PING + address).output())
          .as("from the node to " + address)
          .containsPattern("message too long, mtu[=: ]+" + AddPath.MTU_BYTES);
      assertThat(addPath.in("young", "ping -M do -c 1 -W 5 -s 1400 " + address).exitCode())
          .isZero();
    }
    assertThat(addPath.reconcile().changes()).isEmpty();
  }

  @Test
  void anOldPodThatSendsMoreThanTheBridgeTakesNowGetsAnError() throws Exception {
    addPath.add("old").make();
    List<String> addresses = addresses(addPath.add("young").make());
    addPath.ip("link set v-net-0 mtu 1400");
    addPath.reconcile();

    for (String address : addresses) {
      assertThat(addPath.in("old", "ping -M do -c 1 -W 2 -s 1400 " + address).output())
          .as("to " + address)
          .containsPattern("(Frag needed|Packet too big).*mtu ?= ?1400");
      assertThat(addPath.in("old", "ping -M do -c 1 -W 5 -s 1300 " + address).exitCode()).isZero();
    }
    assertThat(addPath.reconcile().changes()).isEmpty();
  }

  @Test
  void aPodOfTheBridgesMtuHasNoMtuOnItsRoute() throws Exception {
    addPath.add("old").make();
    addPath.ip("link set v-net-0 mtu 9000");
    addPath.reconcile();
    assertThat(addPath.ip("route show 10.244.1.2")).contains("mtu " + AddPath.MTU_BYTES);

    addPath.ip("link set v-net-0 mtu " + AddPath.MTU_BYTES);
    addPath.reconcile();

    assertThat(addPath.ip("route show 10.244.1.2")).contains("10.244.1.2").doesNotContain("mtu");
    assertThat(addPath.ip("-6 route show fd00:244:0:1::2")).contains("::2").doesNotContain("mtu");
    assertThat(addPath.reconcile().changes()).isEmpty();
  }

  private static List<String> addresses(Outcome added) throws Exception {
    return added.addresses().stream().map(address -> address.replaceAll("/.*", "")).toList();
  }
}
