// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import dev.weft.netlink.libc.Errno;
import dev.weft.netlink.route.AddRoute;
import dev.weft.netlink.route.DeleteRoute;
import dev.weft.netlink.route.LinkInfo;
import dev.weft.netlink.route.LinkQuery;
import dev.weft.netlink.route.LinkRef;
import dev.weft.netlink.route.RouteInfo;
import dev.weft.netlink.route.RouteQuery;
import dev.weft.netlink.route.RouteSpec;
import dev.weft.netlink.route.RouteType;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

@Tag("kernel")
class RouteBatchKernelTest {
  private KernelNetlinkSocket socket;
  private LinkRef uplink;

  @BeforeEach
  void createUplink() throws IOException {
    Commands.shell(
        "ip link add up0 type veth peer name up1; ip link set up0 up; ip link set up1 up;"
            + "ip addr add 192.168.1.11/24 dev up0; ip addr add fd00:1::11/64 dev up0 nodad");
    socket = KernelNetlinkSocket.openRoute();
    uplink = socket.find(LinkQuery.byName("up0")).orElseThrow().ref();
  }

  @AfterEach
  void deleteUplink() throws IOException {
    socket.close();
    Commands.shell("ip link del up0; ip route flush proto 87; ip -6 route flush proto 87");
  }

  @ParameterizedTest
  @CsvSource({"10.0.0.0/8, 24, 192.168.1.12", "fd01::/32, 64, fd00:1::12"})
  void fiveThousandRoutesComeAndGo(String pool, int length, String gatewayText)
      throws NetlinkException {
    IpAddress gateway = IpAddress.parse(gatewayText);
    List<RouteSpec> routes =
        IntStream.range(0, 5000)
            .mapToObj(i -> RouteSpec.via(Cidr.parse(pool).sub(length, i), gateway, uplink))
            .toList();
    assertThat(socket.executeAll(routes.stream().map(AddRoute::new).toList())).isEmpty();
    List<RouteInfo> there = socket.dump(RouteQuery.ours(gateway.family()));
    assertThat(there)
        .hasSize(5000)
        .allSatisfy(
            route -> {
              assertThat(route.link()).isEqualTo(uplink.index());
              assertThat(route.gateway()).contains(gateway);
            });
    assertThat(there)
        .extracting(RouteInfo::destination)
        .containsExactlyInAnyOrderElementsOf(routes.stream().map(RouteSpec::destination).toList());

    List<BatchFailure> again = socket.executeAll(routes.stream().map(AddRoute::new).toList());
    assertThat(again).hasSize(5000);
    assertThat(again).extracting(BatchFailure::index).isSorted();
    assertThat(again).allMatch(failure -> failure.error().errno() == Errno.EEXIST);

    assertThat(socket.executeAll(routes.stream().map(DeleteRoute::new).toList())).isEmpty();
    assertThat(socket.dump(RouteQuery.ours(gateway.family()))).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(Family.class)
  void aForeignRouteToTheSamePrefixIsLeftAlone(Family family) throws IOException {
    boolean v4 = family == Family.IPV4;
    Cidr prefix = Cidr.parse(v4 ? "10.9.0.0/16" : "fd09::/32");
    IpAddress gateway = IpAddress.parse(v4 ? "192.168.1.13" : "fd00:1::13");
    Commands.run("ip", "route", "add", prefix.toString(), "via", gateway.toString());
    RouteSpec ours = RouteSpec.via(prefix, gateway.plus(1), uplink);
    assertThatThrownBy(() -> socket.execute(new AddRoute(ours)))
        .isInstanceOfSatisfying(
            NetlinkException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EEXIST))
        .hasMessageStartingWith("add route " + prefix + " via " + gateway.plus(1) + " dev up0: ");
    assertThatThrownBy(() -> socket.execute(new DeleteRoute(ours)))
        .isInstanceOfSatisfying(
            NetlinkException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ESRCH));
    assertThat(socket.dump(RouteQuery.main(family)))
        .filteredOn(route -> route.destination().equals(prefix))
        .singleElement()
        .satisfies(route -> assertThat(route.ours()).isFalse());
  }

  @ParameterizedTest
  @CsvSource({"10.244.1.0/24, 10.244.1.2", "fd00:244:0:1::/64, fd00:244:0:1::2"})
  void aBlockIsUnreachableButForItsPods(String block, String pod) throws NetlinkException {
    RouteSpec rest = RouteSpec.unreachable(Cidr.parse(block));
    RouteSpec one = RouteSpec.onLink(Cidr.host(IpAddress.parse(pod)), uplink);
    socket.executeOrThrow(List.of(new AddRoute(rest), new AddRoute(one)));
    assertThat(socket.dump(RouteQuery.ours(rest.destination().family())))
        .extracting(RouteInfo::type)
        .containsExactlyInAnyOrder(RouteType.UNREACHABLE, RouteType.UNICAST);
    IpAddress address = IpAddress.parse(pod);
    assertThat(socket.find(RouteQuery.to(address)).orElseThrow().link()).isEqualTo(uplink.index());
    assertThat(socket.find(RouteQuery.to(address.plus(1)))).isEmpty();
    socket.executeOrThrow(List.of(new DeleteRoute(one), new DeleteRoute(rest)));
    assertThat(socket.dump(RouteQuery.ours(rest.destination().family()))).isEmpty();
  }

  /** Every dump shows what was there all the time, whatever comes and goes meanwhile. */
  @Test
  void aDumpThatChangesInterruptIsConsistentAllTheSame() throws Exception {
    List<AddRoute> standing =
        IntStream.range(0, 3000)
            .mapToObj(i -> Cidr.parse("10.0.0.0/8").sub(24, i))
            .map(prefix -> new AddRoute(RouteSpec.unreachable(prefix)))
            .toList();
    socket.executeOrThrow(standing);
    AtomicBoolean stop = new AtomicBoolean();
    Thread changes = new Thread(() -> changeUntil(stop));
    changes.start();
    try {
      for (int i = 0; i < 50; i++) {
        assertThat(socket.dump(LinkQuery.all()))
            .extracting(LinkInfo::name)
            .contains("lo", "up0", "up1");
        assertThat(socket.dump(RouteQuery.ours(Family.IPV4))).hasSizeGreaterThanOrEqualTo(3000);
      }
    } finally {
      stop.set(true);
      changes.join();
    }
  }

  private static void changeUntil(AtomicBoolean stop) {
    try (KernelNetlinkSocket other = KernelNetlinkSocket.openRoute()) {
      RouteSpec route = RouteSpec.unreachable(Cidr.parse("172.16.0.0/16"));
      while (!stop.get()) {
        other.execute(new AddRoute(route));
        other.execute(new DeleteRoute(route));
      }
    } catch (NetlinkException e) {
      throw new IllegalStateException(e);
    }
  }
}
