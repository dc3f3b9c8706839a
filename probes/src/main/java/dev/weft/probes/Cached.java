// SPDX-License-Identifier: Apache-2.0
package dev.weft.probes;

import java.time.Duration;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * An answer that is kept for ten times as long as it took to make, and for a least time: whoever
 * requests it without a pause costs at most a tenth of a processor, and does not delay other
 * requests. Not thread-safe: for one {@link HttpServer}.
 */
public final class Cached implements Supplier<HttpAnswer> {
  private static final Duration METRICS = Duration.ofMillis(200);
  private static final int KEPT_TIMES = 10;

  private final Duration least;
  private final Supplier<HttpAnswer> source;
  private final LongSupplier nanoTime;
  private HttpAnswer last;
  private long madeAtNanos;
  private long keptNanos;

  /**
   * One that has made no answer yet.
   *
   * @param least for how long an answer is kept at least; zero: for ten times its cost
   */
  public Cached(Duration least, Supplier<HttpAnswer> source) {
    this(least, source, System::nanoTime);
  }

  /**
   * One that has made no answer yet.
   *
   * @param nanoTime a monotonic clock
   */
  Cached(Duration least, Supplier<HttpAnswer> source, LongSupplier nanoTime) {
    this.least = least;
    this.source = source;
    this.nanoTime = nanoTime;
  }

  /** The metrics of a program, which are read five times a second at most. */
  public static Cached metrics(Supplier<String> text) {
    return new Cached(METRICS, () -> HttpAnswer.metrics(text.get()));
  }

  @Override
  public HttpAnswer get() {
    long now = nanoTime.getAsLong();
    if (last == null || now - madeAtNanos >= keptNanos) {
      last = source.get();
      madeAtNanos = nanoTime.getAsLong();
      keptNanos = Math.max(least.toNanos(), KEPT_TIMES * (madeAtNanos - now));
    }
    return last;
  }
}
