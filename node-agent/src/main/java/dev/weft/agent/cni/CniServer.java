// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import dev.weft.agent.thread.AgentThread;
import dev.weft.netlink.unix.UnixConnection;
import dev.weft.netlink.unix.UnixListener;
import dev.weft.probes.Liveness;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The agent's end of the unix socket that plugins connect to. A fixed number of threads block in
 * accept on the one listener; each serves a call from its first byte to the answer.
 */
public final class CniServer implements AutoCloseable, Liveness {
  private static final Logger log = LoggerFactory.getLogger(CniServer.class);

  /** How long a stop waits for calls that are being served: the kubelet kills after 10 s. */
  public static final Duration STOP_TIME = Duration.ofSeconds(6);

  /** Longer than all that a call may wait for, one after the other: such a worker is stuck. */
  static final Duration STUCK = Duration.ofMinutes(3);

  /** After an accept that failed for no reason known to pass. */
  private static final Duration ACCEPT_PAUSE = Duration.ofMillis(100);

  private static final int STACK_BYTES = 256 * 1024;
  private static final long IDLE = 0;

  private final UnixListener listener;
  private final ConnectionHandler handler;
  private final List<Thread> workers = new ArrayList<>();

  /** Since when each worker serves its call, in ns after {@link #begin}, or {@link #IDLE}. */
  private final AtomicLongArray busySince;

  private final long begin = System.nanoTime();

  private CniServer(UnixListener listener, ConnectionHandler handler, int workers) {
    this.listener = listener;
    this.handler = handler;
    this.busySince = new AtomicLongArray(workers);
  }

  /**
   * Listens and serves.
   *
   * @param socket the path; a socket that is there is replaced
   * @param workers how many calls are served at once
   * @param uid the user whose processes are served: root
   * @throws IOException if it cannot listen there
   */
  public static CniServer start(Path socket, int workers, CniService service, int uid)
      throws IOException {
    CniServer server =
        new CniServer(UnixListener.listen(socket), new ConnectionHandler(service, uid), workers);
    for (int i = 0; i < workers; i++) {
      int number = i;
      Thread worker = threads("cni-" + i).newThread(() -> server.work(number));
      server.workers.add(worker);
      worker.start();
    }
    return server;
  }

  /** Makes threads as a call needs them. */
  static ThreadFactory threads(String name) {
    return task -> {
      Thread thread = new Thread(null, task, name, STACK_BYTES);
      thread.setDaemon(true);
      return thread;
    };
  }

  @Override
  public Optional<String> stuck() {
    return stuck(STUCK);
  }

  /** Stuck where every worker has served its call for longer than this: no call is accepted. */
  Optional<String> stuck(Duration longest) {
    long now = System.nanoTime() - begin;
    for (int i = 0; i < busySince.length(); i++) {
      long since = busySince.get(i);
      if (since == IDLE || now - since < longest.toNanos()) {
        return Optional.empty();
      }
    }
    return Optional.of(
        "all %d CNI workers have been busy with one call each for more than %d s"
            .formatted(busySince.length(), longest.toSeconds()));
  }

  /** How many ADDs wait until the node is ready; they hold no worker. */
  public int waitingAdds() {
    return handler.waitingAdds();
  }

  /** Stops listening at once, and waits a bounded time for the calls that are being served. */
  @Override
  public void close() {
    listener.close();
    long deadline = System.nanoTime() + STOP_TIME.toNanos();
    try {
      handler.close();
      for (Thread worker : workers) {
        long left = Duration.ofNanos(deadline - System.nanoTime()).toMillis();
        worker.join(Math.max(1, left));
      }
      handler.awaitEnd(deadline - System.nanoTime());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void work(int number) {
    while (true) {
      try {
        Optional<UnixConnection> accepted = listener.accept();
        if (accepted.isEmpty()) {
          return;
        }
        busySince.set(number, Math.max(1, System.nanoTime() - begin));
        handler.serve(accepted.get());
      } catch (IOException e) {
        log.error("accept a CNI call", e);
        LockSupport.parkNanos(ACCEPT_PAUSE.toNanos());
      } catch (RuntimeException | Error e) {
        AgentThread.CNI.failed(e);
      } finally {
        busySince.lazySet(number, IDLE);
      }
    }
  }
}
