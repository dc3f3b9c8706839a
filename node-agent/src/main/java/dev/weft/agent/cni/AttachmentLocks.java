// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import dev.weft.core.node.AttachmentKey;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * One lock for each (container, interface), kept only while a call holds it or waits for it. The
 * wait is bounded: in time, and in how many calls wait.
 */
final class AttachmentLocks {
  /** How long a call waits for a lock: longer than the kernel ever takes for one call. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final ConcurrentHashMap<AttachmentKey, CountedLock> locks = new ConcurrentHashMap<>();
  private final Semaphore waiting;

  /**
   * No lock is held.
   *
   * @param waiting how many calls may wait for locks at a time, each on a thread that serves calls
   */
  AttachmentLocks(int waiting) {
    this.waiting = new Semaphore(waiting);
  }

  /**
   * Takes the lock of an attachment.
   *
   * @throws CniException "try again later" if another call has it for too long, or too many calls
   *     wait for locks
   */
  void lock(AttachmentKey key) throws CniException {
    try {
      if (lock(key, Duration.ZERO)) {
        return;
      }
      if (!waiting.tryAcquire()) {
        throw stillRunning(key, "as many calls as may do so wait for others already");
      }
      try {
        if (!lock(key, PATIENCE)) {
          throw stillRunning(key, "waited " + PATIENCE.toSeconds() + " s for it");
        }
      } finally {
        waiting.release();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CniException(ErrorCode.TRY_AGAIN_LATER, "the agent is stopping", "");
    }
  }

  /** Releases a lock; only the thread that took it may. */
  void unlock(AttachmentKey key) {
    locks.get(key).lock.unlock();
    leave(key);
  }

  private boolean lock(AttachmentKey key, Duration patience) throws InterruptedException {
    CountedLock counted =
        locks.compute(
            key,
            (k, have) -> {
              CountedLock lock = have == null ? new CountedLock() : have;
              lock.users++;
              return lock;
            });
    boolean taken = false;
    try {
      taken = counted.lock.tryLock(patience.toNanos(), TimeUnit.NANOSECONDS);
    } finally {
      if (!taken) {
        leave(key);
      }
    }
    return taken;
  }

  private void leave(AttachmentKey key) {
    locks.computeIfPresent(key, (k, have) -> --have.users == 0 ? null : have);
  }

  private static CniException stillRunning(AttachmentKey key, String details) {
    return new CniException(
        ErrorCode.TRY_AGAIN_LATER, "another call for " + key + " is still running", details);
  }

  private static final class CountedLock {
    private final ReentrantLock lock = new ReentrantLock(true);

    /** Holders and waiters; changed only inside the map's compute. */
    private int users;
  }
}
