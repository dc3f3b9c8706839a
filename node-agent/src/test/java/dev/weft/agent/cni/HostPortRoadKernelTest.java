// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.agent.cni.Road.Outcome;
import dev.weft.core.dataplane.HostPort;
import dev.weft.core.dataplane.NodeState;
import dev.weft.core.node.AttachmentKey;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Host ports on the whole road from the plugin to the kernel, and over an agent's life. */
@Tag("kernel")
class HostPortRoadKernelTest {
  private static final String MAPPINGS =
      "\"runtimeConfig\":{\"portMappings\":["
          + "{\"hostPort\":40080,\"containerPort\":8080,\"protocol\":\"tcp\"},"
          + "{\"hostPort\":40053,\"containerPort\":53,\"protocol\":\"udp\"}]}";

  private Road road;

  @BeforeEach
  void start() throws Exception {
    road = new Road("10.244.1.0/24", "fd00:244:0:1::/64");
    road.newPod("blue");
    road.newPod("green");
  }

  @AfterEach
  void end() throws Exception {
    road.close();
  }

  @Test
  void comeAreCheckedAndGo() throws Exception {
    NodeState before = road.state();
    Outcome added = road.add("blue").with(MAPPINGS).make();

    assertThat(added.succeeded()).as(added.output()).isTrue();
    assertThat(road.state().hostPorts())
        .extracting(HostPort::toString)
        .containsExactlyInAnyOrder(
            "tcp 0.0.0.0:40080 to 10.244.1.2:8080",
            "udp 0.0.0.0:40053 to 10.244.1.2:53",
            "tcp [::]:40080 to [fd00:244:0:1::2]:8080",
            "udp [::]:40053 to [fd00:244:0:1::2]:53");
    assertThat(road.check("blue", added.json()).make()).isEqualTo(new Outcome(0, ""));
    assertThat(road.del("blue").make()).isEqualTo(new Outcome(0, ""));
    assertThat(road.state()).isEqualTo(before);
  }

  @Test
  void anotherPodIsRefusedAndLeavesNothing() throws Exception {
    road.add("blue").with(MAPPINGS).make();
    NodeState before = road.state();

    Outcome refused = road.add("green").with(MAPPINGS).make();

    assertThat(refused.code()).isEqualTo(ErrorCode.TRY_AGAIN_LATER.number());
    assertThat(refused.output()).contains("host port tcp 0.0.0.0:40080 is taken: pod blue/eth0");
    assertThat(road.state()).isEqualTo(before);
    assertThat(road.ipIn("green", "link")).doesNotContain("eth0");
  }

  @Test
  void outliveAnAgent() throws Exception {
    Outcome added = road.add("blue").with(MAPPINGS).make();
    Set<HostPort> made = road.state().hostPorts();

    road.stopAgent();
    road.startAgent();

    assertThat(road.state().hostPorts()).isEqualTo(made);
    assertThat(road.attachments().hostPorts()).isEqualTo(made);
    assertThat(road.check("blue", added.json()).make()).isEqualTo(new Outcome(0, ""));
    assertThat(road.add("green").with(MAPPINGS).make().code())
        .isEqualTo(ErrorCode.TRY_AGAIN_LATER.number());
    assertThat(road.del("blue").make()).isEqualTo(new Outcome(0, ""));
    assertThat(road.state().hostPorts()).isEmpty();
  }

  @Test
  void ofAPodThatWentWhileTheAgentWasAwayAreSwept() throws Exception {
    road.add("blue").with(MAPPINGS).make();
    road.stopAgent();
    road.ip("link del " + new AttachmentKey("blue", "eth0").portName());

    road.startAgent();

    assertThat(road.state().hostPorts()).isEmpty();
    assertThat(road.add("green").with(MAPPINGS).make().succeeded()).isTrue();
  }

  @Test
  void ofAPodThatDiedAreSweptByTheLoop() throws Exception {
    road.add("blue").with(MAPPINGS).make();
    road.ip("link del " + new AttachmentKey("blue", "eth0").portName());

    road.reconcile();

    assertThat(road.state().hostPorts()).isEmpty();
    assertThat(road.attachments().hostPorts()).isEmpty();
  }
}
