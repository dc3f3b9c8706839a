// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.Family;
import dev.weft.core.net.InterfaceAddress;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;
import dev.weft.netlink.libc.Errno;
import dev.weft.netlink.nft.NftFamily;
import dev.weft.netlink.nft.SetKey;
import dev.weft.netlink.nft.SetQuery;
import dev.weft.netlink.nft.SetRef;
import dev.weft.netlink.nft.TableInfo;
import dev.weft.netlink.nft.TableQuery;
import dev.weft.netlink.route.AddressInfo;
import dev.weft.netlink.route.AddressQuery;
import dev.weft.netlink.route.BridgePortSettings;
import dev.weft.netlink.route.FdbInfo;
import dev.weft.netlink.route.FdbQuery;
import dev.weft.netlink.route.LinkInfo;
import dev.weft.netlink.route.LinkQuery;
import dev.weft.netlink.route.NeighbourInfo;
import dev.weft.netlink.route.NeighbourQuery;
import dev.weft.netlink.route.RouteInfo;
import dev.weft.netlink.route.RouteQuery;
import dev.weft.netlink.route.RouteType;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What our decoders make of what a kernel said. */
class RecordedMessagesTest {
  private static final MacAddress MAC = MacAddress.parse("0a:58:0a:f4:01:02");
  private static final IpAddress POD = IpAddress.parse("10.244.1.2");

  @Test
  void aPortOfTheBridge() {
    LinkInfo link = RecordedMessages.answer("link", LinkQuery.all()).get(0);
    assertThat(link.index()).isEqualTo(4);
    assertThat(link.name()).isEqualTo("wf1");
    assertThat(link.alias()).isEqualTo("hello");
    assertThat(link.kind()).isEqualTo("veth");
    assertThat(link.master()).isEqualTo(2);
    assertThat(link.mtuBytes()).isEqualTo(1450);
    assertThat(link.mac()).contains(MacAddress.parse("0a:58:00:00:00:09"));
    assertThat(link.up()).isTrue();
    assertThat(link.group()).isZero();
    assertThat(link.peer()).isEqualTo(3);
    assertThat(link.peerNamespace()).isEqualTo(-1);
    assertThat(link.bridgePort())
        .contains(new BridgePortSettings(true, false, false, false, false, false, 0));
    assertThat(link.reversePathFilter()).isZero();
  }

  @Test
  void aBridgeIsNoPort() {
    LinkInfo link = RecordedMessages.answer("bridge", LinkQuery.all()).get(0);
    assertThat(link.name()).isEqualTo("v-net-0");
    assertThat(link.kind()).isEqualTo("bridge");
    assertThat(link.bridgePort()).isEmpty();
    assertThat(link.mac()).contains(MacAddress.BRIDGE);
  }

  @Test
  void addresses() {
    assertThat(RecordedMessages.answer("addr", AddressQuery.all()))
        .containsExactly(
            new AddressInfo(2, InterfaceAddress.parse("10.244.1.1/24"), 0, 0x280),
            new AddressInfo(2, InterfaceAddress.parse("fd00:244:0:1::1/64"), 0, 0x282),
            new AddressInfo(2, InterfaceAddress.parse("fe80::858:ff:fe00:1/64"), 253, 0xc0));
    assertThat(RecordedMessages.answer("addr", AddressQuery.of(3))).isEmpty();
  }

  @Test
  void routesWithOneHopOneOfTheOtherFamilyAndSeveral() {
    assertThat(RecordedMessages.answer("route4", RouteQuery.ours(Family.IPV4)))
        .containsExactly(
            route("10.244.1.2/32", 253, null, 0),
            route("10.244.2.0/24", 0, "10.244.1.2", 1400),
            route("10.244.3.0/24", 0, "10.244.1.2", 0),
            route("10.244.9.0/24", 0, "fd00:244:0:1::9", 0));
    assertThat(RecordedMessages.answer("route4", RouteQuery.ours(Family.IPV6))).isEmpty();
  }

