// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.policy;

import dev.weft.core.net.IpAddress;
import java.util.List;
import java.util.Optional;

/**
 * What policies mean for one pod of this node.
 *
 * @param namespace its namespace
 * @param pod its name
 * @param sides what is accepted to it and from it; one for each direction, and for each of its
 *     interfaces where it has several
 */
public record PodPolicies(String namespace, String pod, List<Side> sides) {
  public PodPolicies {
    sides = List.copyOf(sides);
  }

  /**
   * One direction of one interface.
   *
   * @param direction which packets
   * @param addresses the interface's addresses
   * @param group the group of {@link PolicyProgram} that decides, {@link PolicyProgram#CLOSED} too;
   *     empty where no policy selects the pod in this direction: all is accepted
   * @param closed why it is closed; empty where it is not
   * @param policies the policies that select it in this direction, as {@code kubectl} takes them
   * @param accepts what is accepted, in order; what none matches is dropped
   */
  public record Side(
      Direction direction,
      List<IpAddress> addresses,
      Optional<String> group,
      Optional<String> closed,
      List<String> policies,
      List<Accept> accepts) {
    public Side {
      addresses = List.copyOf(addresses);
      policies = List.copyOf(policies);
      accepts = List.copyOf(accepts);
    }
  }

  /**
   * A clause of the group, and where it comes from.
   *
   * @param clause its place in the group, from 0: as counters have it
   * @param accepted what the group has there, with the policy and the rule
   * @param peers the peers in the policy that it comes from; none where the rule has none: every
   *     other end
   * @param members how many addresses are in its set now; 0 without a set
   */
  public record Accept(
      int clause, PolicyProgram.Clause accepted, List<PolicyPeer> peers, int members) {
    public Accept {
      peers = List.copyOf(peers);
    }
  }
}
