// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import dev.weft.core.node.AttachmentKey;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/** One lock for each (container, interface), kept only while somebody holds or awaits it. */
final class KeyLocks {
  private final ConcurrentHashMap<AttachmentKey, CountedLock> locks = new ConcurrentHashMap<>();

  /**
   * Takes the lock.
   *
   * @param patience how long to wait for it
   * @return whether it was taken
   */
  boolean lock(AttachmentKey key, Duration patience) throws InterruptedException {
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

  /** Gives the lock back; only the thread that took it may. */
  void unlock(AttachmentKey key) {
    locks.get(key).lock.unlock();
    leave(key);
  }

  /** How many locks are held or awaited. */
  int size() {
    return locks.size();
  }

  private void leave(AttachmentKey key) {
    locks.computeIfPresent(key, (k, have) -> --have.users == 0 ? null : have);
  }

  private static final class CountedLock {
    private final ReentrantLock lock = new ReentrantLock(true);

    /** Holders and waiters; changed only inside the map's compute. */
    private int users;
  }
}
