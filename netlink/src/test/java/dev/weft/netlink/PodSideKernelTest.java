// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.Family;
import dev.weft.core.net.InterfaceAddress;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;
import dev.weft.netlink.libc.Errno;
import dev.weft.netlink.libc.Sys;
import dev.weft.netlink.libc.TestCalls;
import dev.weft.netlink.route.AddAddress;
import dev.weft.netlink.route.AddRoute;
import dev.weft.netlink.route.AddressInfo;
import dev.weft.netlink.route.AddressQuery;
import dev.weft.netlink.route.DeleteAddress;
import dev.weft.netlink.route.DeleteNeighbour;
import dev.weft.netlink.route.LinkQuery;
import dev.weft.netlink.route.LinkRef;
import dev.weft.netlink.route.NeighbourInfo;
import dev.weft.netlink.route.NeighbourQuery;
import dev.weft.netlink.route.RouteInfo;
import dev.weft.netlink.route.RouteQuery;
import dev.weft.netlink.route.RouteSpec;
import dev.weft.netlink.route.SetLink;
import dev.weft.netlink.route.SetNeighbour;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What an ADD does in the pod, by a socket that was handed over. */
@Tag("kernel")
class PodSideKernelTest {
  private static final MacAddress MAC = MacAddress.BRIDGE;

  private Pod pod;
  private KernelNetlinkSocket socket;
  private LinkRef eth0;

  @BeforeEach
  void startPod() throws IOException {
    pod = Pod.start();
    pod.run("ip", "link", "add", "eth0", "type", "veth", "peer", "name", "far");
    pod.run("ip", "link", "set", "far", "up");
    socket = KernelNetlinkSocket.borrowRoute(pod.routeSocket());
    eth0 = socket.find(LinkQuery.byName("eth0")).orElseThrow().ref();
  }

  @AfterEach
  void stopPod() {
    socket.close();
    pod.close();
  }

  @ParameterizedTest
  @CsvSource({
    "10.244.1.2/24, 10.244.1.1, 0.0.0.0/0, -4",
    "fd00:244:0:1::2/64, fd00:244:0:1::1, ::/0, -6"
  })
  void oneBatchConfiguresThePod(String own, String gatewayText, String all, String family)
      throws IOException {
    InterfaceAddress address = InterfaceAddress.parse(own);
    IpAddress gateway = IpAddress.parse(gatewayText);
    RouteSpec toGateway = RouteSpec.onLink(Cidr.host(gateway), eth0);
    socket.executeOrThrow(
        List.of(
            SetLink.up(LinkRef.LOOPBACK),
            SetLink.up(eth0),
            new AddAddress(eth0, address),
            new SetNeighbour(eth0, gateway, MAC),
            new AddRoute(toGateway),
            new AddRoute(RouteSpec.via(Cidr.parse(all), gateway, eth0))));

    assertThat(socket.dump(AddressQuery.of(eth0.index())))
        .filteredOn(AddressInfo::global)
        .singleElement()
        .satisfies(
            info -> {
              assertThat(info.address()).isEqualTo(address);
              assertThat(info.noPrefixRoute()).isTrue();
            });
    assertThat(pod.run("ip", family, "route", "show", "proto", "87"))
        .contains("default via " + gateway + " dev eth0", gateway + " dev eth0");
    assertThat(pod.run("ip", family, "addr", "show", "eth0", "scope", "global"))
        .doesNotContain("tentative");
    assertThat(socket.dump(RouteQuery.ours(gateway.family())))
        .extracting(RouteInfo::destination)
        .containsExactlyInAnyOrder(Cidr.parse(all), Cidr.host(gateway));
    assertThat(socket.dump(new NeighbourQuery(eth0.index())))
        .filteredOn(NeighbourInfo::permanent)
        .contains(new NeighbourInfo(eth0.index(), gateway, Optional.of(MAC), 0x80));
    assertThat(socket.find(RouteQuery.to(gateway.plus(77))).orElseThrow().gateway())
        .contains(gateway);
  }

