// SPDX-License-Identifier: Apache-2.0
package dev.weft.probes;

import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Answers with the metrics, which are read five times a second at most: whoever reaches the node
 * may ask. Not thread-safe: for one {@link HttpServer}.
 */
public final class Scrape implements Function<HttpRequest, HttpAnswer> {
  private static final long FRESH_NANOS = 200_000_000L;

  private final Supplier<String> metrics;
  private HttpAnswer last;
  private long readAtNanos;

  /** Answers with a text in Prometheus' format. */
  public Scrape(Supplier<String> metrics) {
    this.metrics = metrics;
  }

  @Override
  public HttpAnswer apply(HttpRequest request) {
    long now = System.nanoTime();
    if (last == null || now - readAtNanos > FRESH_NANOS) {
      last = HttpAnswer.metrics(metrics.get());
      readAtNanos = now;
    }
    return last;
  }
}