  @Test
  void anUnreachableRoute() {
    RouteInfo route = RecordedMessages.answer("route6", RouteQuery.main(Family.IPV6)).get(0);
    assertThat(route.destination()).isEqualTo(Cidr.parse("fd00:244:0:1::/64"));
    assertThat(route.type()).isEqualTo(RouteType.UNREACHABLE);
    assertThat(route.metric()).isEqualTo(1024);
    assertThat(route.ours()).isTrue();
  }

  @Test
  void neighbours() {
    List<NeighbourInfo> neighbours = RecordedMessages.answer("neigh", new NeighbourQuery(2));
    assertThat(neighbours.get(0)).isEqualTo(new NeighbourInfo(2, POD, Optional.of(MAC), 0x80));
    assertThat(neighbours.get(0).permanent()).isTrue();
    assertThat(neighbours.get(1).permanent()).isFalse();
    assertThat(RecordedMessages.answer("neigh", new NeighbourQuery(3))).isEmpty();
  }

  @Test
  void forwardingEntriesOfTheBridge() {
    assertThat(RecordedMessages.answer("fdb", new FdbQuery(2)))
        .contains(new FdbInfo(4, MAC, 2, 0x40))
        .filteredOn(FdbInfo::isStatic)
        .hasSize(1);
  }

  @Test
  void elementsOfASet() {
    SetRef set = new SetRef(NftFamily.BRIDGE, "weft", "pods4");
    assertThat(RecordedMessages.answer("elem", new SetQuery<>(set, SetKey::of)))
        .containsExactly(new SetKey("wf1", MAC, POD));
  }

  @Test
  void aTable() {
    assertThat(RecordedMessages.answer("table", new TableQuery(NftFamily.BRIDGE, "weft")))
        .containsExactly(new TableInfo("weft", 1, false));
  }

  @Test
  void aRefusalBecomesASentence() {
    var reply = RecordedMessages.first("err");
    NetlinkException error =
        new NetlinkException(
            "add route 10.244.2.0/24 via 192.168.1.12", Reply.errno(reply), Reply.text(reply));
    assertThat(error)
        .hasMessage(
            "add route 10.244.2.0/24 via 192.168.1.12: ENETUNREACH: Nexthop has invalid gateway");
    assertThat(error.errno()).isEqualTo(Errno.ENETUNREACH);
    assertThat(error.errnoName()).isEqualTo("ENETUNREACH");
  }

  @Test
  void aRefusalWithoutWordsGetsTheGeneralOnes() {
    assertThat(new NetlinkException("delete link wf1", Errno.ENODEV, ""))
        .hasMessage("delete link wf1: ENODEV: No such device");
    assertThat(new NetlinkException("delete link wf1", 4711, ""))
        .hasMessage("delete link wf1: errno 4711: unknown error");
  }

  @Test
  void notificationsHaveTheSameShapeAsAnswers() {
    assertThat(NotificationReader.route(RecordedMessages.first("link")))
        .contains(new Notification(Notification.Subject.LINK, false, 0, 4, "wf1", 0, 0));
    assertThat(NotificationReader.route(RecordedMessages.first("route4")))
        .contains(
            new Notification(
                Notification.Subject.ROUTE, false, 2, 2, "", 87, Optional.empty(), 0, 0));
    assertThat(NotificationReader.route(RecordedMessages.first("neigh")))
        .contains(new Notification(Notification.Subject.NEIGHBOUR, false, 2, 2, "", 0x80, 0));
    assertThat(NotificationReader.nftables(RecordedMessages.first("elem")))
        .contains(new Notification(Notification.Subject.NFTABLES, false, 7, 0, "weft", 0, 0));
    assertThat(NotificationReader.route(RecordedMessages.first("err"))).isEmpty();
  }

  private static RouteInfo route(String destination, int scope, String gateway, int mtu) {
    return new RouteInfo(
        Cidr.parse(destination),
        RouteType.UNICAST,
        254,
        87,
        scope,
        0,
        Optional.ofNullable(gateway).map(IpAddress::parse),
        2,
        Optional.empty(),
        mtu,
        0);
  }
}
