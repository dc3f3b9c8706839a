// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import dev.weft.api.IPAllocation;
import dev.weft.api.IPPool;
import dev.weft.api.IPPoolStatus;
import dev.weft.core.pool.AllocationPlan;
import io.fabric8.kubernetes.api.model.Condition;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/**
 * Writes the pools' statuses. Every agent is told of each write, so what only counts is written at
 * most once in 5 s for each pool; a condition that changes, or a new generation seen, at once.
 * Keeps one entry for each pool. To be called by one thread at a time.
 */
final class PoolReports {
  private static final Duration INTERVAL = Duration.ofSeconds(5);

  private final Round.Output output;
  private final Overlay<IPPool> written;
  private final LongSupplier nanoTime;
  private final Map<String, Long> writtenAt = new HashMap<>(); // UID of a pool -> nanoTime

  /**
   * @param written takes what the API server answers
   * @param nanoTime time that never goes back
   */
  PoolReports(Round.Output output, Overlay<IPPool> written, LongSupplier nanoTime) {
    this.output = output;
    this.written = written;
    this.nanoTime = nanoTime;
  }

  /**
   * Writes the statuses that differ and may be written.
   *
   * @return how long until the first of the others may be; empty: there is none
   */
  Optional<Duration> write(ClusterSnapshot seen, AllocationPlan plan, Instant now) {
    Map<String, List<IPAllocation>> allocations = seen.allocationsByPool();
    Optional<Duration> wait = Optional.empty();
    for (IPPool pool : seen.pools()) {
      String name = pool.getMetadata().getName();
      IPPoolStatus status =
          PoolStatuses.of(
              pool,
              seen.view(pool).layout(),
              plan.pools().get(name),
              allocations.getOrDefault(name, List.of()),
              now);
      if (status.equals(pool.getStatus())) {
        continue;
      }
      Duration rest = isUrgent(pool.getStatus(), status) ? Duration.ZERO : rest(pool);
      if (rest.isZero()) {
        writtenAt.put(pool.getMetadata().getUid(), nanoTime.getAsLong());
        output
            .writes()
            .submit("write the status of IPPool " + name, () -> write(pool, status, now));
      } else {
        wait = wait.filter(other -> other.compareTo(rest) < 0).or(() -> Optional.of(rest));
      }
    }
    writtenAt
        .keySet()
        .retainAll(
            seen.pools().stream()
                .map(pool -> pool.getMetadata().getUid())
                .collect(Collectors.toSet()));
    return wait;
  }

  private Duration rest(IPPool pool) {
    Long last = writtenAt.get(pool.getMetadata().getUid());
    if (last == null) {
      return Duration.ZERO;
    }
    Duration rest = INTERVAL.minusNanos(nanoTime.getAsLong() - last);
    return rest.isNegative() ? Duration.ZERO : rest;
  }

  /** Whether more than counts and messages changed. */
  private static boolean isUrgent(IPPoolStatus before, IPPoolStatus after) {
    return before == null
        || !Objects.equals(before.observedGeneration(), after.observedGeneration())
        || !states(before).equals(states(after));
  }

  private static Set<String> states(IPPoolStatus status) {
    List<Condition> conditions = status.conditions() == null ? List.of() : status.conditions();
    return conditions.stream()
        .map(one -> "%s %s %s".formatted(one.getType(), one.getStatus(), one.getReason()))
        .collect(Collectors.toSet());
  }

  private void write(IPPool pool, IPPoolStatus status, Instant now) {
    output.writer().status(pool, status).ifPresent(answer -> written.put(answer, now));
    PoolEvents.of(pool.getStatus(), status)
        .forEach(
            condition -> {
              if (PoolEvents.isAsWished(condition)) {
                output.events().normal(pool, condition.getReason(), condition.getMessage());
              } else {
                output.events().warning(pool, condition.getReason(), condition.getMessage());
              }
            });
  }
}
