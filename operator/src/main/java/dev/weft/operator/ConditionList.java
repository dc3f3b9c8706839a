// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Conditions as they should be, from those that are: a time stays where the status does. */
final class ConditionList {
  private final List<Condition> before;
  private final Instant now;
  private final List<Condition> result = new ArrayList<>();

  /**
   * @param before what the object has; null: none
   * @param now time of every change; rounded up to a second, so that no clock runs short
   */
  ConditionList(List<Condition> before, Instant now) {
    this.before = before == null ? List.of() : before;
    this.now = now.plusNanos(999_999_999).truncatedTo(ChronoUnit.SECONDS);
  }

  /** Adds a condition as it should be, in place of one of its type. */
  ConditionList set(String type, String status, String reason, String message) {
    String since =
        find(type)
            .filter(old -> status.equals(old.getStatus()))
            .map(Condition::getLastTransitionTime)
            .orElse(now.toString());
    result.removeIf(one -> type.equals(one.getType()));
    result.add(
        new ConditionBuilder()
            .withType(type)
            .withStatus(status)
            .withReason(reason)
            .withMessage(message)
            .withLastTransitionTime(since)
            .build());
    return this;
  }

  /** Adds a condition of the object as it is, where it has it. */
  ConditionList keep(String type) {
    find(type).ifPresent(result::add);
    return this;
  }

  /** The conditions added, in their order. */
  List<Condition> list() {
    return List.copyOf(result);
  }

  private Optional<Condition> find(String type) {
    return before.stream().filter(condition -> type.equals(condition.getType())).findFirst();
  }
}
