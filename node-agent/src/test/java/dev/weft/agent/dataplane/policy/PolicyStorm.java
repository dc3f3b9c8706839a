// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.policy;

import static dev.weft.agent.dataplane.policy.ProgramBuilder.clause;
import static dev.weft.agent.dataplane.policy.ProgramBuilder.port;
import static dev.weft.core.net.Protocol.UDP;
import static dev.weft.core.policy.Direction.EGRESS;
import static dev.weft.core.policy.Direction.INGRESS;

import dev.weft.agent.dataplane.policy.PolicyDataplane.Mode;
import dev.weft.agent.dataplane.testing.Stack;
import dev.weft.agent.dataplane.testing.TestPod;
import dev.weft.core.net.IpAddress;
import dev.weft.core.policy.PolicyProgram;
import dev.weft.netlink.KernelNetlinkSocket;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A process that applies one random program after the other until it is killed. Every one of them
 * has pod 0 send to pod 1 on one port, and nobody else.
 */
final class PolicyStorm {
  static final int PODS = 6;

  private final RandomPrograms programs;
  private final List<IpAddress> addresses;

  PolicyStorm(long seed) {
    addresses = IntStream.range(0, PODS).mapToObj(pod -> Stack.DUAL.addresses(pod).get(0)).toList();
    programs = new RandomPrograms(seed, addresses);
  }

  /** Line by line how many programs were applied. */
  public static void main(String[] arguments) throws Exception {
    PolicyStorm storm = new PolicyStorm(Long.parseLong(arguments[0]));
    PolicyDataplane policies =
        new KernelPolicyDataplane(
            PolicyNode.NFT,
            KernelNetlinkSocket.openNetfilter(),
            KernelNetlinkSocket.openNetfilter(),
            KernelNetlinkSocket.openNetfilter());
    for (int applied = 1; ; applied++) {
      PolicyProgram program = storm.next();
      PolicyApplied done = policies.apply(() -> program, Mode.ENFORCE);
      if (!done.refused().isEmpty()) {
        throw new IllegalStateException(done.refused().toString());
      }
      System.out.println(applied);
    }
  }

  /** The group of the server has another name, and so another chain, in each. */
  PolicyProgram next() {
    IpAddress client = addresses.get(0);
    IpAddress server = addresses.get(1);
    ProgramBuilder program = programs.next(List.of(client, server));
    int name = programs.port();
    program
        .group(
            "server-" + name,
            INGRESS,
            clause(program.addresses("client-" + name, client), port(UDP, TestPod.PORT)))
        .group(
            "client-" + name,
            EGRESS,
            clause(program.addresses("server-" + name, server), port(UDP, TestPod.PORT)))
        .select("server-" + name, server)
        .select("client-" + name, client);
    return program.build();
  }
}
