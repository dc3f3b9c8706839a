// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import dev.weft.api.Conditions;
import dev.weft.api.IPPool;
import dev.weft.api.IPPoolStatus;
import io.fabric8.kubernetes.api.model.Condition;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/**
 * Writes the pools' statuses, and Events where the reason changes why one is Ready. Every agent
 * gets each write, so what only counts is written at most once in 5 s for each pool; a condition
 * that changes, or a new generation seen, at once. Keeps one entry for each pool.
 */
@ControllerConfiguration(
    name = "pools",
    fieldManager = ClusterWriter.POOL_STATUS,
    generationAwareEventProcessing = false,
    triggerReconcilerOnAllEvents = true)
final class PoolStatusReconciler extends ResultReconciler<IPPool> {
  private static final Duration INTERVAL = Duration.ofSeconds(5);

  private final ClusterWriter writer;
  private final Events events;
  private final Clocks clocks;
  private final OwnWrites<IPPool> written = new OwnWrites<>();
  private final Map<String, Long> writtenAt = new ConcurrentHashMap<>(); // UID -> nanoTime

  PoolStatusReconciler(RefusedWrites refused, ClusterWriter writer, Events events, Clocks clocks) {
    super(refused);
    this.writer = writer;
    this.events = events;
    this.clocks = clocks;
  }

  @Override
  Set<String> names(PassResult result) {
    return result.pools().keySet();
  }

  @Override
  boolean isDue(IPPool cached, PassResult result) {
    IPPool pool = written.newest(cached);
    return decided(cached, result)
        .filter(one -> !status(one, pool).equals(pool.getStatus()))
        .isPresent();
  }

  @Override
  Optional<Duration> write(IPPool cached, PassResult result) {
    Optional<PassResult.OfPool> decided = decided(cached, result);
    if (decided.isEmpty()) {
      return Optional.empty();
    }
    IPPool pool = written.newest(cached);
    IPPoolStatus status = status(decided.get(), pool);
    if (status.equals(pool.getStatus())) {
      return Optional.empty();
    }
    Duration rest = isUrgent(pool.getStatus(), status) ? Duration.ZERO : rest(pool);
    if (!rest.isZero()) {
      return Optional.of(rest);
    }
    writer
        .status(pool, status)
        .ifPresent(
            answer -> {
              writtenAt.put(pool.getMetadata().getUid(), clocks.nanoTime().getAsLong());
              written.put(cached, answer);
              reasonsChanged(pool.getStatus(), status).forEach(one -> event(pool, one));
            });
    return Optional.empty();
  }

  @Override
  void forget(IPPool gone) {
    written.remove(gone);
    writtenAt.remove(gone.getMetadata().getUid());
  }

  private static Optional<PassResult.OfPool> decided(IPPool pool, PassResult result) {
    return Optional.ofNullable(result.pools().get(pool.getMetadata().getName()))
        .filter(one -> isSameObject(one.seen(), pool));
  }

  private IPPoolStatus status(PassResult.OfPool decided, IPPool newest) {
    return PoolStatuses.of(
        decided.seen().getMetadata().getGeneration(),
        newest.getStatus(),
        decided.layout(),
        decided.report(),
        decided.addresses(),
        clocks.wall().instant());
  }

  private Duration rest(IPPool pool) {
    Long last = writtenAt.get(pool.getMetadata().getUid());
    if (last == null) {
      return Duration.ZERO;
    }
    Duration rest = INTERVAL.minusNanos(clocks.nanoTime().getAsLong() - last);
    return rest.isNegative() ? Duration.ZERO : rest;
  }

  /** Whether more than counts and messages changed. */
  private static boolean isUrgent(IPPoolStatus before, IPPoolStatus after) {
    return before == null
        || !Objects.equals(before.observedGeneration(), after.observedGeneration())
        || !states(before).equals(states(after));
  }

  private static Set<String> states(IPPoolStatus status) {
    return conditions(status).stream()
        .map(one -> "%s %s %s".formatted(one.getType(), one.getStatus(), one.getReason()))
        .collect(Collectors.toSet());
  }

  /** The conditions whose reason changed, of those that an Event reports. */
  private static List<Condition> reasonsChanged(IPPoolStatus before, IPPoolStatus after) {
    Map<String, String> reasons =
        conditions(before).stream()
            .collect(Collectors.toMap(Condition::getType, Condition::getReason, (a, b) -> b));
    return after.conditions().stream()
        .filter(
            one ->
                one.getType().equals(Conditions.READY)
                    || one.getType().equals(Conditions.DRAINED)
                    || one.getType().equals(Conditions.ACCEPTED) && one.getStatus().equals("False")
                    || one.getReason().equals(PoolReason.NODE_ADDRESSES.text()))
        .filter(one -> !one.getReason().equals(reasons.get(one.getType())))
        .toList();
  }

  private void event(IPPool pool, Condition condition) {
    if (PoolReason.isIntended(condition.getReason())) {
      events.normal(pool, condition.getReason(), condition.getMessage());
    } else {
      events.warning(pool, condition.getReason(), condition.getMessage());
    }
  }

  private static List<Condition> conditions(IPPoolStatus status) {
    return status == null || status.conditions() == null ? List.of() : status.conditions();
  }
}
