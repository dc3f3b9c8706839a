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
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

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
  private final Consumer<String> observed;
  private final OwnWrites<IPAllocation> written = new OwnWrites<>();

  /**
   * @param observed takes the name of each IPAllocation that is new, changed or gone
   */
  OverlapReconciler(
      Runnable requestPass,
      RefusedWrites refused,
      ClusterWriter writer,
      Events events,
      Clock clock,
      Consumer<String> observed) {
    super(requestPass, refused);
    this.writer = writer;
    this.events = events;
    this.clock = clock;
    this.observed = observed;
  }

  @Override
  List<IPAllocation> seen(PassResult result) {
    return List.copyOf(result.seen().allocations().values());
  }

  @Override
  boolean isSeen(IPAllocation allocation, PassResult result) {
    observed.accept(allocation.getMetadata().getName());
    return result
        .seen()
        .allocation(allocation.getMetadata().getName())
        .filter(one -> isSameVersion(one, allocation))
        .isPresent();
  }

  @Override
  boolean isDue(IPAllocation allocation, PassResult result) {
    return wanted(written.newest(allocation), result).isPresent();
  }

  @Override
  Optional<Duration> write(IPAllocation cached, PassResult result) {
    String name = cached.getMetadata().getName();
    boolean same =
        result.seen().allocation(name).filter(one -> isSameObject(one, cached)).isPresent();
    IPAllocation allocation = written.newest(cached);
    Optional<Condition> wanted = same ? wanted(allocation, result) : Optional.empty();
    wanted.ifPresent(
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
    observed.accept(gone.getMetadata().getName());
    written.remove(gone);
  }

  /** The condition as it should be; empty where it is so. */
  private Optional<Condition> wanted(IPAllocation allocation, PassResult result) {
    Optional<Condition> before = Views.condition(allocation, Conditions.OVERLAPPING);
    Block winner =
        result
            .seen()
            .cidrOf(allocation.getMetadata().getName())
            .map(cidr -> result.plan().overlapping().get(cidr))
            .orElse(null);
    if (winner == null && before.isEmpty()) {
      return Optional.empty();
    }
    IPAllocationStatus status = allocation.getStatus();
    ConditionList conditions =
        new ConditionList(status == null ? null : status.conditions(), clock.instant());
    if (winner == null) {
      conditions.set(
          Conditions.OVERLAPPING, "False", "NoOlderBlock", "overlaps no older block any more");
    } else {
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
        Views.condition(allocation, Conditions.OVERLAPPING)
            .filter(one -> one.getStatus().equals(condition.getStatus()))
            .isPresent();
    if (!reported && condition.getStatus().equals("True")) {
      events.warning(allocation, "Overlapping", condition.getMessage());
    }
  }
}
