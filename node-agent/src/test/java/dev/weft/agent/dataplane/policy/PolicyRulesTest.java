// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.policy;

import static dev.weft.agent.dataplane.policy.ProgramBuilder.ANYONE;
import static dev.weft.agent.dataplane.policy.ProgramBuilder.clause;
import static dev.weft.agent.dataplane.policy.ProgramBuilder.port;
import static dev.weft.agent.dataplane.policy.ProgramBuilder.range;
import static dev.weft.core.net.Protocol.SCTP;
import static dev.weft.core.net.Protocol.TCP;
import static dev.weft.core.net.Protocol.UDP;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.agent.dataplane.policy.PolicyDataplane.Mode;
import dev.weft.core.net.IpAddress;
import dev.weft.core.policy.Direction;
import dev.weft.core.policy.PolicyProgram;
import org.junit.jupiter.api.Test;

class PolicyRulesTest {
  private static final IpAddress FOUR = IpAddress.parse("10.244.1.2");
  private static final IpAddress SIX = IpAddress.parse("fd00:244::2");

  private static PolicyChain chain(PolicyProgram program, String group, Mode mode) {
    return PolicyRules.of(program.groups().get(group), mode);
  }

  @Test
  void aGroupsChainHasARuleForEachClauseAndProtocolAndDropsTheRest() {
    ProgramBuilder program = new ProgramBuilder();
    program.group(
        "in",
        Direction.INGRESS,
        clause(ANYONE),
        clause(program.addresses("four", FOUR), port(TCP, 80), port(UDP, 53), port(TCP, 443, 445)),
        clause(program.addresses("six", SIX), port(SCTP, 0, 65535), port(SCTP, 90)),
        clause(range("10.0.0.0/8", "10.1.0.0/16", "10.3.0.0/16")),
        clause(range("::/0"), port(TCP, 1, 80), port(TCP, 81, 90)));
    PolicyChain chain = chain(program.build(), "in", Mode.ENFORCE);
    assertThat(chain.block())
        .isEqualTo(
            """
              chain in {
                counter accept
                ip saddr @four tcp dport { 80, 443-445 } counter accept
                ip saddr @four udp dport 53 counter accept
                ip6 saddr @six meta l4proto 132 counter accept
                ip saddr 10.0.0.0/8 ip saddr != { 10.1.0.0/16, 10.3.0.0/16 } counter accept
                meta nfproto ipv6 tcp dport 1-90 counter accept
                jump exempt
                counter name "dropped_ingress" counter drop
              }
            """);
    assertThat(chain.sets()).containsExactlyInAnyOrder("four", "six");
    assertThat(chain.rules())
        .extracting(rule -> rule.clause().orElse(-1))
        .containsExactly(0, 1, 1, 2, 3, 4, -1, -1);
  }

  @Test
  void whatEgressAcceptsGoesOnToTheGroupOfItsDestination() {
    ProgramBuilder program = new ProgramBuilder();
    program.group(
        "out",
        Direction.EGRESS,
        clause(program.addressAndPort("named", FOUR, TCP, 80)),
        clause(program.addressAndPort("named-6", SIX, TCP, 80)));
    assertThat(chain(program.build(), "out", Mode.AUDIT).block())
        .isEqualTo(
            """
              chain out {
                ip daddr . meta l4proto . th dport @named counter return
                ip6 daddr . meta l4proto . th dport @named-6 counter return
                jump exempt
                counter name "dropped_egress" counter
              }
            """);
  }
}
