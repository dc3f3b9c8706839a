// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.policy;

import dev.weft.agent.dataplane.policy.PolicyDataplane.Mode;
import dev.weft.core.policy.PolicyProgram.Group;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The chains of the last program, each written down once: most of a program are as before. Not safe
 * for use by several threads.
 */
final class PolicyTexts {
  private final Map<Mode, List<PolicyChain>> base = new EnumMap<>(Mode.class);
  private Map<String, Text> last = Map.of();

  private record Text(Group group, Mode mode, PolicyChain chain) {}

  /** The chains of every program. */
  List<PolicyChain> base(Mode mode) {
    return base.computeIfAbsent(mode, PolicyRules::base);
  }

  /** The chains of a program's groups, by name, in the order of the names. */
  Map<String, PolicyChain> of(Collection<Group> groups, Mode mode) {
    Map<String, Text> texts = new HashMap<>();
    Map<String, PolicyChain> chains = new TreeMap<>();
    for (Group group : groups) {
      Text known = last.get(group.name());
      if (known == null || known.mode != mode || !known.group.equals(group)) {
        known = new Text(group, mode, PolicyRules.of(group, mode));
      }
      texts.put(group.name(), known);
      chains.put(group.name(), known.chain);
    }
    last = texts;
    return chains;
  }
}
