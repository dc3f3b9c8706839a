// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import dev.weft.api.Conditions;
import dev.weft.api.IPAllocation;
import dev.weft.api.IPAllocationStatus;
import dev.weft.core.node.Blocker;
import dev.weft.core.pool.Block;
import io.fabric8.kubernetes.api.model.Condition;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Writes on an allocation, and in an Event, that it overlaps an older one and does not count, and
 * that what its agent reports as the node's endpoint is not used. An allocation of which neither
 * was ever so has neither condition.
 */
@ControllerConfiguration(
    name = "allocations",
    fieldManager = ClusterWriter.OVERLAP,
    generationAwareEventProcessing = false,
    triggerReconcilerOnAllEvents = true)
final class AllocationConditionReconciler extends ResultReconciler<IPAllocation> {
  private final ClusterWriter writer;
  private final Events events;
  private final Clock clock;
  private final OwnWrites<IPAllocation> written = new OwnWrites<>();

  AllocationConditionReconciler(
      RefusedWrites refused, ClusterWriter writer, Events events, Clock clock) {
    super(refused);
    this.writer = writer;
    this.events = events;
    this.clock = clock;
  }

  @Override
  Set<String> names(PassResult result) {
    return result.allocations().keySet();
  }

  @Override
  boolean isDue(IPAllocation cached, PassResult result) {
    return !wanted(written.newest(cached), result).isEmpty();
  }

  @Override
  Optional<Duration> write(IPAllocation cached, PassResult result) {
    IPAllocation allocation = written.newest(cached);
    for (Condition condition : wanted(allocation, result)) {
      writer
          .condition(allocation, condition)
          .ifPresent(
              answer -> {
                written.put(cached, answer);
                event(allocation, condition);
              });
    }
    return Optional.empty();
  }

  @Override
  void forget(IPAllocation gone) {
    written.remove(gone);
  }

  /** The conditions that are not as they should be, as they should be. */
  private List<Condition> wanted(IPAllocation allocation, PassResult result) {
    PassResult.OfAllocation decided = result.allocations().get(allocation.getMetadata().getName());
    if (decided == null || !decided.uid().equals(allocation.getMetadata().getUid())) {
      return List.of();
    }
    return Stream.of(
            overlapping(allocation, decided.olderBlock()),
            endpointAccepted(allocation, decided.endpoint()))
        .flatMap(Optional::stream)
        .toList();
  }

  private Optional<Condition> overlapping(IPAllocation allocation, Optional<Block> older) {
    return older
        .map(
            block ->
                wanted(
                    allocation,
                    Conditions.OVERLAPPING,
                    "True",
                    "OlderBlock",
                    "overlaps %s of node %s, which is older; this block is not used"
                        .formatted(block.cidr(), block.owner().node())))
        .orElseGet(
            () ->
                ended(
                    allocation,
                    Conditions.OVERLAPPING,
                    "False",
                    "NoOlderBlock",
                    "overlaps no older block any more"));
  }

  private Optional<Condition> endpointAccepted(
      IPAllocation allocation, Optional<Blocker> endpoint) {
    return endpoint
        .map(
            blocker ->
                wanted(
                    allocation,
                    Conditions.ENDPOINT_ACCEPTED,
                    "False",
                    blocker.reason(),
                    blocker.message()))
        .orElseGet(
            () ->
                ended(
                    allocation,
                    Conditions.ENDPOINT_ACCEPTED,
                    "True",
                    "EndpointUsed",
                    "other nodes use the endpoint"));
  }

  /** The condition of something that is not wrong: only written where it was. */
  private Optional<Condition> ended(
      IPAllocation allocation, String type, String status, String reason, String message) {
    return ResourceMapper.condition(allocation, type)
        .flatMap(before -> wanted(allocation, type, status, reason, message));
  }

  /** A condition; empty where it is so already. */
  private Optional<Condition> wanted(
      IPAllocation allocation, String type, String status, String reason, String message) {
    IPAllocationStatus is = allocation.getStatus();
    Condition wanted =
        new ConditionList(is == null ? null : is.conditions(), clock.instant())
            .set(type, status, reason, message)
            .list()
            .get(0);
    Optional<Condition> before = ResourceMapper.condition(allocation, type);
    return before.equals(Optional.of(wanted)) ? Optional.empty() : Optional.of(wanted);
  }

  private void event(IPAllocation allocation, Condition condition) {
    boolean isOverlapping = condition.getType().equals(Conditions.OVERLAPPING);
    boolean bad = condition.getStatus().equals(isOverlapping ? "True" : "False");
    boolean reported =
        ResourceMapper.condition(allocation, condition.getType())
            .filter(one -> one.getStatus().equals(condition.getStatus()))
            .filter(one -> one.getReason().equals(condition.getReason()))
            .isPresent();
    if (bad && !reported) {
      String reason = isOverlapping ? "Overlapping" : condition.getReason();
      events.warning(allocation, reason, condition.getMessage());
    }
  }
}
