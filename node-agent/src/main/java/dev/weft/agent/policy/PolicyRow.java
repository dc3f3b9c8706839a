// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.policy;

import java.util.OptionalLong;

/**
 * A line of a pod's effective rules, in the order in which the kernel tries them.
 *
 * @param direction {@code ingress} or {@code egress}
 * @param verdict {@code accept} or {@code drop}, in audit mode {@code count}
 * @param policy that it comes from, as {@code kubectl} takes it; empty: of all that select the pod
 * @param rule its place among the policy's rules of the direction, from 0; empty where it is none
 * @param peer the packet's other end
 * @param ports at the packet's destination
 * @param packets that matched; of a connection's replies none is counted
 * @param bytes of these
 */
public record PolicyRow(
    String direction,
    String verdict,
    String policy,
    String rule,
    String peer,
    String ports,
    OptionalLong packets,
    OptionalLong bytes) {}
