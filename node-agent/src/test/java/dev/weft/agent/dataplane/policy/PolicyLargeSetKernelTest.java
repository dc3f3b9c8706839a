// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.policy;

import static dev.weft.agent.dataplane.policy.ProgramBuilder.clause;
import static dev.weft.agent.dataplane.policy.ProgramBuilder.port;
import static dev.weft.core.net.Protocol.TCP;
import static dev.weft.core.policy.Direction.INGRESS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.agent.dataplane.testing.Stack;
import dev.weft.agent.dataplane.testing.TestPod;
import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import dev.weft.core.policy.PolicyProgram;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A set that is in use and changes by more members than one transaction holds. */
@Tag("kernel")
class PolicyLargeSetKernelTest {
  private static final int PORT = 8080;
  private static final int MEMBERS = 100_000;

  private static PolicyProgram program(
      TestPod client, TestPod server, int family, int first, int count) {
    ProgramBuilder builder = new ProgramBuilder();
    String pattern = family == 0 ? "11.%d.%d.%d" : "fd00:11::%x:%x:%x";
    List<IpAddress> members =
        Stream.concat(
                Stream.of(client.address(family)),
                IntStream.range(first, first + count)
                    .mapToObj(i -> pattern.formatted(i >> 16, i >> 8 & 0xff, i & 0xff))
                    .map(IpAddress::parse))
            .toList();
    return builder
        .group("in", INGRESS, clause(builder.addresses("clients", members), port(TCP, PORT)))
        .select("in", server.attachment().addresses())
        .build();
  }

  @ParameterizedTest
  @EnumSource(Family.class)
  void isFilledOtherwiseFilledAndEmptied(Family of) throws Exception {
    int family = of.ordinal();
    try (PolicyNode node = new PolicyNode(Stack.DUAL)) {
      TestPod client = node.addPod(0);
      TestPod server = node.addPod(1);
      TestPod other = node.addPod(2);
      IpAddress address = server.address(family);
      node.apply(program(client, server, family, 0, 0));
      for (PolicyProgram program :
          List.of(
              program(client, server, family, 0, MEMBERS),
              program(client, server, family, MEMBERS / 2, MEMBERS),
              program(client, server, family, 0, 0))) {
        assertThat(node.apply(program).changed()).isTrue();
        assertThat(node.passes(client, server, address, TCP, PORT)).isTrue();
        assertThat(node.passes(other, server, address, TCP, PORT)).isFalse();
        node.policies().mayHaveChanged();
        assertThat(node.apply(program)).isEqualTo(PolicyApplied.UNCHANGED);
      }
    }
  }
}
