// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.driver;

import dev.weft.netlink.BatchFailure;
import dev.weft.netlink.NetlinkException;
import dev.weft.netlink.NetlinkSocket;
import dev.weft.netlink.Query;
import dev.weft.netlink.Request;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;

/**
 * NETLINK_ROUTE sockets of the node's namespace that are kept open: as many as threads ever used
 * one at the same time.
 */
public final class SocketPool implements AutoCloseable {
  /** What is done with a socket. */
  public interface Use<T, E extends Exception> {
    T with(NetlinkSocket socket) throws NetlinkException, E;
  }

  private final Sockets sockets;
  private final Set<Integer> netlinkPids = ConcurrentHashMap.newKeySet();
  private final ConcurrentLinkedDeque<NetlinkSocket> idle = new ConcurrentLinkedDeque<>();

  /** No socket yet. */
  public SocketPool(Sockets sockets) {
    this.sockets = sockets;
  }

  /** Uses a socket that no other thread uses meanwhile. */
  public <T, E extends Exception> T use(Use<T, E> use) throws NetlinkException, E {
    NetlinkSocket socket = take();
    try {
      return use.with(socket);
    } finally {
      idle.addFirst(socket);
    }
  }

  /** {@link NetlinkSocket#execute} by one of the sockets. */
  public void execute(Request request) throws NetlinkException {
    use(
        socket -> {
          socket.execute(request);
          return null;
        });
  }

  /** {@link NetlinkSocket#executeAll} by one of the sockets. */
  public List<BatchFailure> executeAll(List<? extends Request> requests) throws NetlinkException {
    return use(socket -> socket.executeAll(requests));
  }

  /** {@link NetlinkSocket#find} by one of the sockets. */
  public <T> Optional<T> find(Query<T> query) throws NetlinkException {
    return use(socket -> socket.find(query));
  }

  /** Whether a socket of the pool has this {@link NetlinkSocket#netlinkPid}. */
  public boolean has(int netlinkPid) {
    return netlinkPids.contains(netlinkPid);
  }

  private NetlinkSocket take() throws NetlinkException {
    NetlinkSocket kept = idle.pollFirst();
    return kept == null ? open() : kept;
  }

  private NetlinkSocket open() throws NetlinkException {
    NetlinkSocket socket = sockets.openRoute();
    netlinkPids.add(socket.netlinkPid());
    return socket;
  }

  @Override
  public void close() {
    for (NetlinkSocket socket = idle.poll(); socket != null; socket = idle.poll()) {
      socket.close();
    }
  }
}
