// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import dev.weft.netlink.unix.PeerCredentials;
import dev.weft.netlink.unix.UnixConnection;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What happens on a connection: the client is checked, its request read, served and answered. */
final class ConnectionHandler implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ConnectionHandler.class);

  /** How long a client may be silent: it holds a worker meanwhile. */
  private static final Duration SILENCE = Duration.ofSeconds(1);

  private final CniService service;
  private final int uid;
  private final Semaphore large = new Semaphore(1);
  private final WaitingAdds waiting = new WaitingAdds();

  /**
   * Serves the connections of one user.
   *
   * @param uid the user whose processes are served
   */
  ConnectionHandler(CniService service, int uid) {
    this.service = service;
    this.uid = uid;
  }

  /** Serves a client and closes its connection, sooner or later: an ADD may have to wait. */
  void serve(UnixConnection connection) {
    boolean handedOver = false;
    try {
      connection.receiveTimeout(SILENCE);
      PeerCredentials peer = connection.peer();
      if (peer.uid() != uid) {
        log.warn("refused a client of user {}, process {}", peer.uid(), peer.pid());
        return;
      }
      Optional<SocketExchange> received = SocketExchange.receive(connection, large);
      if (received.isPresent()) {
        handedOver = serveOrHandOver(connection, received.get());
      }
    } catch (CniException e) {
      log.warn("{}: {}", e.getMessage(), e.details());
      refuse(connection, e);
    } catch (IOException e) {
      log.info("dropped a client: {}", e.getMessage());
    } finally {
      if (!handedOver) {
        connection.close();
      }
    }
  }

  /** How many ADDs wait until the node is ready. */
  int waitingAdds() {
    return waiting.count();
  }

  /** Answers at once the calls that wait. */
  @Override
  public void close() {
    waiting.close();
  }

  /** Waits for the calls that waited, and are being answered since {@link #close}. */
  void awaitEnd(long nanos) throws InterruptedException {
    waiting.awaitEnd(nanos);
  }

  private boolean serveOrHandOver(UnixConnection connection, SocketExchange exchange) {
    boolean handedOver = false;
    try {
      // A large one would keep the next from being read, on a worker.
      handedOver =
          !exchange.isLarge()
              && service.shouldWait(exchange)
              && waiting.offer(connection, exchange, service);
      if (!handedOver) {
        service.serve(exchange);
      }
      return handedOver;
    } finally {
      if (!handedOver) {
        exchange.close();
      }
    }
  }

  private static void refuse(UnixConnection connection, CniException e) {
    try {
      SocketExchange.answer(connection, ErrorObject.answer(SpecVersion.LATEST, e));
    } catch (IOException gone) {
      log.info("the client closed its connection before the error: {}", gone.getMessage());
    }
  }
}
