// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;
import dev.weft.netlink.libc.Errno;
import dev.weft.netlink.route.AddRoute;
import dev.weft.netlink.route.CreateVxlan;
import dev.weft.netlink.route.DeleteNextHop;
import dev.weft.netlink.route.DeleteTunnelFdbEntry;
import dev.weft.netlink.route.LinkInfo;
import dev.weft.netlink.route.LinkQuery;
import dev.weft.netlink.route.LinkRef;
import dev.weft.netlink.route.LinkSetting;
import dev.weft.netlink.route.NextHopInfo;
import dev.weft.netlink.route.NextHopQuery;
import dev.weft.netlink.route.NextHopSpec;
import dev.weft.netlink.route.RouteInfo;
import dev.weft.netlink.route.RouteQuery;
import dev.weft.netlink.route.RouteSpec;
import dev.weft.netlink.route.SetLink;
import dev.weft.netlink.route.SetNextHop;
import dev.weft.netlink.route.SetTunnelFdbEntry;
import dev.weft.netlink.route.TunnelFdbEntry;
import dev.weft.netlink.route.TunnelFdbQuery;
import dev.weft.netlink.route.VxlanSettings;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** VXLAN devices, what they send where, and next-hop objects, on a real kernel. */
@Tag("kernel")
class TunnelKernelTest {
  private static final MacAddress OWN = MacAddress.parse("0a:58:00:00:00:02");
  private static final MacAddress OTHER = MacAddress.parse("0a:58:00:00:00:03");
  private static final int VNI = 7;
  private static final int PORT = 8473;

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
    Commands.shell("ip link del up0; ip nexthop flush");
  }

  private LinkInfo create(Family underlay) throws NetlinkException {
    IpAddress local = IpAddress.parse(underlay == Family.IPV4 ? "192.168.1.11" : "fd00:1::11");
    VxlanSettings settings = new VxlanSettings(VNI, PORT, uplink.index(), local);
    socket.execute(new CreateVxlan("vx", OWN, 1430, settings));
    LinkRef device = socket.find(LinkQuery.byName("vx")).orElseThrow().ref();
    socket.executeOrThrow(
        List.of(SetLink.of(device, LinkSetting.noLinkLocalAddress()), SetLink.up(device)));
    return socket.find(LinkQuery.byName("vx")).orElseThrow();
  }

  @ParameterizedTest
  @EnumSource(Family.class)
  void aDeviceIsReadAsItWasMade(Family underlay) throws IOException {
    LinkInfo device = create(underlay);
    IpAddress local = IpAddress.parse(underlay == Family.IPV4 ? "192.168.1.11" : "fd00:1::11");
    assertThat(device.kind()).isEqualTo("vxlan");
    assertThat(device.vxlan()).contains(new VxlanSettings(VNI, PORT, uplink.index(), local));
    assertThat(device.mac()).contains(OWN);
    assertThat(device.mtuBytes()).isEqualTo(1430);
    assertThat(device.up()).isTrue();
    assertThat(Commands.run("ip", "-d", "link", "show", "vx"))
        .contains("vxlan id 7 ", "local " + local, "dev up0", "dstport 8473", "nolearning");
    assertThat(Commands.run("ip", "-6", "addr", "show", "dev", "vx")).isEmpty();
    assertThat(socket.find(LinkQuery.byName("up0")).orElseThrow().vxlan()).isEmpty();
  }

  @Test
  void theSameIdentifierTwiceOnAPortIsRefusedInTheKernelsWords() throws IOException {
    create(Family.IPV4);
    VxlanSettings same =
        new VxlanSettings(VNI, PORT, uplink.index(), IpAddress.parse("192.168.1.11"));
    assertThatThrownBy(() -> socket.execute(new CreateVxlan("vx2", OTHER, 1430, same)))
        .isInstanceOfSatisfying(
            NetlinkException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EEXIST))
        .hasMessageStartingWith(
            "create vx2 vxlan id 7 local 192.168.1.11 dstport 8473 nolearning:");
  }

  @ParameterizedTest
  @EnumSource(Family.class)
  void aMacHasOneRemoteThatIsReplacedAndDeleted(Family underlay) throws IOException {
    LinkRef device = create(underlay).ref();
    IpAddress first = IpAddress.parse(underlay == Family.IPV4 ? "192.168.1.12" : "fd00:1::12");
    IpAddress second = first.plus(1);
    socket.execute(new SetTunnelFdbEntry(device, OTHER, first));
    assertThat(socket.dump(new TunnelFdbQuery(device.index())))
        .containsExactly(new TunnelFdbEntry(device.index(), OTHER, first, true));
    socket.execute(new SetTunnelFdbEntry(device, OTHER, second));
    assertThat(socket.dump(new TunnelFdbQuery(device.index())))
        .containsExactly(new TunnelFdbEntry(device.index(), OTHER, second, true));
    socket.execute(new DeleteTunnelFdbEntry(device, OTHER, second));
    assertThat(socket.dump(new TunnelFdbQuery(device.index()))).isEmpty();
    assertThatThrownBy(() -> socket.execute(new DeleteTunnelFdbEntry(device, OTHER, second)))
        .isInstanceOfSatisfying(NetlinkException.class, e -> assertThat(e.isNotFound()).isTrue());
  }

  @Test
  void oneNextHopServesBothFamiliesAndMovesAllItsRoutesAtOnce() throws IOException {
    LinkRef device = create(Family.IPV4).ref();
    IpAddress gateway = IpAddress.parse("fe80::1");
    List<RouteSpec> routes =
        List.of(
            RouteSpec.byNextHop(Cidr.parse("10.244.2.0/24"), 100).withMtu(1400),
            RouteSpec.byNextHop(Cidr.parse("fd00:244:0:2::/64"), 100));
    socket.execute(new SetNextHop(new NextHopSpec(100, gateway, device)));
    socket.executeOrThrow(routes.stream().map(AddRoute::new).toList());
    assertThat(ours())
        .hasSize(2)
        .allSatisfy(
            route -> {
              assertThat(route.nextHopId()).isEqualTo(100);
              assertThat(route.gateway()).contains(gateway);
              assertThat(route.link()).isEqualTo(device.index());
            });
    assertThat(ours()).extracting(RouteInfo::mtuBytes).containsExactlyInAnyOrder(1400, 0);

    IpAddress direct = IpAddress.parse("fe80::2");
    socket.execute(new SetNextHop(new NextHopSpec(100, direct, uplink)));
    assertThat(ours()).hasSize(2).allMatch(route -> route.link() == uplink.index());
    assertThat(socket.dump(new NextHopQuery()))
        .containsExactly(new NextHopInfo(100, 87, Optional.of(direct), uplink.index()));

    socket.execute(new DeleteNextHop(100));
    assertThat(ours()).isEmpty();
    assertThatThrownBy(() -> socket.execute(new DeleteNextHop(100)))
        .isInstanceOfSatisfying(NetlinkException.class, e -> assertThat(e.isNotFound()).isTrue());
  }

  private List<RouteInfo> ours() throws NetlinkException {
    List<RouteInfo> routes = new ArrayList<>();
    for (Family family : Family.values()) {
      routes.addAll(socket.dump(RouteQuery.ours(family)));
    }
    return routes;
  }

  @Test
  void anotherProgramsNextHopsAreNotOurs() throws IOException {
    Commands.run("ip", "nexthop", "add", "id", "5", "via", "192.168.1.12", "dev", "up0");
    Commands.run("ip", "nexthop", "add", "id", "6", "blackhole");
    assertThat(socket.dump(new NextHopQuery())).hasSize(2).noneMatch(NextHopInfo::ours);
  }

  @Test
  void fiveThousandPeersComeAndGo() throws IOException {
    LinkRef device = create(Family.IPV4).ref();
    IpAddress first = IpAddress.parse("fe80::1:0");
    List<SetNextHop> hops =
        IntStream.range(0, 5000)
            .mapToObj(i -> new SetNextHop(new NextHopSpec(1000 + i, first.plus(i), device)))
            .toList();
    assertThat(socket.executeAll(hops)).isEmpty();
    List<AddRoute> routes =
        IntStream.range(0, 5000)
            .mapToObj(i -> RouteSpec.byNextHop(Cidr.parse("10.0.0.0/8").sub(24, i), 1000 + i))
            .map(AddRoute::new)
            .toList();
    assertThat(socket.executeAll(routes)).isEmpty();
    assertThat(socket.dump(new NextHopQuery())).hasSize(5000);
    assertThat(socket.dump(RouteQuery.ours(Family.IPV4))).hasSize(5000);
    assertThat(
            socket.executeAll(
                IntStream.range(0, 5000).mapToObj(i -> new DeleteNextHop(1000 + i)).toList()))
        .isEmpty();
    assertThat(socket.dump(RouteQuery.ours(Family.IPV4))).isEmpty();
  }
}
