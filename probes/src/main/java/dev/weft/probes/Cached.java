// SPDX-License-Identifier: Apache-2.0
package dev.weft.probes;

import java.util.function.Supplier;

/**
 * An answer that is kept for ten times as long as it took to make: whoever asks without a pause
 * costs a tenth of a processor, and keeps nobody waiting who asks for another. Not thread-safe: for
 * one {@link HttpServer}.
 */
public final class Cached implements Supplier<HttpAnswer> {
  private static final int KEPT_TIMES = 10;

  private final Supplier<HttpAnswer> source;
  private HttpAnswer last;
  private long madeAtNanos;
  private long keptNanos;

  /** One that has made no answer yet. */
  public Cached(Supplier<HttpAnswer> source) {
    this.source = source;
  }

  @Override
  public HttpAnswer get() {
    long now = System.nanoTime();
    if (last == null || now - madeAtNanos >= keptNanos) {
      last = source.get();
      madeAtNanos = System.nanoTime();
      keptNanos = KEPT_TIMES * (madeAtNanos - now);
    }
    return last;
  }
}
