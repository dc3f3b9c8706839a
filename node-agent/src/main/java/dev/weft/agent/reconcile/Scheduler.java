// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.reconcile;

import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** The clock and the executor of a {@link ReconcileSchedule}. */
interface Scheduler {
  /** A time in nanoseconds that only grows. */
  long nanoTime();

  /**
   * Runs a task once, later; never two at a time.
   *
   * @return calls it off, if it has not begun
   */
  Runnable after(Duration delay, Runnable task);

  /** The real one, on an executor of one thread. */
  static Scheduler on(ScheduledExecutorService executor) {
    return new Scheduler() {
      @Override
      public long nanoTime() {
        return System.nanoTime();
      }

      @Override
      public Runnable after(Duration delay, Runnable task) {
        Future<?> future = executor.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
        return () -> future.cancel(false);
      }
    };
  }
}
