// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.hostport;

import dev.weft.core.dataplane.HostPort;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.Protocol;
import dev.weft.netlink.NetlinkException;
import dev.weft.netlink.NetlinkSocket;
import dev.weft.netlink.conntrack.Connection;
import dev.weft.netlink.conntrack.ConnectionQuery;
import dev.weft.netlink.conntrack.DeleteConnection;
import dev.weft.netlink.libc.Errno;
import java.util.List;
import java.util.Set;

/**
 * The UDP connections that a change of a host port outdates. The kernel translates a connection as
 * it did its first packet, and to it a client that goes on sending from one port is one connection,
 * whoever serves it. TCP and SCTP begin a new connection each time.
 */
final class Connections {
  private final NetlinkSocket netfilter;

  Connections(NetlinkSocket netfilter) {
    this.netfilter = netfilter;
  }

  /** Addresses of the node, read where they are needed. */
  interface Addresses {
    Set<IpAddress> read() throws NetlinkException;
  }

  /** Forgets those that a host port led to its pod, which is to get no more of them. */
  void forget(HostPort hostPort) throws NetlinkException {
    for (Connection connection : to(hostPort)) {
      if (leadsToPod(connection, hostPort)) {
        delete(connection);
      }
    }
  }

  /**
   * Forgets those to a host port that lead elsewhere than to its pod.
   *
   * @param any by which a host port on any address is reached
   */
  void forgetOthersThan(HostPort hostPort, Addresses any) throws NetlinkException {
    List<Connection> elsewhere =
        to(hostPort).stream().filter(connection -> !leadsToPod(connection, hostPort)).toList();
    if (elsewhere.isEmpty()) {
      return;
    }
    Set<IpAddress> meant = hostPort.isOnAny() ? any.read() : Set.of(hostPort.hostIp());
    for (Connection connection : elsewhere) {
      if (meant.contains(connection.original().destination())) {
        delete(connection);
      }
    }
  }

  private List<Connection> to(HostPort hostPort) throws NetlinkException {
    return hostPort.protocol() == Protocol.UDP
        ? netfilter.dump(
            new ConnectionQuery(hostPort.family(), hostPort.protocol(), hostPort.port()))
        : List.of();
  }

  private static boolean leadsToPod(Connection connection, HostPort hostPort) {
    return connection.reply().source().equals(hostPort.pod())
        && connection.reply().sourcePort() == hostPort.podPort();
  }

  private void delete(Connection connection) throws NetlinkException {
    try {
      netfilter.execute(new DeleteConnection(connection));
    } catch (NetlinkException e) {
      if (e.errno() != Errno.ENOENT) {
        throw e;
      }
    }
  }
}
