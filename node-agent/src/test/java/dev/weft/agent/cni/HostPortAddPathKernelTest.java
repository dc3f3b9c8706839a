// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.agent.cni.AddPath.Outcome;
import dev.weft.core.dataplane.HostPort;
import dev.weft.core.dataplane.NodeState;
import dev.weft.core.node.AttachmentKey;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Host ports on the ADD path, from the plugin to the kernel, and over an agent's life. */
@Tag("kernel")
class HostPortAddPathKernelTest {
  private static final String MAPPINGS =
      "\"runtimeConfig\":{\"portMappings\":["
          + "{\"hostPort\":40080,\"containerPort\":8080,\"protocol\":\"tcp\"},"
          + "{\"hostPort\":40053,\"containerPort\":53,\"protocol\":\"udp\"}]}";

  private AddPath addPath;

  @BeforeEach
  void start() throws Exception {
    addPath = new AddPath("10.244.1.0/24", "fd00:244:0:1::/64");
    addPath.newPod("blue");
    addPath.newPod("green");
  }

  @AfterEach
  void end() throws Exception {
    addPath.close();
  }

  @Test
  void comeAreCheckedAndGo() throws Exception {
    NodeState before = addPath.state();
    Outcome added = addPath.add("blue").with(MAPPINGS).make();

    assertThat(added.succeeded()).as(added.output()).isTrue();
    assertThat(addPath.state().of(HostPort.KIND))
        .extracting(HostPort::toString)
        .containsExactlyInAnyOrder(
            "tcp 0.0.0.0:40080 to 10.244.1.2:8080",
            "udp 0.0.0.0:40053 to 10.244.1.2:53",
            "tcp [::]:40080 to [fd00:244:0:1::2]:8080",
            "udp [::]:40053 to [fd00:244:0:1::2]:53");
    assertThat(addPath.check("blue", added.json()).make()).isEqualTo(new Outcome(0, ""));
    assertThat(addPath.del("blue").make()).isEqualTo(new Outcome(0, ""));
    assertThat(addPath.state()).isEqualTo(before);
  }

  @Test
  void anotherPodIsRefusedAndLeavesNothing() throws Exception {
    addPath.add("blue").with(MAPPINGS).make();
    NodeState before = addPath.state();

    Outcome refused = addPath.add("green").with(MAPPINGS).make();

    assertThat(refused.code()).isEqualTo(ErrorCode.TRY_AGAIN_LATER.number());
    assertThat(refused.output()).contains("host port tcp 0.0.0.0:40080 is taken: pod blue/eth0");
    assertThat(addPath.state()).isEqualTo(before);
    assertThat(addPath.ipIn("green", "link")).doesNotContain("eth0");
  }

  @Test
  void outliveAnAgent() throws Exception {
    Outcome added = addPath.add("blue").with(MAPPINGS).make();
    Set<HostPort> made = addPath.state().of(HostPort.KIND);

    addPath.stopAgent();
    addPath.startAgent();

    assertThat(addPath.state().of(HostPort.KIND)).isEqualTo(made);
    assertThat(addPath.attachments().hostPorts()).isEqualTo(made);
    assertThat(addPath.check("blue", added.json()).make()).isEqualTo(new Outcome(0, ""));
    assertThat(addPath.add("green").with(MAPPINGS).make().code())
        .isEqualTo(ErrorCode.TRY_AGAIN_LATER.number());
    assertThat(addPath.del("blue").make()).isEqualTo(new Outcome(0, ""));
    assertThat(addPath.state().of(HostPort.KIND)).isEmpty();
  }

  @Test
  void ofAPodThatWentWhileTheAgentWasAwayAreSwept() throws Exception {
    addPath.add("blue").with(MAPPINGS).make();
    addPath.stopAgent();
    addPath.ip("link del " + new AttachmentKey("blue", "eth0").hostVeth());

    addPath.startAgent();

    assertThat(addPath.state().of(HostPort.KIND)).isEmpty();
    assertThat(addPath.add("green").with(MAPPINGS).make().succeeded()).isTrue();
  }

  @Test
  void ofAPodThatDiedAreSweptByTheLoop() throws Exception {
    addPath.add("blue").with(MAPPINGS).make();
    addPath.ip("link del " + new AttachmentKey("blue", "eth0").hostVeth());

    addPath.reconcile();

    assertThat(addPath.state().of(HostPort.KIND)).isEmpty();
    assertThat(addPath.attachments().hostPorts()).isEmpty();
  }
}
