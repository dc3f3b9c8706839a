// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.agent.cni.Road.Outcome;
import dev.weft.core.dataplane.NodeState;
import dev.weft.core.node.Obstacle;
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
  private Road road;

  @AfterEach
  void end() throws Exception {
    road.close();
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
    road = new Road("10.244.1.0/24", "fd00:244:0:1::/64");
    road.newPod("blue");
    road.newPod("green");
    NodeState before = road.state();
    String routes = routes();
    road.add("blue").make();
    road.ip(foreign);

    // In that moment, before the loop has run, and after it.
    Outcome green = road.add("green").make();
    assertThat(green.exitCode()).as(green.output()).isZero();
    assertThat(obstacles()).isEmpty();
    road.newPod("red");
    Outcome red = road.add("red").make();
    assertThat(red.exitCode()).as(red.output()).isZero();

    assertThat(road.check("green", green.json()).make().output()).isEmpty();
    for (String pod : new String[] {"blue", "green", "red"}) {
      assertThat(road.del(pod).make().exitCode()).isZero();
    }
    assertThat(road.state()).isEqualTo(before);
    assertThat(routes()).isEqualTo(routes);
    assertThat(road.ip("addr show dev v-net-0")).doesNotContain("10.244.1.9", "::9/64");
  }

  @Test
  void aRouteOnSomebodyElsesDeviceStaysAndIsReported() throws Exception {
    road = new Road("10.244.1.0/24");
    road.newPod("blue");
    road.ip("link add other type bridge");
    try {
      road.ip("link set other up");
      road.ip("route add 10.244.1.64/26 dev other");

      assertThat(obstacles()).singleElement().asString().contains("10.244.1.64/26");

      assertThat(road.ip("route show dev other")).contains("10.244.1.64/26");
      assertThat(road.add("blue").make().code()).isEqualTo(11);
    } finally {
      road.ip("link del other");
    }
  }

  /** Runs the loop once, and tells what is in the way of the node's blocks. */
  private List<String> obstacles() throws Exception {
    return road.reconcile().blocks().stream()
        .flatMap(block -> block.obstacle().stream())
        .map(Obstacle::message)
        .toList();
  }

  private String routes() throws Exception {
    return (road.ip("-4 route show") + road.ip("-6 route show"))
        .lines()
        .filter(route -> !route.startsWith("fe80::"))
        .collect(Collectors.joining("\n"));
  }
}
