// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.policy;

import dev.weft.core.policy.Direction;
import java.util.OptionalInt;

/**
 * Packets that a clause of a group accepted, or that no clause of it did.
 *
 * @param direction of the group
 * @param group its name; {@link dev.weft.core.policy.PolicyProgram#CLOSED} is there in both
 *     directions
 * @param clause its place among the group's clauses, from 0; empty for what was dropped, or would
 *     have been by {@link PolicyDataplane.Mode#AUDIT}
 * @param packets since the group was written; of a connection's replies none is counted
 * @param bytes of these, with IP headers
 */
public record RuleCount(
    Direction direction, String group, OptionalInt clause, long packets, long bytes) {}
