// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox;

import java.io.Closeable;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

/**
 * Passes connections on from one address to another. Unix sockets cross network namespaces: two
 * relays, one on each side of such a socket, let this machine's programs reach the sandbox's API
 * server, and nothing else.
 */
final class Relay implements Closeable {
  private final ServerSocketChannel listener;
  private final SocketAddress target;

  /** Starts to accept, until closed. */
  Relay(ServerSocketChannel listener, SocketAddress target) {
    this.listener = listener;
    this.target = target;
    daemon("relay-accept", this::acceptAll);
  }

  SocketAddress address() throws IOException {
    return listener.getLocalAddress();
  }

  private static void daemon(String name, Runnable task) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    thread.start();
  }

  private void acceptAll() {
    try {
      while (true) {
        SocketChannel client = listener.accept();
        daemon("relay", () -> serve(client));
      }
    } catch (IOException e) {
      // Closed: nothing more to accept.
    }
  }

  private void serve(SocketChannel client) {
    try (client;
        SocketChannel server = SocketChannel.open(target)) {
      daemon("relay-back", () -> copy(server, client));
      copy(client, server);
    } catch (IOException e) {
      // No one listens there: the client sees its connection closed, as it would without a relay.
    }
  }

  /** Copies until one side ends, then ends the other: HTTP knows no half-open connection. */
  private static void copy(SocketChannel from, SocketChannel to) {
    ByteBuffer buffer = ByteBuffer.allocate(16384);
    try (from;
        to) {
      while (from.read(buffer) >= 0) {
        buffer.flip();
        while (buffer.hasRemaining()) {
          to.write(buffer);
        }
        buffer.clear();
      }
    } catch (IOException e) {
      // The other direction ended first.
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }
}
