// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane;

import dev.weft.core.dataplane.HostPort;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.Protocol;
import dev.weft.netlink.NetlinkException;
import dev.weft.netlink.NetlinkSocket;
import dev.weft.netlink.conntrack.Connection;
import dev.weft.netlink.conntrack.ConnectionQuery;
import dev.weft.netlink.conntrack.DeleteConnection;
import dev.weft.netlink.libc.Errno;
import dev.weft.netlink.route.RouteQuery;
import dev.weft.netlink.route.RouteType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The UDP connections that a change of a host port outdates. The kernel translates a connection as
 * it did its first packet, and to it a client that goes on sending from one port is one connection,
 * whoever serves it. TCP and SCTP begin each connection anew.
 */
final class Connections {
  private final NetlinkSocket netfilter;
  private final NetlinkSocket route;
  private final Map<IpAddress, Boolean> local = new HashMap<>();

  Connections(NetlinkSocket netfilter, NetlinkSocket route) {
    this.netfilter = netfilter;
    this.route = route;
  }

  /** Forgets those that a host port led to its pod, which is to get no more of them. */
  void forget(HostPort hostPort) throws NetlinkException {
    for (Connection connection : to(hostPort)) {
      if (leadsToPod(connection, hostPort)) {
        delete(connection);
      }
    }
  }

  /** Forgets those to a host port that lead elsewhere than to its pod. */
  void forgetOthersThan(HostPort hostPort) throws NetlinkException {
    for (Connection connection : to(hostPort)) {
      IpAddress destination = connection.original().destination();
      boolean meant =
          hostPort.isOnAny() ? isLocal(destination) : destination.equals(hostPort.hostIp());
      if (meant && !leadsToPod(connection, hostPort)) {
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

  private boolean isLocal(IpAddress address) throws NetlinkException {
    Boolean known = local.get(address);
    if (known == null) {
      known =
          route.find(RouteQuery.to(address)).filter(r -> r.type() == RouteType.LOCAL).isPresent();
      local.put(address, known);
    }
    return known;
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
