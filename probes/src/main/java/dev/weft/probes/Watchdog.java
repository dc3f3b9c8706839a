// SPDX-License-Identifier: Apache-2.0
package dev.weft.probes;

import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends the process when its {@link Liveness} reports for a minute that it is stuck, so that it is
 * started again. A liveness probe of the kubelet's would need a port, and whoever holds that port
 * would have the process killed for ever.
 *
 * <p>It counts its own checks and not the clock: a process that was suspended for an hour gets its
 * minute to go on.
 */
public final class Watchdog implements AutoCloseable {
  /** The exit status of a process that it ended. */
  public static final int EXIT_STATUS = 4;

  private static final Logger LOG = LoggerFactory.getLogger(Watchdog.class);
  private static final Duration INTERVAL = Duration.ofSeconds(5);
  private static final int CHECKS = 13; // the last of them a minute after the first
  private static final Duration EXIT_TIME = Duration.ofSeconds(10);

  private final Liveness liveness;
  private final int checks;
  private int stuckChecks;
  private volatile boolean closed;

  /**
   * Watches nothing yet.
   *
   * @param checks after how many checks in a row that find it stuck {@link #check} is true, at
   *     least 1
   */
  Watchdog(Liveness liveness, int checks) {
    this.liveness = liveness;
    this.checks = checks;
  }

  /** Begins to watch this process, in a thread of its own, until it is closed. */
  public static Watchdog start(Liveness liveness) {
    Watchdog watchdog = new Watchdog(liveness, CHECKS);
    start(watchdog, INTERVAL, EXIT_TIME);
    return watchdog;
  }

  /** Ends nothing any more. To be called when everything else has stopped: a stop may hang. */
  @Override
  public void close() {
    closed = true;
  }

  static void start(Watchdog watchdog, Duration interval, Duration exitTime) {
    Thread thread = new Thread(() -> watchdog.run(interval, exitTime), "watchdog");
    thread.setDaemon(true);
    thread.start();
  }

  /** Checks once; true where it is time to end the process. */
  boolean check() {
    Optional<String> stuck = reason();
    if (stuck.isEmpty()) {
      stuckChecks = 0;
      return false;
    }
    stuckChecks++;
    if (stuckChecks == 1) {
      LOG.warn("stuck: {}; the process is ended if that lasts", stuck.get());
    }
    if (stuckChecks < checks) {
      return false;
    }
    LOG.error(
        "stuck: {}; the process ends with exit status {}, to be started again",
        stuck.get(),
        EXIT_STATUS);
    return true;
  }

  private Optional<String> reason() {
    try {
      return liveness.stuck();
    } catch (RuntimeException | Error e) {
      return Optional.of("its liveness cannot be read: " + e);
    }
  }

  private void run(Duration interval, Duration exitTime) {
    boolean over = false;
    while (!over) {
      pause(interval);
      if (closed) {
        return;
      }
      over = checkWhateverHappens();
    }
    try {
      Thread exit = new Thread(() -> System.exit(EXIT_STATUS), "exit");
      exit.setDaemon(true);
      exit.start();
      pause(exitTime);
    } finally {
      Runtime.getRuntime().halt(EXIT_STATUS); // the stop hangs, or there is no thread for it
    }
  }

  /** The log itself may fail, for want of memory for one. */
  private boolean checkWhateverHappens() {
    try {
      return check();
    } catch (RuntimeException | Error e) {
      return stuckChecks >= checks;
    }
  }

  /** Nobody interrupts the watchdog; whoever does gets no shorter minute. */
  private static void pause(Duration time) {
    long end = System.nanoTime() + time.toNanos();
    long left = time.toNanos();
    while (left > 0) {
      try {
        Thread.sleep(left / 1_000_000, (int) (left % 1_000_000));
      } catch (InterruptedException e) {
        // The rest is waited for all the same.
      }
      left = end - System.nanoTime();
    }
  }
}
