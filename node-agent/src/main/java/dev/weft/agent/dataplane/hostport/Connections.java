// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.hostport;

import dev.weft.core.dataplane.HostPort;
import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.Protocol;
import dev.weft.netlink.NetlinkException;
import dev.weft.netlink.NetlinkSocket;
import dev.weft.netlink.conntrack.Connection;
import dev.weft.netlink.conntrack.ConnectionQuery;
import dev.weft.netlink.conntrack.DeleteConnection;
import dev.weft.netlink.libc.Errno;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

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

  /**
   * A connection, and a host port of its protocol, family and port.
   *
   * @param connection which is
   * @param hostPort that it may have come by
   */
  private record Match(Connection connection, HostPort hostPort) {}

  /** Forgets those that host ports led to their pods, which are to get no more of them. */
  void forget(Collection<HostPort> hostPorts) throws NetlinkException {
    deleteAll(to(hostPorts).stream().filter(Connections::leadsToPod));
  }

  /**
   * Forgets those to host ports that lead elsewhere than to their pods.
   *
   * @param any by which a host port on any address is reached
   */
  void forgetOthersThan(Collection<HostPort> hostPorts, Addresses any) throws NetlinkException {
    List<Match> elsewhere = to(hostPorts).stream().filter(match -> !leadsToPod(match)).toList();
    boolean onAny = elsewhere.stream().anyMatch(match -> match.hostPort().isOnAny());
    Set<IpAddress> all = onAny ? any.read() : Set.of();
    deleteAll(elsewhere.stream().filter(match -> isMeant(match, all)));
  }

  /** All of a family in one dump: the kernel goes through its whole table for each. */
  private List<Match> to(Collection<HostPort> hostPorts) throws NetlinkException {
    List<Match> matches = new ArrayList<>();
    for (Family family : Family.values()) {
      Map<Integer, List<HostPort>> byPort =
          hostPorts.stream()
              .filter(hostPort -> hostPort.protocol() == Protocol.UDP)
              .filter(hostPort -> hostPort.family() == family)
              .collect(Collectors.groupingBy(HostPort::port));
      if (!byPort.isEmpty()) {
        ConnectionQuery query = new ConnectionQuery(family, Protocol.UDP, byPort.keySet());
        for (Connection connection : netfilter.dump(query)) {
          for (HostPort hostPort : byPort.get(connection.original().destinationPort())) {
            matches.add(new Match(connection, hostPort));
          }
        }
      }
    }
    return matches;
  }

  private static boolean isMeant(Match match, Set<IpAddress> any) {
    IpAddress destination = match.connection().original().destination();
    return match.hostPort().isOnAny()
        ? any.contains(destination)
        : match.hostPort().hostIp().equals(destination);
  }

  private static boolean leadsToPod(Match match) {
    Connection.Tuple reply = match.connection().reply();
    return reply.source().equals(match.hostPort().pod())
        && reply.sourcePort() == match.hostPort().podPort();
  }

  private void deleteAll(Stream<Match> matches) throws NetlinkException {
    for (Connection connection : matches.map(Match::connection).distinct().toList()) {
      delete(connection);
    }
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
