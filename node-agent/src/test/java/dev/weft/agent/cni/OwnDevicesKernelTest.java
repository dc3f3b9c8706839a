// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.agent.cni.AddPath.Outcome;
import dev.weft.core.dataplane.NodeState;
import dev.weft.core.node.Blocker;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What somebody else puts on the bridge keeps no pod waiting, and goes. */
@Tag("kernel")
class OwnDevicesKernelTest {
  private AddPath addPath;

  @AfterEach
  void end() throws Exception {
    addPath.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "addr add 10.244.1.9/24 dev v-net-0",
        "addr add 10.244.1.9/25 dev v-net-0",
        "addr add fd00:244:0:1::9/64 dev v-net-0 nodad",
        "route append 10.244.1.0/24 dev v-net-0 proto kernel scope link",
        "-6 route add fd00:244:0:1::/64 dev v-net-0 proto kernel metric 256",
        "route add 10.244.1.3 dev v-net-0 proto static",
        "-6 route add fd00:244:0:1::3 dev v-net-0 proto static metric 1024"
      })
  void theNodeServesAndTheLoopRemovesIt(String foreign) throws Exception {
    addPath = new AddPath("10.244.1.0/24", "fd00:244:0:1::/64");
    addPath.newPod("blue");
    addPath.newPod("green");
    NodeState before = addPath.state();
    String routes = routes();
    addPath.add("blue").make();
    addPath.ip(foreign);

    // In that moment, before the loop has run, and after it.
    Outcome green = addPath.add("green").make();
    assertThat(green.exitCode()).as(green.output()).isZero();
    assertThat(blockers()).isEmpty();
    addPath.newPod("red");
    Outcome red = addPath.add("red").make();
    assertThat(red.exitCode()).as(red.output()).isZero();

    assertThat(addPath.check("green", green.json()).make().output()).isEmpty();
    for (String pod : new String[] {"blue", "green", "red"}) {
      assertThat(addPath.del(pod).make().exitCode()).isZero();
    }
    assertThat(addPath.state()).isEqualTo(before);
    assertThat(routes()).isEqualTo(routes);
    assertThat(addPath.ip("addr show dev v-net-0")).doesNotContain("10.244.1.9", "::9/64");
  }

  @Test
  void aRouteOnSomebodyElsesDeviceStaysAndIsReported() throws Exception {
    addPath = new AddPath("10.244.1.0/24");
    addPath.newPod("blue");
    addPath.ip("link add other type bridge");
    try {
      addPath.ip("link set other up");
      addPath.ip("route add 10.244.1.64/26 dev other");

      assertThat(blockers()).singleElement().asString().contains("10.244.1.64/26");

      assertThat(addPath.ip("route show dev other")).contains("10.244.1.64/26");
      assertThat(addPath.add("blue").make().code()).isEqualTo(11);
    } finally {
      addPath.ip("link del other");
    }
  }

  /** Runs the loop once, and tells what is in the way of the node's blocks. */
  private List<String> blockers() throws Exception {
    return addPath.reconcile().blocks().stream()
        .flatMap(block -> block.blocker().stream())
        .map(Blocker::message)
        .toList();
  }

  private String routes() throws Exception {
    return (addPath.ip("-4 route show") + addPath.ip("-6 route show"))
        .lines()
        .filter(route -> !route.startsWith("fe80::"))
        .collect(Collectors.joining("\n"));
  }
}
