// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.agent.cni.Road.Outcome;
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

  private Road road;

  @BeforeEach
  void start() throws Exception {
    road = new Road("10.244.1.0/24", "fd00:244:0:1::/64");
    road.newPod("old");
    road.newPod("young");
  }

  @AfterEach
  void end() throws Exception {
    road.close();
  }

  @Test
  void whoSendsAnOldPodMoreThanItTakesIsTold() throws Exception {
    List<String> addresses = addresses(road.add("old").make());
    road.add("young").make();
    road.ip("link set v-net-0 mtu 9000");
    road.ip("link set " + new AttachmentKey("young", "eth0").portName() + " mtu 9000");
    road.ipIn("young", "link set eth0 mtu 9000");
    road.reconcile();

    for (String address : addresses) {
      assertThat(road.in("young", PING + address).output())
          .as("from a pod to " + address)
          .containsPattern("(Frag needed|Packet too big).*mtu ?= ?" + Road.MTU_BYTES);
      assertThat(road.onNode(PING + address).output())
          .as("from the node to " + address)
          .containsPattern("message too long, mtu[=: ]+" + Road.MTU_BYTES);
      assertThat(road.in("young", "ping -M do -c 1 -W 5 -s 1400 " + address).exitCode()).isZero();
    }
    assertThat(road.reconcile().changes()).isEmpty();
  }

  @Test
  void aPodOfTheBridgesMtuHasNoMtuOnItsRoute() throws Exception {
    road.add("old").make();
    road.ip("link set v-net-0 mtu 9000");
    road.reconcile();
    assertThat(road.ip("route show 10.244.1.2")).contains("mtu " + Road.MTU_BYTES);

    road.ip("link set v-net-0 mtu " + Road.MTU_BYTES);
    road.reconcile();

    assertThat(road.ip("route show 10.244.1.2")).contains("10.244.1.2").doesNotContain("mtu");
    assertThat(road.ip("-6 route show fd00:244:0:1::2")).contains("::2").doesNotContain("mtu");
    assertThat(road.reconcile().changes()).isEmpty();
  }

  private static List<String> addresses(Outcome added) throws Exception {
    return added.addresses().stream().map(address -> address.replaceAll("/.*", "")).toList();
  }
}
