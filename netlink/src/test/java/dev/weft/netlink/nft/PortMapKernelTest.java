// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.nft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.core.net.IpAddress;
import dev.weft.netlink.Commands;
import dev.weft.netlink.KernelNetlinkSocket;
import dev.weft.netlink.NetlinkException;
import dev.weft.netlink.libc.Errno;
import java.io.IOException;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("kernel")
class PortMapKernelTest {
  private KernelNetlinkSocket socket;

  @BeforeEach
  void createTable() throws IOException {
    Commands.run(
        "nft",
        """
        table inet ports {
          map address4 { type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service; }
          map address6 { type ipv6_addr . inet_proto . inet_service : ipv6_addr . inet_service; }
          map any4 { type inet_proto . inet_service : ipv4_addr . inet_service; }
          map any6 { type inet_proto . inet_service : ipv6_addr . inet_service; }
          set self4 { type ipv4_addr . ipv4_addr; }
          set self6 { type ipv6_addr . ipv6_addr; }
        }""");
    socket = KernelNetlinkSocket.openNetfilter();
  }

  @AfterEach
  void deleteTable() throws IOException {
    socket.close();
    Commands.run("nft", "delete table inet ports");
  }

  @ParameterizedTest
  @CsvSource({
    "address4, 192.168.1.11, 6, 10.244.1.2, 192.168.1.11 . tcp . 40080 : 10.244.1.2 . 8080",
    "address6, fd00:192::11, 17, fd00:244::2, fd00:192::11 . udp . 40080 : fd00:244::2 . 8080",
    "any4, , 132, 10.244.1.2, sctp . 40080 : 10.244.1.2 . 8080",
    "any6, , 6, fd00:244::2, tcp . 40080 : fd00:244::2 . 8080"
  })
  void aPortsTargetComesAndGoes(
      String name, String address, int protocol, String target, String asNftWritesIt)
      throws IOException {
    SetRef map = new SetRef(NftFamily.INET, "ports", name);
    PortTarget element =
        new PortTarget(
            Optional.ofNullable(address).map(IpAddress::parse),
            protocol,
            40080,
            IpAddress.parse(target),
            8080);
    socket.execute(SetChange.add(map, element));
    socket.execute(SetChange.add(map, element));

    assertThat(socket.dump(new SetQuery<>(map, PortTarget::of))).containsExactly(element);
    assertThat(Commands.run("nft", "list", "map", "inet", "ports", name)).contains(asNftWritesIt);
    socket.execute(SetChange.delete(map, element));
    assertThat(socket.dump(new SetQuery<>(map, PortTarget::of))).isEmpty();
  }

  @Test
  void anotherTargetForTheSamePortIsRefusedAndADeletionAsksForNoTarget() throws NetlinkException {
    SetRef map = new SetRef(NftFamily.INET, "ports", "any4");
    PortTarget one = target("10.244.1.2");
    PortTarget other = target("10.244.1.3");
    socket.execute(SetChange.add(map, one));

    assertThatThrownBy(() -> socket.execute(SetChange.add(map, other)))
        .isInstanceOfSatisfying(
            NetlinkException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EEXIST));
    socket.execute(SetChange.delete(map, other));
    assertThat(socket.dump(new SetQuery<>(map, PortTarget::of))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"self4, 10.244.1.2", "self6, fd00:244::2"})
  void aPairOfAddressesComesAndGoes(String name, String address) throws IOException {
    SetRef set = new SetRef(NftFamily.INET, "ports", name);
    AddressPair pair = new AddressPair(IpAddress.parse(address), IpAddress.parse(address));
    socket.execute(SetChange.add(set, pair));

    assertThat(socket.dump(new SetQuery<>(set, AddressPair::of))).containsExactly(pair);
    assertThat(Commands.run("nft", "list", "set", "inet", "ports", name))
        .contains(address + " . " + address);
    socket.execute(SetChange.delete(set, pair));
    assertThat(socket.dump(new SetQuery<>(set, AddressPair::of))).isEmpty();
  }

  private static PortTarget target(String address) {
    return new PortTarget(Optional.empty(), 6, 80, IpAddress.parse(address), 8080);
  }
}
