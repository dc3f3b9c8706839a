// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Sends writes to the API server, several at a time, and collects those that fail. One that fails
 * hinders no other, but where the server does not answer at all the rest is not tried.
 */
final class Writes implements AutoCloseable {
  private static final int AT_ONCE = 16;

  private final ExecutorService threads =
      Executors.newFixedThreadPool(
          AT_ONCE,
          task -> {
            Thread thread = new Thread(task, "write");
            thread.setDaemon(true);
            return thread;
          });
  private final List<Future<?>> running = new ArrayList<>();
  private final List<String> failures = new ArrayList<>();
  private volatile boolean away;

  /** Starts a write; what it does is named in its failure. */
  void submit(String what, Runnable write) {
    running.add(
        threads.submit(
            () -> {
              if (away) {
                return;
              }
              try {
                write.run();
              } catch (KubernetesClientException e) {
                away |= e.getCode() <= 0; // no HTTP status: no answer
                fail(what + ": " + e.getMessage());
              }
            }));
  }

  /** Waits for all that were started. */
  void settle() {
    for (Future<?> write : running) {
      try {
        write.get();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("stopped while writing", e);
      } catch (ExecutionException e) {
        throw new IllegalStateException("a write broke", e.getCause());
      }
    }
    running.clear();
  }

  /**
   * Ends a series of writes.
   *
   * @throws WriteFailed if any failed since the last call
   */
  void finish() throws WriteFailed {
    settle();
    away = false;
    if (!failures.isEmpty()) {
      WriteFailed failed = new WriteFailed(failures.size(), failures.get(0));
      failures.clear();
      throw failed;
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }

  private void fail(String failure) {
    synchronized (failures) {
      failures.add(failure);
    }
  }
}
