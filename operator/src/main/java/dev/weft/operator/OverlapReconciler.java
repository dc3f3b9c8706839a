// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import dev.weft.api.Conditions;
import dev.weft.api.IPAllocation;
import dev.weft.api.IPAllocationStatus;
import dev.weft.core.pool.Block;
import io.fabric8.kubernetes.api.model.Condition;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/** Writes on an allocation, and in an Event, that it overlaps an older one and does not count. */
@ControllerConfiguration(
    name = "allocations",
    fieldManager = ClusterWriter.OVERLAP,
    generationAwareEventProcessing = false,
    triggerReconcilerOnAllEvents = true)
final class OverlapReconciler extends ResultReconciler<IPAllocation> {
  private final ClusterWriter writer;
  private final Events events;
  private final Clock clock;
  private final OwnWrites<IPAllocation> written = new OwnWrites<>();

  OverlapReconciler(RefusedWrites refused, ClusterWriter writer, Events events, Clock clock) {
    super(refused);
    this.writer = writer;
    this.events = events;
    this.clock = clock;
  }

  @Override
  Set<String> names(PassResult result) {
    return result.overlaps().keySet();
  }

  @Override
  boolean isDue(IPAllocation cached, PassResult result) {
    return wanted(written.newest(cached), result).isPresent();
  }

  @Override
  Optional<Duration> write(IPAllocation cached, PassResult result) {
    IPAllocation allocation = written.newest(cached);
    wanted(allocation, result)
        .ifPresent(
            condition ->
                writer
                    .overlap(allocation, condition)
                    .ifPresent(
                        answer -> {
                          written.put(cached, answer);
                          event(allocation, condition);
                        }));
    return Optional.empty();
  }

  @Override
  void forget(IPAllocation gone) {
    written.remove(gone);
  }

  /** The condition as it should be; empty where it is so. */
  private Optional<Condition> wanted(IPAllocation allocation, PassResult result) {
    Optional<Condition> before = ResourceMapper.condition(allocation, Conditions.OVERLAPPING);
    PassResult.Overlap decided = result.overlaps().get(allocation.getMetadata().getName());
    if (decided == null || !decided.uid().equals(allocation.getMetadata().getUid())) {
      return Optional.empty();
    }
    if (decided.winner().isEmpty() && before.isEmpty()) {
      return Optional.empty();
    }
    IPAllocationStatus status = allocation.getStatus();
    ConditionList conditions =
        new ConditionList(status == null ? null : status.conditions(), clock.instant());
    if (decided.winner().isEmpty()) {
      conditions.set(
          Conditions.OVERLAPPING, "False", "NoOlderBlock", "overlaps no older block any more");
    } else {
      Block winner = decided.winner().get();
      conditions.set(
          Conditions.OVERLAPPING,
          "True",
          "OlderBlock",
          "overlaps %s of node %s, which is older; this block is not used"
              .formatted(winner.cidr(), winner.owner().node()));
    }
    return Optional.of(conditions.list().get(0)).filter(one -> !before.equals(Optional.of(one)));
  }

  private void event(IPAllocation allocation, Condition condition) {
    boolean reported =
        ResourceMapper.condition(allocation, Conditions.OVERLAPPING)
            .filter(one -> one.getStatus().equals(condition.getStatus()))
            .isPresent();
    if (!reported && condition.getStatus().equals("True")) {
      events.warning(allocation, "Overlapping", condition.getMessage());
    }
  }
}