  @Test
  void aBatchGoesOnAfterAFailureAndReportsEach() throws NetlinkException {
    InterfaceAddress address = InterfaceAddress.parse("10.244.1.2/24");
    IpAddress nowhere = IpAddress.parse("192.168.1.12");
    List<Request> batch =
        List.of(
            SetLink.up(eth0),
            new AddAddress(eth0, address),
            new AddAddress(eth0, address),
            new AddRoute(RouteSpec.via(Cidr.parse("10.244.2.0/24"), nowhere)),
            new AddRoute(RouteSpec.onLink(Cidr.parse("10.244.1.1/32"), eth0)));
    List<BatchFailure> failures = socket.executeAll(batch);
    assertThat(failures).extracting(BatchFailure::index).containsExactly(2, 3);
    assertThat(failures.get(0).error())
        .message()
        // Kernels before 6.3 have no words of their own for it.
        .isIn(
            "add address 10.244.1.2/24 dev eth0: EEXIST: ipv4: Address already assigned",
            "add address 10.244.1.2/24 dev eth0: EEXIST: File exists");
    assertThat(failures.get(1).error())
        .hasMessage(
            "add route 10.244.2.0/24 via 192.168.1.12: ENETUNREACH: Nexthop has invalid gateway");
    assertThat(socket.dump(RouteQuery.ours(Family.IPV4))).hasSize(1);
    assertThatThrownBy(() -> socket.executeOrThrow(batch))
        .isInstanceOfSatisfying(
            NetlinkException.class, e -> assertThat(e.getSuppressed()).hasSize(3))
        .hasMessageStartingWith("add address 10.244.1.2/24 dev eth0: EEXIST");
  }

  @Test
  void theLastOfABatchMayFailToo() throws NetlinkException {
    List<BatchFailure> failures =
        socket.executeAll(
            List.of(
                SetLink.up(eth0),
                new DeleteAddress(eth0, InterfaceAddress.parse("10.244.1.2/24")),
                new DeleteNeighbour(eth0, IpAddress.parse("10.244.1.1"))));
    assertThat(failures)
        .extracting(failure -> failure.error().errno())
        .containsExactly(Errno.EADDRNOTAVAIL, Errno.ENOENT);
  }

  @Test
  void withoutIpv6AnAddressIsRefusedWithEacces() throws IOException {
    pod.run("sysctl", "-qw", "net.ipv6.conf.eth0.disable_ipv6=1");
    AddAddress add = new AddAddress(eth0, InterfaceAddress.parse("fd00::2/64"));
    assertThatThrownBy(() -> socket.execute(add))
        .isInstanceOfSatisfying(
            NetlinkException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EACCES));
  }

  @Test
  void closingABorrowedSocketLeavesItToItsOwner() throws NetlinkException {
    socket.close();
    assertThatThrownBy(() -> socket.execute(SetLink.up(eth0)))
        .isInstanceOfSatisfying(
            NetlinkException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EBADF));
    KernelNetlinkSocket again = KernelNetlinkSocket.borrowRoute(pod.routeSocket());
    assertThat(again.find(LinkQuery.byName("eth0"))).isPresent();
  }

  @Test
  void aSocketOfTheNodesOwnNamespaceIsRefused() {
    int own = Sys.socket(16, 3, 0);
    assertThatThrownBy(() -> KernelNetlinkSocket.borrowRoute(own))
        .hasMessageContaining("own network namespace");
    Sys.close(own);
  }

  @Test
  void whatIsNoNetlinkRouteSocketIsRefused() {
    int netfilter = Sys.socket(16, 3, 12);
    int unix = Sys.socket(1, 1, 0);
    int file = TestCalls.open("/dev/null");
    for (int fd : new int[] {netfilter, unix, file, 9999, -1}) {
      assertThatThrownBy(() -> KernelNetlinkSocket.borrowRoute(fd))
          .isInstanceOf(NetlinkException.class)
          .hasMessageContaining("no NETLINK_ROUTE socket");
    }
    Sys.close(netfilter);
    Sys.close(unix);
    Sys.close(file);
  }
}
