// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.policy;

import dev.weft.core.node.PodName;
import dev.weft.core.policy.PolicyTrouble;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Which troubles of pods are to be reported: each once, and only when it has lasted. That a pod is
 * closed for a moment before its labels come is none. Not thread-safe.
 */
final class ClosedPods {
  /** How long a pod is closed before that is reported. */
  static final Duration PATIENCE = Duration.ofSeconds(5);

  private Map<PolicyTrouble, Long> since = Map.of();
  private Set<PolicyTrouble> reported = Set.of();

  /** Takes all troubles of now; returns those that are due. */
  List<PolicyTrouble> due(List<PolicyTrouble> troubles, long nanos) {
    Map<PolicyTrouble, Long> now = new HashMap<>();
    Set<PolicyTrouble> stillReported = new HashSet<>();
    List<PolicyTrouble> due = new ArrayList<>();
    for (PolicyTrouble trouble : troubles) {
      if (trouble.subject() != PolicyTrouble.Subject.POD) {
        continue;
      }
      long first = since.getOrDefault(trouble, nanos);
      now.put(trouble, first);
      if (reported.contains(trouble)) {
        stillReported.add(trouble);
      } else if (nanos - first >= PATIENCE.toNanos()) {
        stillReported.add(trouble);
        due.add(trouble);
      }
    }
    since = now;
    reported = stillReported;
    return due;
  }

  /** Which pods there are. */
  Set<PodName> pods() {
    return since.keySet().stream()
        .map(trouble -> new PodName(trouble.namespace(), trouble.name()))
        .collect(Collectors.toSet());
  }

  /** How many there are. */
  int count() {
    return since.size();
  }

  /** Whether one may become due. */
  boolean isAnyPending() {
    return since.size() > reported.size();
  }
}
