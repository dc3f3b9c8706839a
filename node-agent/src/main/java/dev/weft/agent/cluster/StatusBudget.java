// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * When a block's count of addresses is written: each write is an event for every agent of the
 * cluster.
 *
 * <p>At once when a threshold is crossed (none used or one; 50, 90, 100 %), else an interval after
 * the last write that grows with the number of nodes so that an agent sees about {@value
 * #EVENTS_PER_SECOND} such events a second. At most {@value #BURST} writes come faster than that.
 */
final class StatusBudget {
  static final int EVENTS_PER_SECOND = 20;
  static final int BURST = 5;
  private static final Duration LEAST_INTERVAL = Duration.ofSeconds(5);

  private double credit = BURST;
  private Optional<Instant> lastWrite = Optional.empty();

  /**
   * How long until the count may be written; zero: now.
   *
   * @param nodes how many nodes the cluster has
   */
  Duration due(long usedBefore, long usedNow, long capacity, int nodes, Instant now) {
    Duration interval = interval(nodes);
    double available = credit + gained(interval, now);
    if (available < 1) {
      return fraction(interval, 1 - available);
    }
    boolean crossed = level(usedBefore, capacity) != level(usedNow, capacity);
    if (crossed || lastWrite.isEmpty()) {
      return Duration.ZERO;
    }
    Duration left = Duration.between(now, lastWrite.get().plus(interval));
    return left.isNegative() ? Duration.ZERO : left;
  }

  /** Notes a write. */
  void written(int nodes, Instant now) {
    credit = Math.min(BURST, credit + gained(interval(nodes), now)) - 1;
    lastWrite = Optional.of(now);
  }

  static Duration interval(int nodes) {
    Duration grown = Duration.ofMillis(1000L * nodes / EVENTS_PER_SECOND);
    return grown.compareTo(LEAST_INTERVAL) > 0 ? grown : LEAST_INTERVAL;
  }

  private double gained(Duration interval, Instant now) {
    return lastWrite
        .map(last -> (double) Duration.between(last, now).toMillis() / interval.toMillis())
        .orElse(0.0);
  }

  private static Duration fraction(Duration interval, double part) {
    return Duration.ofMillis((long) Math.ceil(interval.toMillis() * part));
  }

  private static int level(long used, long capacity) {
    if (used == 0) {
      return 0;
    }
    if (used >= capacity) {
      return 4;
    }
    return used * 10 >= capacity * 9 ? 3 : used * 2 >= capacity ? 2 : 1;
  }
}
