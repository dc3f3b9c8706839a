// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.policy;

import dev.weft.core.policy.PolicyProgram.Clause;
import java.util.Collection;
import java.util.List;

/**
 * What a policy accepts in one direction for one kind of pods.
 *
 * @param clauses in order
 * @param peers of each clause, the peers of the rule that it comes from
 * @param sources of the sets that the clauses name
 * @param ranges those whose clauses depend on the nodes
 * @param size of the clauses
 * @param tooLarge whether they are more than a group may have: then some are missing
 */
record Compiled(
    List<Clause> clauses,
    List<List<PolicyPeer>> peers,
    Collection<MemberSource> sources,
    Collection<Span.Range> ranges,
    Size size,
    boolean tooLarge) {}
