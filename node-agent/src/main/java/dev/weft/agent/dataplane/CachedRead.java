// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane;

import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is read from the kernel at most once a second, however often it is requested. Thread-safe.
 *
 * @param <T> what is read
 */
public final class CachedRead<T> {
  private static final Logger LOG = LoggerFactory.getLogger(CachedRead.class);
  private static final long MIN_INTERVAL_NANOS = 1_000_000_000L;

  private final String what;
  private final Source<T> source;
  private final LongSupplier nanoTime;
  private T last;
  private long readAtNanos;
  private boolean read;

  /** Reads it. */
  public interface Source<T> {
    /** As it is now. */
    T read() throws DataplaneException;
  }

  /**
   * Has read nothing yet.
   *
   * @param what is read, for the log
   * @param nothing what it is where it never could be read
   * @param nanoTime a monotonic clock
   */
  public CachedRead(String what, T nothing, Source<T> source, LongSupplier nanoTime) {
    this.what = what;
    this.last = nothing;
    this.source = source;
    this.nanoTime = nanoTime;
  }

  /** As it was a second ago or later; where it cannot be read, as it was read last. */
  public synchronized T get() {
    long now = nanoTime.getAsLong();
    if (!read || now - readAtNanos >= MIN_INTERVAL_NANOS) {
      read = true;
      readAtNanos = now;
      try {
        last = source.read();
      } catch (DataplaneException e) {
        LOG.debug("{}: they stay as they were read last: {}", what, e.getMessage());
      }
    }
    return last;
  }
}
