// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.reconcile;

import dev.weft.agent.thread.AgentThread;
import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.BooleanSupplier;

/**
 * When the loop runs.
 *
 * <ul>
 *   <li>Two runs never overlap, and begin at least {@code minInterval} apart.
 *   <li>A run begins after every {@link #wake()}, as soon as that allows; any number of wakes
 *       before it are one.
 *   <li>After a run that did not succeed the next begins within {@code retryInterval}, after one
 *       that did within {@code maxInterval}. One that throws, an {@link Error} too, is one that did
 *       not succeed.
 * </ul>
 */
public final class ReconcileSchedule {
  private static final Runnable NOTHING = () -> {};

  private final Duration minInterval;
  private final Duration retryInterval;
  private final Duration maxInterval;
  private final Scheduler scheduler;
  private final BooleanSupplier task;
  private Runnable cancelNext = NOTHING;
  private long nextAt = Long.MAX_VALUE;
  private long lastStart;
  private boolean running;
  private boolean woken;
  private boolean closed;

  ReconcileSchedule(
      Duration minInterval,
      Duration retryInterval,
      Duration maxInterval,
      Scheduler scheduler,
      BooleanSupplier task) {
    this.minInterval = minInterval;
    this.retryInterval = retryInterval;
    this.maxInterval = maxInterval;
    this.scheduler = scheduler;
    this.task = task;
    this.lastStart = scheduler.nanoTime() - minInterval.toNanos();
  }

  /**
   * A schedule that has not begun: the first {@link #wake()} begins it.
   *
   * @param executor of one thread, on which the task runs
   * @param task one run; whether it succeeded
   */
  public static ReconcileSchedule create(
      Duration minInterval,
      Duration retryInterval,
      Duration maxInterval,
      ScheduledExecutorService executor,
      BooleanSupplier task) {
    return new ReconcileSchedule(
        minInterval, retryInterval, maxInterval, Scheduler.on(executor), task);
  }

  /** Requests a run that begins after this call. */
  public synchronized void wake() {
    if (running) {
      woken = true;
    } else {
      scheduleAt(lastStart + minInterval.toNanos());
    }
  }

  /** Begins no further run. */
  public synchronized void close() {
    closed = true;
    cancelNext.run();
  }

  private void run() {
    synchronized (this) {
      running = true;
      woken = false;
      nextAt = Long.MAX_VALUE;
      lastStart = scheduler.nanoTime();
    }
    boolean succeeded = succeeds();
    synchronized (this) {
      running = false;
      long pause = (succeeded ? maxInterval : retryInterval).toNanos();
      scheduleAt(woken ? lastStart + minInterval.toNanos() : scheduler.nanoTime() + pause);
    }
  }

  private boolean succeeds() {
    try {
      return task.getAsBoolean();
    } catch (RuntimeException | Error e) {
      AgentThread.RECONCILE.failed(e);
      return false;
    }
  }

  private void scheduleAt(long at) {
    if (closed || at - nextAt >= 0 && nextAt != Long.MAX_VALUE) {
      return;
    }
    cancelNext.run();
    nextAt = at;
    cancelNext =
        scheduler.after(Duration.ofNanos(Math.max(0, at - scheduler.nanoTime())), this::run);
  }
}
