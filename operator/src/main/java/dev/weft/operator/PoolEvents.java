// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import dev.weft.api.Conditions;
import dev.weft.api.IPPoolStatus;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.List;
import java.util.Set;

/**
 * Which changes of a pool's status are Events: that of the reason why it is ready or not, and
 * nodes' addresses that come to lie in a pool that goes on.
 */
final class PoolEvents {
  private static final Set<String> AS_WISHED = Set.of("HandingOut", "Disabled", "Deleting");

  private PoolEvents() {}

  /** The conditions to tell of. */
  static List<Condition> of(IPPoolStatus before, IPPoolStatus after) {
    return after.conditions().stream()
        .filter(PoolEvents::isTold)
        .filter(condition -> !reason(before, condition).equals(condition.getReason()))
        .toList();
  }

  private static boolean isTold(Condition condition) {
    return condition.getType().equals(Conditions.READY)
        || condition.getReason().equals(PoolStatuses.NODE_ADDRESSES);
  }

  /** Whether a user wanted it so. */
  static boolean isAsWished(Condition ready) {
    return AS_WISHED.contains(ready.getReason());
  }

  /** The reason that a condition of this one's type had; empty: none. */
  private static String reason(IPPoolStatus status, Condition condition) {
    if (status == null || status.conditions() == null) {
      return "";
    }
    return status.conditions().stream()
        .filter(old -> old.getType().equals(condition.getType()))
        .map(Condition::getReason)
        .findFirst()
        .orElse("");
  }
}
