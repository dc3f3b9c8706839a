// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import dev.weft.core.net.Cidr;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether nothing new is allocated, since allocations may have been lost: agents need a while to
 * claim again what they serve. Where the lost ones are not known it lasts the whole time; where
 * they are, until each is there again. Logs why, once, when it is read. Safe for use by many
 * threads.
 */
final class Settling {
  private static final Logger LOG = LoggerFactory.getLogger(Settling.class);

  private final Duration time;
  private final LongSupplier nanoTime;
  private final Set<Cidr> missing = new HashSet<>();
  private Optional<String> unlogged = Optional.empty();
  private boolean unknownLoss;
  private boolean missingAwaited;
  private long unknownSinceNanos;
  private long missingSinceNanos;

  /**
   * @param time how long it lasts at most
   * @param nanoTime time that never goes back
   */
  Settling(Duration time, LongSupplier nanoTime) {
    this.time = time;
    this.nanoTime = nanoTime;
  }

  /** Begins, since there may have been allocations that nobody here knows of. */
  synchronized void begin(String why) {
    unknownLoss = true;
    unknownSinceNanos = nanoTime.getAsLong();
    unlogged =
        Optional.of(
            "%s; for %s no new block is allocated, while agents claim what they serve"
                .formatted(why, time));
  }

  /** Takes which blocks are remembered and have no allocation, nor were seen to be released. */
  synchronized void observe(Set<Cidr> missingNow) {
    boolean more = !missing.containsAll(missingNow);
    missing.clear();
    missing.addAll(missingNow);
    if (more) {
      missingAwaited = true;
      missingSinceNanos = nanoTime.getAsLong();
      unlogged =
          Optional.of(
              ("%d IPAllocations are gone that were not released, such as that of %s; until they are"
                      + " claimed again, but %s at most, no new block is allocated")
                  .formatted(missingNow.size(), missingNow.iterator().next(), time));
    }
    missingAwaited &= !missing.isEmpty();
  }

  /** How long it lasts yet; empty: nothing keeps blocks from being allocated. */
  synchronized Optional<Duration> left() {
    long now = nanoTime.getAsLong();
    Duration unknown = unknownLoss ? time.minusNanos(now - unknownSinceNanos) : Duration.ZERO;
    Duration known = missingAwaited ? time.minusNanos(now - missingSinceNanos) : Duration.ZERO;
    Duration left = unknown.compareTo(known) > 0 ? unknown : known;
    if (left.isNegative() || left.isZero()) {
      return Optional.empty();
    }
    unlogged.ifPresent(LOG::warn);
    unlogged = Optional.empty();
    return Optional.of(left);
  }
}
