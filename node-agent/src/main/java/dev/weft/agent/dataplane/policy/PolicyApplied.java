// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.policy;

import java.util.Map;

/**
 * What became of a program.
 *
 * @param changed whether the kernel was changed
 * @param repaired whether the table was not as this process left it, and was brought back; not so
 *     at the first apply of a process
 * @param refused why the kernel refused a group, by the group's name: the pods of a new group are
 *     closed, those of one that was there keep the rules that they had
 */
public record PolicyApplied(boolean changed, boolean repaired, Map<String, String> refused) {
  /** Nothing was to be done. */
  public static final PolicyApplied UNCHANGED = new PolicyApplied(false, false, Map.of());

  public PolicyApplied {
    refused = Map.copyOf(refused);
  }

  /** Both, one after the other. */
  PolicyApplied then(PolicyApplied next) {
    return new PolicyApplied(changed || next.changed, repaired || next.repaired, next.refused);
  }
}
