// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs allocation passes in a thread of its own, from the first request on: one after each request,
 * where requests during a pass make one more; one when a pass requested it; and after a failure
 * another one in 0.2 s, twice as long after each further failure, 15 s at most: whatever a pass
 * throws, an {@link Error} too, ends that pass only. After each it rests four times as long as the
 * decision took, 1 s at most, so that a large cluster's events do not keep a CPU busy.
 */
final class PassLoop implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PassLoop.class);
  private static final Duration FIRST_RETRY = Duration.ofMillis(200);
  private static final Duration LAST_RETRY = Duration.ofSeconds(15);
  private static final Duration LONGEST_REST = Duration.ofSeconds(1);
  private static final Duration NEVER = Duration.ofDays(1);

  private final AllocationPass pass;
  private final ClusterMetrics metrics;
  private final Clock clock;
  private final Semaphore requests = new Semaphore(0);
  private final Thread thread = new Thread(this::loop, "passes");
  private Duration retry = FIRST_RETRY;
  private volatile String failure = "";

  PassLoop(AllocationPass pass, ClusterMetrics metrics, Clock clock) {
    this.pass = pass;
    this.metrics = metrics;
    this.clock = clock;
    thread.setDaemon(true);
    thread.start();
  }

  /** Requests a pass; returns at once. */
  void request() {
    requests.release();
  }

  /** Why the last pass failed; empty where it did not. */
  String failure() {
    return failure;
  }

  /** Whether passes are still run. */
  boolean isAlive() {
    return thread.isAlive();
  }

  @Override
  public void close() {
    thread.interrupt();
  }

  private void loop() {
    try {
      requests.acquire();
      while (true) {
        requests.drainPermits();
        Duration pause = runOne();
        Duration rest = pass.decisionTime().multipliedBy(4);
        Thread.sleep(rest.compareTo(LONGEST_REST) > 0 ? LONGEST_REST.toMillis() : rest.toMillis());
        requests.tryAcquire(pause.toMillis() + 1, TimeUnit.MILLISECONDS);
      }
    } catch (InterruptedException e) {
      LOG.debug("passes end");
    }
  }

  private Duration runOne() throws InterruptedException {
    long start = System.nanoTime();
    try {
      Optional<Instant> wakeAt = pass.run();
      if (!failure.isEmpty()) {
        LOG.info("the last allocation pass succeeded again");
      }
      failure = "";
      retry = FIRST_RETRY;
      metrics.passDone(System.nanoTime() - start, true);
      return wakeAt
          .map(at -> Duration.between(clock.instant(), at))
          .map(pause -> pause.isNegative() ? Duration.ZERO : pause)
          .orElse(NEVER);
    } catch (WriteFailed | RuntimeException | Error e) {
      if (Thread.currentThread().isInterrupted()) {
        throw new InterruptedException();
      }
      failure = e.getMessage() == null ? e.toString() : e.getMessage();
      metrics.passDone(System.nanoTime() - start, false);
      if (e instanceof WriteFailed) {
        LOG.warn("{}; another try in {}", failure, retry);
      } else {
        LOG.error("an allocation pass failed; another try in {}", retry, e);
      }
      Thread.sleep(retry.toMillis());
      Duration twice = retry.multipliedBy(2);
      retry = twice.compareTo(LAST_RETRY) > 0 ? LAST_RETRY : twice;
      return Duration.ZERO;
    }
  }
}
