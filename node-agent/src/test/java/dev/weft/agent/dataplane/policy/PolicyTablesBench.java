// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.policy;

import static dev.weft.agent.dataplane.policy.ProgramBuilder.clause;
import static dev.weft.agent.dataplane.policy.ProgramBuilder.port;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.agent.dataplane.nft.NftProgram;
import dev.weft.agent.dataplane.policy.PolicyDataplane.Mode;
import dev.weft.agent.dataplane.testing.Shell;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.Protocol;
import dev.weft.core.policy.Direction;
import dev.weft.core.policy.PolicyProgram;
import dev.weft.core.policy.PolicyProgram.Peer;
import dev.weft.netlink.KernelNetlinkSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Writes the tables that {@code bench/policy} loads: into the folder WEFT_POLICY_TABLES, for each
 * of WEFT_POLICY_GROUPS and WEFT_POLICY_PEERS and both nodes, what the kernel lists once the table
 * is in force. The pods that are measured are the first of each node.
 */
@Tag("bench")
class PolicyTablesBench {
  private static final int CLIENTS_NODE = 1;

  @Test
  void writesTheTables() throws Exception {
    try (KernelNetlinkSocket hot = KernelNetlinkSocket.openNetfilter();
        KernelNetlinkSocket loop = KernelNetlinkSocket.openNetfilter();
        KernelNetlinkSocket scrape = KernelNetlinkSocket.openNetfilter()) {
      PolicyDataplane policies = new KernelPolicyDataplane(new NftProgram(), hot, loop, scrape);
      for (int groups : numbers("WEFT_POLICY_GROUPS")) {
        for (int peers : numbers("WEFT_POLICY_PEERS")) {
          for (int node = 1; node <= 2; node++) {
            PolicyProgram program = program(node, groups, peers);
            assertThat(policies.apply(() -> program, Mode.ENFORCE).refused()).isEmpty();
            String name = "weft-%d-%d-%d.nft".formatted(groups, peers, node);
            Files.writeString(
                Path.of(System.getenv("WEFT_POLICY_TABLES"), name),
                Shell.run("nft list table inet weft_policy"));
          }
        }
      }
      policies.apply(() -> PolicyProgram.NONE, Mode.ENFORCE);
    }
  }

  private static PolicyProgram program(int node, int groups, int peers) {
    Direction direction = node == CLIENTS_NODE ? Direction.EGRESS : Direction.INGRESS;
    ProgramBuilder builder = new ProgramBuilder();
    Peer four = builder.addresses("pods4", members("10.200.%d.2", "10.201.%d.%d", node, peers));
    Peer six =
        builder.addresses("pods6", members("fd00:200:0:%d::2", "fd00:201::%d:%d", node, peers));
    for (int pod = 0; pod < groups; pod++) {
      String group = "group-" + pod;
      builder.group(
          group,
          direction,
          clause(four, port(Protocol.TCP, 1, 65_535)),
          clause(six, port(Protocol.TCP, 1, 65_535)));
      builder.select(
          group,
          IpAddress.parse("10.200.%d.%d".formatted(node, pod + 2)),
          IpAddress.parse("fd00:200:0:%d::%x".formatted(node, pod + 2)));
    }
    return builder.build();
  }

  /** The other node's pod that is measured, and as many others as are missing. */
  private static List<IpAddress> members(String measured, String others, int node, int count) {
    return Stream.concat(
            Stream.of(measured.formatted(3 - node)),
            IntStream.range(1, count).mapToObj(i -> others.formatted(i / 250, i % 250 + 1)))
        .map(IpAddress::parse)
        .toList();
  }

  private static List<Integer> numbers(String variable) {
    return Stream.of(System.getenv(variable).strip().split("\\s+")).map(Integer::valueOf).toList();
  }
}
