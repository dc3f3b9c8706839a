// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import dev.weft.agent.thread.AgentThread;
import dev.weft.netlink.unix.UnixConnection;
import dev.weft.netlink.unix.UnixListener;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The agent's end of the unix socket that plugins connect to. A fixed number of threads block in
 * accept on the one listener; each serves a call from its first byte to the answer.
 */
public final class CniServer implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(CniServer.class);

  /** How long a stop waits for calls that are being served. */
  private static final Duration STOP_TIME = Duration.ofSeconds(10);

  /** After an accept that failed for no reason known to pass. */
  private static final Duration ACCEPT_PAUSE = Duration.ofMillis(100);

  private static final int STACK_BYTES = 256 * 1024;

  private final UnixListener listener;
  private final ConnectionHandler handler;
  private final List<Thread> workers = new ArrayList<>();

  private CniServer(UnixListener listener, ConnectionHandler handler) {
    this.listener = listener;
    this.handler = handler;
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
        new CniServer(UnixListener.listen(socket), new ConnectionHandler(service, uid));
    for (int i = 0; i < workers; i++) {
      Thread worker = new Thread(null, server::work, "cni-" + i, STACK_BYTES);
      worker.setDaemon(true);
      server.workers.add(worker);
      worker.start();
    }
    return server;
  }

  /** Stops listening at once, and waits a bounded time for the calls that are being served. */
  @Override
  public void close() {
    listener.close();
    long deadline = System.nanoTime() + STOP_TIME.toNanos();
    try {
      for (Thread worker : workers) {
        long left = Duration.ofNanos(deadline - System.nanoTime()).toMillis();
        worker.join(Math.max(1, left));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void work() {
    while (true) {
      try {
        Optional<UnixConnection> accepted = listener.accept();
        if (accepted.isEmpty()) {
          return;
        }
        try (UnixConnection connection = accepted.get()) {
          handler.serve(connection);
        }
      } catch (IOException e) {
        log.error("accept a CNI call", e);
        LockSupport.parkNanos(ACCEPT_PAUSE.toNanos());
      } catch (RuntimeException | Error e) {
        AgentThread.CNI.failed(e);
      }
    }
  }
}
