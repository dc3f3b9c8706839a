// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.conntrack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.Protocol;
import dev.weft.netlink.Commands;
import dev.weft.netlink.KernelNetlinkSocket;
import dev.weft.netlink.NetlinkException;
import dev.weft.netlink.libc.Errno;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("kernel")
class ConnectionKernelTest {
  @BeforeEach
  void trackAndTranslate() throws IOException {
    Commands.run("ip", "link", "set", "lo", "up");
    Commands.run(
        "nft",
        """
        table inet track {
          chain output {
            type nat hook output priority -100;
            udp dport 53 dnat ip to 127.0.0.1:5353
            udp dport 53 dnat ip6 to [::1]:5353
          }
        }""");
  }

  @AfterEach
  void deleteTable() throws IOException {
    Commands.run("nft", "delete table inet track");
  }

  @ParameterizedTest
  @CsvSource({"127.0.0.1, IPV4", "::1, IPV6"})
  void aConnectionIsFoundByItsFirstPortAndForgotten(String address, Family family)
      throws Exception {
    IpAddress here = IpAddress.parse(address);
    int from = send(here, 53);
    send(here, 54);
    try (KernelNetlinkSocket socket = KernelNetlinkSocket.openNetfilter()) {
      ConnectionQuery query = new ConnectionQuery(family, Protocol.UDP, 53);
      List<Connection> found = socket.dump(query);

      assertThat(found)
          .extracting(Connection::original)
          .containsExactly(new Connection.Tuple(17, here, from, here, 53));
      assertThat(found)
          .extracting(Connection::reply)
          .containsExactly(new Connection.Tuple(17, here, 5353, here, from));
      assertThat(socket.dump(new ConnectionQuery(family, Protocol.TCP, 53))).isEmpty();

      socket.execute(new DeleteConnection(found.get(0)));
      assertThat(socket.dump(query)).isEmpty();
      assertThatThrownBy(() -> socket.execute(new DeleteConnection(found.get(0))))
          .isInstanceOfSatisfying(
              NetlinkException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOENT));
    }
  }

  @ParameterizedTest
  @CsvSource({"127.0.0.1, IPV4", "::1, IPV6"})
  void thoseOfSeveralPortsAreFoundAtOnce(String address, Family family) throws Exception {
    IpAddress here = IpAddress.parse(address);
    for (int port = 1053; port < 1056; port++) {
      send(here, port);
    }
    try (KernelNetlinkSocket socket = KernelNetlinkSocket.openNetfilter()) {
      assertThat(socket.dump(new ConnectionQuery(family, Protocol.UDP, Set.of(1053, 1055, 1057))))
          .extracting(connection -> connection.original().destinationPort())
          .containsExactlyInAnyOrder(1053, 1055);
      assertThat(socket.dump(new ConnectionQuery(family, Protocol.TCP, Set.of(1053, 1055))))
          .isEmpty();
    }
  }

  /** The port that it was sent from. */
  private static int send(IpAddress to, int port) throws IOException {
    try (DatagramSocket socket = new DatagramSocket(0, InetAddress.getByAddress(to.bytes()))) {
      InetSocketAddress target = new InetSocketAddress(InetAddress.getByAddress(to.bytes()), port);
      socket.send(new DatagramPacket(new byte[1], 1, target));
      return socket.getLocalPort();
    }
  }
}
