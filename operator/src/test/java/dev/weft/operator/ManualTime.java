// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import static org.awaitility.Awaitility.await;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Time that passes only where a test lets it, so that no pause of a busy machine decides. An
 * operator still wakes by the machine's clock: where it waits for an end, it looks again after what
 * is left of it.
 */
final class ManualTime {
  private final Instant start = Instant.now().truncatedTo(ChronoUnit.SECONDS);
  private final AtomicLong passedNanos = new AtomicLong();

  /** Lets time pass. */
  void pass(Duration time) {
    passedNanos.addAndGet(time.toNanos());
  }

  /** Lets a step pass again and again until something is true. */
  void passUntil(Duration step, Callable<Boolean> condition) {
    await()
        .until(
            () -> {
              pass(step);
              return condition.call();
            });
  }

  /** What an operator is given. */
  Clocks clocks() {
    return new Clocks(new Wall(), passedNanos::get);
  }

  private final class Wall extends Clock {
    @Override
    public Instant instant() {
      return start.plusNanos(passedNanos.get());
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      throw new UnsupportedOperationException();
    }
  }
}
