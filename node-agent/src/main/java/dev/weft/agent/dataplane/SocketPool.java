// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane;

import dev.weft.netlink.NetlinkException;
import dev.weft.netlink.NetlinkSocket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;

/**
 * NETLINK_ROUTE sockets of the node's namespace that are kept open: as many as threads ever used
 * one at the same time.
 */
final class SocketPool implements AutoCloseable {
  /** What is done with a socket. */
  interface Use<T, E extends Exception> {
    T with(NetlinkSocket socket) throws NetlinkException, E;
  }

  private final Sockets sockets;
  private final Set<Integer> ports = ConcurrentHashMap.newKeySet();
  private final ConcurrentLinkedDeque<NetlinkSocket> idle = new ConcurrentLinkedDeque<>();

  SocketPool(Sockets sockets) {
    this.sockets = sockets;
  }

  /** Uses a socket that no other thread uses meanwhile. */
  <T, E extends Exception> T use(Use<T, E> use) throws NetlinkException, E {
    NetlinkSocket kept = idle.pollFirst();
    NetlinkSocket socket = kept == null ? open() : kept;
    try {
      return use.with(socket);
    } finally {
      idle.addFirst(socket);
    }
  }

  /** Whether a socket of the pool has this port ({@link NetlinkSocket#port}). */
  boolean hasPort(int port) {
    return ports.contains(port);
  }

  private NetlinkSocket open() throws NetlinkException {
    NetlinkSocket socket = sockets.openRoute();
    ports.add(socket.port());
    return socket;
  }

  @Override
  public void close() {
    for (NetlinkSocket socket = idle.poll(); socket != null; socket = idle.poll()) {
      socket.close();
    }
  }
}
