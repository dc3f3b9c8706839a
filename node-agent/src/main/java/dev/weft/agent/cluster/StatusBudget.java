// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import java.time.Duration;
import java.util.OptionalLong;

/**
 * When a block's count of addresses is written: each write is an event for every agent of the
 * cluster.
 *
 * <p>At once when a threshold is crossed (none used or one; 50, 90, 100 %), else an interval after
 * the last write that grows with the number of nodes so that an agent sees about {@value
 * #EVENTS_PER_SECOND} such events a second. At most {@value #BURST} writes come faster than that.
 *
 * <p>Times are those of a clock that only grows, such as {@link System#nanoTime()}: the wall clock
 * may jump.
 */
final class StatusBudget {
  static final int EVENTS_PER_SECOND = 20;
  static final int BURST = 5;
  private static final Duration LEAST_INTERVAL = Duration.ofSeconds(5);

  private double credit = BURST;
  private OptionalLong lastWriteNanos = OptionalLong.empty();

  /**
   * How long until the count may be written; zero: now.
   *
   * @param nodes how many nodes the cluster has
   */
  Duration due(long usedBefore, long usedNow, long capacity, int nodes, long nowNanos) {
    Duration interval = interval(nodes);
    double available = credit + gained(interval, nowNanos);
    if (available < 1) {
      return fraction(interval, 1 - available);
    }
    boolean crossed = level(usedBefore, capacity) != level(usedNow, capacity);
    if (crossed || lastWriteNanos.isEmpty()) {
      return Duration.ZERO;
    }
    Duration left = interval.minusNanos(nowNanos - lastWriteNanos.getAsLong());
    return left.isNegative() ? Duration.ZERO : left;
  }

  /** Notes a write. */
  void written(int nodes, long nowNanos) {
    credit = Math.min(BURST, credit + gained(interval(nodes), nowNanos)) - 1;
    lastWriteNanos = OptionalLong.of(nowNanos);
  }

  static Duration interval(int nodes) {
    Duration grown = Duration.ofMillis(1000L * nodes / EVENTS_PER_SECOND);
    return grown.compareTo(LEAST_INTERVAL) > 0 ? grown : LEAST_INTERVAL;
  }

  private double gained(Duration interval, long nowNanos) {
    return (double) (nowNanos - lastWriteNanos.orElse(nowNanos)) / interval.toNanos();
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
