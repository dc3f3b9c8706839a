// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.policy;

import static dev.weft.agent.dataplane.policy.ProgramBuilder.clause;
import static dev.weft.agent.dataplane.policy.ProgramBuilder.port;
import static dev.weft.core.net.Protocol.TCP;
import static dev.weft.core.net.Protocol.UDP;
import static dev.weft.core.policy.Direction.EGRESS;
import static dev.weft.core.policy.Direction.INGRESS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.agent.dataplane.testing.Shell;
import dev.weft.agent.dataplane.testing.Stack;
import dev.weft.agent.dataplane.testing.TestPod;
import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.Protocol;
import dev.weft.core.policy.PolicyProgram;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Who reaches whom by a program, with packets between pods, their node and another host. */
@Tag("kernel")
class PolicyDataplaneKernelTest {
  private static final int PORT = 8080;
  private static final int OTHER_PORT = 9090;

  private PolicyNode node;
  private TestPod client;
  private TestPod server;
  private TestPod other;

  @BeforeEach
  void start() throws Exception {
    node = new PolicyNode(Stack.DUAL);
    client = node.addPod(0);
    server = node.addPod(1);
    other = node.addPod(2);
  }

  @AfterEach
  void end() throws Exception {
    node.close();
  }

  private static int of(Family family) {
    return family == Family.IPV4 ? 0 : 1;
  }

  private boolean passes(TestPod from, TestPod to, Family family, Protocol protocol, int port)
      throws Exception {
    return node.passes(from, to, to.address(of(family)), protocol, port);
  }

  private static IpAddress far(Family family) {
    return IpAddress.parse(family == Family.IPV4 ? "192.168.1.12" : "fd00:192::12");
  }

  private static IpAddress gateway(Family family) {
    return Stack.DUAL.gateways().get(of(family)).address();
  }

  @Test
  void withoutAPolicyThereIsNoTable() throws Exception {
    assertThat(node.apply(PolicyProgram.NONE)).isEqualTo(PolicyApplied.UNCHANGED);
    assertThat(Shell.run("nft list tables")).doesNotContain("policy");
    node.apply(
        new ProgramBuilder().group("deny", INGRESS).select("deny", server.address(0)).build());
    assertThat(Shell.run("nft list tables")).contains("inet weft_policy");
    assertThat(node.apply(PolicyProgram.NONE))
        .isEqualTo(new PolicyApplied(true, false, java.util.Map.of()));
    assertThat(Shell.run("nft list tables")).doesNotContain("policy");
    assertThat(node.foreign()).isZero();
  }

  @ParameterizedTest
  @EnumSource(Family.class)
  void aPodWithoutARuleGetsAndSendsNothingInThatDirection(Family family) throws Exception {
    IpAddress address = server.address(of(family));
    node.apply(new ProgramBuilder().group("deny", INGRESS).select("deny", address).build());
    for (Protocol protocol : List.of(TCP, UDP)) {
      assertThat(passes(client, server, family, protocol, PORT)).isFalse();
      assertThat(passes(server, client, family, protocol, PORT)).isTrue();
      assertThat(passes(client, other, family, protocol, PORT)).isTrue();
    }
    node.apply(new ProgramBuilder().group("mute", EGRESS).select("mute", address).build());
    for (Protocol protocol : List.of(TCP, UDP)) {
      assertThat(passes(client, server, family, protocol, PORT)).isTrue();
      assertThat(passes(server, client, family, protocol, PORT)).isFalse();
    }
    assertThat(node.policies().dropped()).containsEntry(EGRESS, 2L).containsEntry(INGRESS, 2L);
    assertThat(node.policies().counters())
        .contains(
            new RuleCount(
                EGRESS, "mute", OptionalInt.empty(), 2, family == Family.IPV4 ? 89 : 129));
  }

  @ParameterizedTest
  @EnumSource(Family.class)
  void whatBothEndsAcceptPasses(Family family) throws Exception {
    ProgramBuilder program = new ProgramBuilder();
    IpAddress from = client.address(of(family));
    IpAddress to = server.address(of(family));
    program
        .group("in", INGRESS, clause(program.addresses("clients", from), port(TCP, PORT)))
        .group(
            "out",
            EGRESS,
            clause(program.addresses("servers", to), port(TCP, PORT), port(UDP, PORT)))
        .select("in", to)
        .select("out", from);
    node.apply(program.build());
    assertThat(passes(client, server, family, TCP, PORT)).isTrue();
    assertThat(passes(client, server, family, UDP, PORT)).isFalse();
    assertThat(passes(client, server, family, TCP, OTHER_PORT)).isFalse();
    assertThat(passes(client, other, family, TCP, PORT)).isFalse();
    assertThat(passes(other, server, family, TCP, PORT)).isFalse();
    assertThat(passes(other, client, family, TCP, PORT)).isTrue();
    assertThat(node.policies().counters())
        .filteredOn(count -> count.clause().equals(OptionalInt.of(0)))
        .allSatisfy(count -> assertThat(count.packets()).isPositive())
        .extracting(RuleCount::group)
        .containsExactlyInAnyOrder("in", "out");
  }
}
