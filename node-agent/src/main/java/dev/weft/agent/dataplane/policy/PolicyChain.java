// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.policy;

import dev.weft.core.policy.Direction;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * A chain as it is written.
 *
 * @param name its name
 * @param counted the group that its counters are of; empty for one that is no group's
 * @param hook where packets come to it; empty for one that another leads to
 * @param rules in their order
 * @param sets the program's sets that they name
 */
record PolicyChain(
    String name, Optional<Counted> counted, String hook, List<Rule> rules, Set<String> sets) {
  PolicyChain {
    rules = List.copyOf(rules);
    sets = Set.copyOf(sets);
  }

  /** A group and its direction. */
  record Counted(String group, Direction direction) {}

  /**
   * A rule.
   *
   * @param text as {@code nft} takes it
   * @param clause of the group that it is written for, by its place
   */
  record Rule(String text, OptionalInt clause) {
    static Rule of(String text) {
      return new Rule(text, OptionalInt.empty());
    }
  }

  /** Text that removes its rules. */
  String flush() {
    return "flush chain %s %s\n".formatted(PolicyObjects.TABLE, name);
  }

  /** Text of it in its table's block, which adds its rules. */
  String block() {
    StringBuilder text = new StringBuilder("  chain " + name + " {\n");
    if (!hook.isEmpty()) {
      text.append("    ").append(hook).append('\n');
    }
    for (Rule rule : rules) {
      text.append("    ").append(rule.text).append('\n');
    }
    return text.append("  }\n").toString();
  }
}
