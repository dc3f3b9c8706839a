// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import dev.weft.agent.thread.AgentThread;
import dev.weft.netlink.unix.UnixConnection;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * ADDs that wait until a node that is just starting is ready. They hold no worker: a DEL never
 * waits for them. There are {@value #PLACES} places, for a large node's pods; each holds its pod's
 * descriptors, and so its namespace, for as long as it waits (10 s after the agent's start at
 * most). When the node is ready, {@value #THREADS} are served at a time.
 */
final class WaitingAdds implements AutoCloseable {
  static final int PLACES = 256;
  private static final int THREADS = 8;
  private static final int IDLE_SECONDS = 5;

  private final ThreadPoolExecutor threads =
      new ThreadPoolExecutor(
          THREADS,
          THREADS,
          IDLE_SECONDS,
          TimeUnit.SECONDS,
          new ArrayBlockingQueue<>(PLACES - THREADS),
          CniServer.threads("cni-wait"));

  WaitingAdds() {
    threads.allowCoreThreadTimeOut(true);
  }

  /**
   * Takes a call over, and closes it and its connection when it is served.
   *
   * @return whether there was a place; if not, the call stays the caller's
   */
  boolean offer(UnixConnection connection, SocketExchange exchange, CniService service) {
    try {
      threads.execute(new Waiting(connection, exchange, service));
      return true;
    } catch (RejectedExecutionException e) {
      return false;
    }
  }

  /** How many wait, or are being served after their wait. */
  int count() {
    return threads.getActiveCount() + threads.getQueue().size();
  }

  /** Answers at once what waits. */
  @Override
  public void close() {
    for (Runnable waiting : threads.shutdownNow()) {
      ((Waiting) waiting).serveNow();
    }
  }

  /** Waits until what {@link #close} interrupted is answered. */
  void awaitEnd(long nanos) throws InterruptedException {
    threads.awaitTermination(nanos, TimeUnit.NANOSECONDS);
  }

  private record Waiting(UnixConnection connection, SocketExchange exchange, CniService service)
      implements Runnable {
    @Override
    public void run() {
      try (connection;
          exchange) {
        service.serveWhenReady(exchange);
      } catch (RuntimeException | Error e) {
        AgentThread.CNI.failed(e);
      }
    }

    void serveNow() {
      try (connection;
          exchange) {
        service.serve(exchange);
      }
    }
  }
}
