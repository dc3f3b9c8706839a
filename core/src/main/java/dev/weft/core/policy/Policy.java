// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.policy;

import dev.weft.core.label.Selector;
import java.util.List;
import java.util.Set;

/**
 * A NetworkPolicy (networking.k8s.io/v1).
 *
 * @param namespace its namespace
 * @param name its name
 * @param uid its UID, for Events
 * @param pods which pods of its namespace it selects
 * @param directions which of their packets it is about, defaults resolved: a selected pod gets and
 *     sends only what a rule of some policy accepts
 * @param ingress what is accepted to them
 * @param egress what is accepted from them
 */
public record Policy(
    String namespace,
    String name,
    String uid,
    Selector pods,
    Set<Direction> directions,
    List<PolicyRule> ingress,
    List<PolicyRule> egress) {
  /**
   * Bound of the rules, peers, ports, exceptions and values of one: with more none of its rules is
   * in force, and the pods that it selects are closed.
   */
  public static final int MAX_ENTRIES = 20_000;

  public Policy {
    directions = Set.copyOf(directions);
    ingress = List.copyOf(ingress);
    egress = List.copyOf(egress);
  }

  /** The rules of a direction; none where it is not about that. */
  public List<PolicyRule> rules(Direction direction) {
    if (!directions.contains(direction)) {
      return List.of();
    }
    return direction == Direction.INGRESS ? ingress : egress;
  }

  /** As {@code kubectl} takes it. */
  @Override
  public String toString() {
    return namespace + "/" + name;
  }
}
