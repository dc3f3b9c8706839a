// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import dev.weft.api.Conditions;
import dev.weft.api.IPPoolStatus;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.Optional;
import java.util.Set;

/** Which change of a pool's status is an Event: that of the reason why it is ready or not. */
final class PoolEvents {
  private static final Set<String> AS_WISHED = Set.of("HandingOut", "Disabled", "Deleting");

  private PoolEvents() {}

  /** The condition to tell of, where it changed. */
  static Optional<Condition> of(IPPoolStatus before, IPPoolStatus after) {
    Condition ready = ready(after).orElseThrow();
    boolean same =
        ready(before).filter(old -> old.getReason().equals(ready.getReason())).isPresent();
    return same ? Optional.empty() : Optional.of(ready);
  }

  /** Whether a user wanted it so. */
  static boolean isAsWished(Condition ready) {
    return AS_WISHED.contains(ready.getReason());
  }

  private static Optional<Condition> ready(IPPoolStatus status) {
    if (status == null || status.conditions() == null) {
      return Optional.empty();
    }
    return status.conditions().stream()
        .filter(condition -> condition.getType().equals(Conditions.READY))
        .findFirst();
  }
}
