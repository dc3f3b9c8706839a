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
 *   <li>Two runs never overlap. From the begin of one to that of the next are {@value #SHARE} times
 *       as long as it took, so that a storm of wakes takes a tenth of the time; but at least {@code
 *       minInterval}, and, where it took long, no more than {@code busyInterval}.
 *   <li>A run begins after every {@link #wake()}, as soon as that allows; any number of wakes
 *       before it are one.
 *   <li>After a run that did not succeed the next begins within {@code retryInterval}, after one
 *       that did within {@code maxInterval}. One that throws, an {@link Error} too, is one that did
 *       not succeed.
 * </ul>
 */
public final class ReconcileSchedule {
  private static final Runnable NOTHING = () -> {};

  /** The interval of two runs, in durations of the first. */
  private static final int SHARE = 10;

  private final Duration minInterval;
  private final Duration busyInterval;
  private final Duration retryInterval;
  private final Duration maxInterval;
  private final Scheduler scheduler;
  private final BooleanSupplier task;
  private Runnable cancelNext = NOTHING;
  private long nextAt = Long.MAX_VALUE;
  private long earliest;
  private boolean running;
  private boolean woken;
  private boolean closed;

  ReconcileSchedule(
      Duration minInterval,
      Duration busyInterval,
      Duration retryInterval,
      Duration maxInterval,
      Scheduler scheduler,
      BooleanSupplier task) {
    this.minInterval = minInterval;
    this.busyInterval = busyInterval;
    this.retryInterval = retryInterval;
    this.maxInterval = maxInterval;
    this.scheduler = scheduler;
    this.task = task;
    this.earliest = scheduler.nanoTime();
  }

  /**
   * A schedule that has not begun: the first {@link #wake()} begins it.
   *
   * @param minInterval between the begins of two runs, at least
   * @param busyInterval between the begins of two runs, at most, where a wake waits for the second
   * @param retryInterval after a run that did not succeed, at most
   * @param maxInterval after a run that succeeded, at most
   * @param executor of one thread, on which the task runs
   * @param task one run; whether it succeeded
   */
  public static ReconcileSchedule create(
      Duration minInterval,
      Duration busyInterval,
      Duration retryInterval,
      Duration maxInterval,
      ScheduledExecutorService executor,
      BooleanSupplier task) {
    return new ReconcileSchedule(
        minInterval, busyInterval, retryInterval, maxInterval, Scheduler.on(executor), task);
  }

  /** Requests a run that begins after this call. */
  public synchronized void wake() {
    if (running) {
      woken = true;
    } else {
      scheduleAt(earliest);
    }
  }

  /** Begins no further run. */
  public synchronized void close() {
    closed = true;
    cancelNext.run();
  }

  private void run() {
    long start = scheduler.nanoTime();
    synchronized (this) {
      running = true;
      woken = false;
      nextAt = Long.MAX_VALUE;
    }
    boolean succeeded = succeeds();
    long end = scheduler.nanoTime();
    synchronized (this) {
      running = false;
      earliest = start + interval(end - start);
      long pause = (succeeded ? maxInterval : retryInterval).toNanos();
      scheduleAt(woken ? earliest : end + pause);
    }
  }

  private long interval(long runNanos) {
    return Math.max(minInterval.toNanos(), Math.min(busyInterval.toNanos(), SHARE * runNanos));
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
