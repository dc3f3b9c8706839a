// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.Family;
import dev.weft.core.net.InterfaceAddress;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;
import dev.weft.netlink.codec.MessageWriter;
import dev.weft.netlink.nft.NftFamily;
import dev.weft.netlink.nft.SetChange;
import dev.weft.netlink.nft.SetKey;
import dev.weft.netlink.nft.SetRef;
import dev.weft.netlink.route.AddAddress;
import dev.weft.netlink.route.AddFdbEntry;
import dev.weft.netlink.route.AddRoute;
import dev.weft.netlink.route.AddRule;
import dev.weft.netlink.route.BridgePortSettings;
import dev.weft.netlink.route.BridgeSettings;
import dev.weft.netlink.route.CreateBridge;
import dev.weft.netlink.route.CreateVeth;
import dev.weft.netlink.route.CreateVxlan;
import dev.weft.netlink.route.DeleteAddress;
import dev.weft.netlink.route.DeleteLink;
import dev.weft.netlink.route.DeleteNeighbour;
import dev.weft.netlink.route.DeleteNextHop;
import dev.weft.netlink.route.DeleteRoute;
import dev.weft.netlink.route.DeleteRule;
import dev.weft.netlink.route.DeleteTunnelFdbEntry;
import dev.weft.netlink.route.LinkRef;
import dev.weft.netlink.route.LinkSetting;
import dev.weft.netlink.route.NeighbourQuery;
import dev.weft.netlink.route.NextHopSpec;
import dev.weft.netlink.route.RouteSpec;
import dev.weft.netlink.route.RuleSpec;
import dev.weft.netlink.route.SetLink;
import dev.weft.netlink.route.SetNeighbour;
import dev.weft.netlink.route.SetNextHop;
import dev.weft.netlink.route.SetTunnelFdbEntry;
import dev.weft.netlink.route.VxlanSettings;
import java.util.HexFormat;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Our bytes against those that iproute2 6.1.0 and nft 1.0.6 send for the command in the first
 * column (recorded with {@code strace -e write=all}; v-net-0 had index 2, wf1 index 4, the
 * namespace descriptor 4; sequence numbers as 0).
 */
class GoldenBytesTest {
  private static final LinkRef BRIDGE = new LinkRef(2, "v-net-0");
  private static final LinkRef PORT = new LinkRef(4, "wf1");
  private static final MacAddress MAC = MacAddress.parse("0a:58:0a:f4:01:02");
  private static final IpAddress POD = IpAddress.parse("10.244.1.2");
  private static final IpAddress POD6 = IpAddress.parse("fd00:244:0:1::2");
  private static final Cidr PEERS = Cidr.parse("10.244.2.0/24");
  private static final SetRef PODS4 = new SetRef(NftFamily.BRIDGE, "weft", "pods4");
  private static final SetRef PODS6 = new SetRef(NftFamily.BRIDGE, "weft", "pods6");

  static Stream<Arguments> links() {
    return Stream.of(
        arguments(
            "ip link add br1 mtu 1450 address 0a:58:00:00:00:01 up type bridge"
                + " group_fwd_mask 0xfff8 mcast_snooping 0",
            "600000001000050600000000000000000000000000000000010000000100000008000400aa050000"
                + "0a0001000a580000000100000800030062723100240012000a0001006272696467650000"
                + "1400020006000900f8ff00000500170000000000",
            new CreateBridge("br1", MacAddress.BRIDGE, 1450, 0xfff8)),
        arguments(
            "ip link set dev v-net-0 type bridge group_fwd_mask 0xfff8",
            "3c000000100005000000000000000000000000000200000000000000000000001c0012000a000100"
                + "62726964676500000c00020006000900f8ff0000",
            SetLink.of(BRIDGE, new BridgeSettings(0xfff8))),
        arguments(
            "ip link add wf2 mtu 1450 address 0a:58:00:00:00:09 numtxqueues 1 numrxqueues 1"
                + " master v-net-0 group 7 index 1048577 up type veth peer name eth0 mtu 1450"
                + " address 0a:58:0a:f4:01:02 numtxqueues 1 numrxqueues 1 index 1048577 netns pod",
            "b80000001000050600000000000000000000000001001000010000000100000008000400aa050000"
                + "0a0001000a5800000009000008001f0001000000080020000100000008000a0002000000"
                + "08001b000700000008000300776632005c0012000800010076657468500002004c0001000000000001001000"
                + "000000000000000008000400aa0500000a0001000a580af40102000008001f0001000000"
                + "080020000100000008001c0004000000090003006574683000000000",
            new CreateVeth(
                new CreateVeth.End("wf2", MacAddress.parse("0a:58:00:00:00:09")),
                new CreateVeth.End("eth0", MAC),
                1048577,
                1450,
                BRIDGE.index(),
                7,
                4)),
        arguments(
            "ip link set wf1 alias hello",
            "2c000000100005000000000000000000000000000400000000000000000000000900140068656c6c"
                + "6f000000",
            SetLink.of(PORT, LinkSetting.alias("hello"))),
        arguments(
            "ip link set wf1 addrgenmode none",
            "300000001000050000000000000000000000000004000000000000000000000010001a000c000a00"
                + "0500080001000000",
            SetLink.of(PORT, LinkSetting.noLinkLocalAddress())),
        arguments(
            "ip link set wf1 up",
            "2000000010000500000000000000000000000000040000000100000001000000",
            SetLink.up(PORT)),
        arguments(
            "ip link set dev wf1 group 7",
            "280000001000050000000000000000000000000004000000000000000000000008001b0007000000",
            SetLink.of(PORT, LinkSetting.group(7))),
        arguments(
            "ip link set dev wf1 mtu 1400 address 0a:58:0a:f4:01:02",
            "34000000100005000000000000000000000000000400000000000000000000000800040078050000"
                + "0a0001000a580af401020000",
            SetLink.of(PORT, LinkSetting.mtu(1400), LinkSetting.mac(MAC))),
        arguments(
            "ip link set dev wf1 nomaster",
            "280000001000050000000000000000000000000004000000000000000000000008000a0000000000",
            SetLink.of(PORT, LinkSetting.master(0))),
        arguments(
            "ip link del wf1",
            "2000000011000500000000000000000000000000040000000000000000000000",
            DeleteLink.of(PORT)),
        arguments(
            "bridge fdb replace 0a:58:0a:f4:01:02 dev wf1 master static",
            "280000001c00050500000000000000000700000004000000420004000a0002000a580af401020000",
            new AddFdbEntry(PORT, MAC)));
  }

  static Stream<Arguments> addressesAndNeighbours() {
    InterfaceAddress gateway = InterfaceAddress.parse("10.244.1.1/24");
    return Stream.of(
        arguments(
            "ip addr add 10.244.1.1/24 dev v-net-0 noprefixroute",
            "300000001400050600000000000000000218000002000000080002000af401010800080000020000"
                + "080001000af40101",
            new AddAddress(BRIDGE, gateway)),
        arguments(
            "ip addr add fd00:244:0:1::1/64 dev v-net-0 noprefixroute nodad",
            "480000001400050600000000000000000a4000000200000014000200fd0002440000000100000000"
                + "00000001080008000202000014000100fd000244000000010000000000000001",
            new AddAddress(BRIDGE, InterfaceAddress.parse("fd00:244:0:1::1/64"))),
        arguments(
            "ip addr del 10.244.1.1/24 dev v-net-0",
            "280000001500050000000000000000000218000002000000080002000af40101080001000af40101",
            new DeleteAddress(BRIDGE, gateway)),
        arguments(
            "ip neigh replace 10.244.1.2 lladdr 0a:58:0a:f4:01:02 dev v-net-0 nud permanent",
            "300000001c0005050000000000000000020000000200000080000000080001000af401020a000200"
                + "0a580af401020000",
            new SetNeighbour(BRIDGE, POD, MAC)),
        arguments(
            "ip neigh replace fd00:244:0:1::2 lladdr 0a:58:0a:f4:01:02 dev v-net-0 nud permanent",
            "3c0000001c00050500000000000000000a000000020000008000000014000100fd00024400000001"
                + "00000000000000020a0002000a580af401020000",
            new SetNeighbour(BRIDGE, POD6, MAC)),
        arguments(
            "ip neigh del 10.244.1.2 dev v-net-0",
            "240000001d0005000000000000000000020000000200000080000000080001000af40102",
            new DeleteNeighbour(BRIDGE, POD)));
  }

  static Stream<Arguments> routes() {
    return Stream.of(
        arguments(
            "ip route add 10.244.1.2/32 dev v-net-0 proto 87 scope link",
            "2c00000018000506000000000000000002200000fe57fd0100000000080001000af4010208000400"
                + "02000000",
            new AddRoute(RouteSpec.onLink(Cidr.host(POD), BRIDGE))),
        arguments(
            "ip route add 10.244.2.0/24 via 10.244.1.2 dev v-net-0 proto 87",
            "3400000018000506000000000000000002180000fe57000100000000080001000af4020008000500"
                + "0af401020800040002000000",
            new AddRoute(RouteSpec.via(PEERS, POD, BRIDGE))),
        arguments(
            "ip route add default via 10.244.1.2 dev v-net-0 proto 87",
            "2c00000018000506000000000000000002000000fe57000100000000080005000af4010208000400"
                + "02000000",
            new AddRoute(RouteSpec.via(Cidr.parse("0.0.0.0/0"), POD, BRIDGE))),
        arguments(
            "ip route add unreachable 10.244.1.0/24 proto 87",
            "2400000018000506000000000000000002180000fe57000700000000080001000af40100",
            new AddRoute(RouteSpec.unreachable(Cidr.parse("10.244.1.0/24")))),
        arguments(
            "ip route add fd00:244:0:1::2/128 dev v-net-0 proto 87 scope link",
            "380000001800050600000000000000000a800000fe57fd010000000014000100fd00024400000001"
                + "000000000000000208000400"
                + "02000000",
            new AddRoute(RouteSpec.onLink(Cidr.host(POD6), BRIDGE))),
        arguments(
            "ip route add unreachable fd00:244:0:1::/64 proto 87",
            "300000001800050600000000000000000a400000fe5700070000000014000100fd00024400000001"
                + "0000000000000000",
            new AddRoute(RouteSpec.unreachable(Cidr.parse("fd00:244:0:1::/64")))),
        arguments(
            "ip route add 10.244.1.2/32 dev v-net-0 proto 87 scope link mtu 1400",
            "3800000018000506000000000000000002200000fe57fd0100000000080001000af4010208000400"
                + "020000000c0008000800020078050000",
            new AddRoute(RouteSpec.onLink(Cidr.host(POD), BRIDGE).withMtu(1400))),
        arguments(
            "ip route add 10.244.1.2/32 dev v-net-0 proto 87 scope link table 1048580",
            "34000000180005060000000000000000022000000057fd0100000000080001000af4010208000f00"
                + "0400100008000400"
                + "02000000",
            new AddRoute(RouteSpec.onLink(Cidr.host(POD), BRIDGE).inTable(1048580))),
        arguments(
            "ip route del unicast 10.244.2.0/24 via 10.244.1.2 dev v-net-0 proto 87",
            "3400000019000500000000000000000002180000fe57ff0100000000080001000af4020008000500"
                + "0af401020800040002000000",
            new DeleteRoute(RouteSpec.via(PEERS, POD, BRIDGE))),
        arguments(
            "ip route del unreachable 10.244.1.0/24 proto 87 scope nowhere",
            "2400000019000500000000000000000002180000fe57ff0700000000080001000af40100",
            new DeleteRoute(RouteSpec.unreachable(Cidr.parse("10.244.1.0/24")))));
  }

  /** v-net-vx6 had index 5, up0 index 3. */
  static Stream<Arguments> tunnels() {
    LinkRef device = new LinkRef(5, "v-net-vx6");
    MacAddress own = MacAddress.parse("0a:58:00:00:00:02");
    MacAddress other = MacAddress.parse("0a:58:00:00:00:03");
    IpAddress remote = IpAddress.parse("fd00:1::12");
    return Stream.of(
        arguments(
            "ip link add v-net-vx4 mtu 1450 address 0a:58:00:00:00:02 type vxlan id 7"
                + " local 192.168.1.11 dev up0 nolearning dstport 8473",
            "800000001000050600000000000000000000000000000000000000000000000008000400aa050000"
                + "0a0001000a580000000200000e000300762d6e65742d7678340000003c0012000900010076786c61"
                + "6e0000002c0002000800030003000000080001000700000008000400c0a8010b0500070000000000"
                + "06000f0021190000",
            new CreateVxlan(
                "v-net-vx4",
                own,
                1450,
                new VxlanSettings(7, 8473, 3, IpAddress.parse("192.168.1.11")))),
        arguments(
            "ip link add v-net-vx6 mtu 1430 address 0a:58:00:00:00:02 type vxlan id 7"
                + " local fd00:1::11 dev up0 nolearning dstport 8473",
            "8c000000100005060000000000000000000000000000000000000000000000000800040096050000"
                + "0a0001000a580000000200000e000300762d6e65742d767836000000480012000900010076786c61"
                + "6e000000380002000800030003000000080001000700000014001100fd0000010000000000000000"
                + "00000011050007000000000006000f0021190000",
            new CreateVxlan(
                "v-net-vx6",
                own,
                1430,
                new VxlanSettings(7, 8473, 3, IpAddress.parse("fd00:1::11")))),
        arguments(
            "bridge fdb replace 0a:58:00:00:00:03 dev v-net-vx6 dst fd00:1::12 self permanent",
            "3c0000001c00050500000000000000000700000005000000c00002000a0002000a58000000030000"
                + "14000100fd000001000000000000000000000012",
            new SetTunnelFdbEntry(device, other, remote)),
        arguments(
            "bridge fdb del 0a:58:00:00:00:03 dev v-net-vx6 dst fd00:1::12 self permanent",
            "3c0000001d00050000000000000000000700000005000000c00002000a0002000a58000000030000"
                + "14000100fd000001000000000000000000000012",
            new DeleteTunnelFdbEntry(device, other, remote)),
        arguments(
            "ip nexthop replace id 100 via fe80::1 dev v-net-vx6 proto 87",
            "3c0000006800050500000000000000000a00570000000000080001006400000014000600fe800000"
                + "0000000000000000000000010800050005000000",
            new SetNextHop(new NextHopSpec(100, IpAddress.parse("fe80::1"), device))),
        arguments(
            "ip nexthop replace id 101 via 192.168.1.12 dev up0 proto 87",
            "300000006800050500000000000000000200570000000000080001006500000008000600c0a8010c"
                + "0800050003000000",
            new SetNextHop(
                new NextHopSpec(101, IpAddress.parse("192.168.1.12"), new LinkRef(3, "up0")))),
        arguments(
            "ip nexthop del id 100",
            "2000000069000500000000000000000000000000000000000800010064000000",
            new DeleteNextHop(100)),
        arguments(
            "ip route add 10.244.2.0/24 nhid 100 proto 87",
            "2c00000018000506000000000000000002180000fe57000100000000080001000af4020008001e00"
                + "64000000",
            new AddRoute(RouteSpec.byNextHop(PEERS, 100))),
        arguments(
            "ip -6 route add fd00:244:0:2::/64 nhid 100 proto 87",
            "380000001800050600000000000000000a400000fe5700010000000014000100fd00024400000002"
                + "000000000000000008001e0064000000",
            new AddRoute(RouteSpec.byNextHop(Cidr.parse("fd00:244:0:2::/64"), 100))));
  }

  static Stream<Arguments> rules() {
    return Stream.of(
        arguments(
            "ip rule add from 10.244.1.3 lookup 1048580 priority 8700 protocol 87",
            "3c00000020000506000000000000000002002000000000010000000008000200"
                + "0af4010308000f000400100008000600fc2100000500150057000000",
            new AddRule(RuleSpec.from(POD.plus(1), 1048580))),
        arguments(
            "ip -6 rule add from fd00:244:0:1::3 lookup 1048580 priority 8700 protocol 87",
            "480000002000050600000000000000000a008000000000010000000014000200"
                + "fd00024400000001000000000000000308000f000400100008000600fc2100000500150057000000",
            new AddRule(RuleSpec.from(POD6.plus(1), 1048580))),
        arguments(
            "ip rule add oif net1 lookup 1048580 priority 8700 protocol 87",
            "4000000020000506000000000000000002000000000000010000000009001100"
                + "6e6574310000000008000f000400100008000600fc2100000500150057000000",
            new AddRule(RuleSpec.boundTo("net1", Family.IPV4, 1048580))),
        arguments(
            "ip rule del oif net1 priority 8700",
            "3000000021000500000000000000000002000000000000000000000009001100"
                + "6e6574310000000008000600fc210000",
            new DeleteRule(RuleSpec.boundTo("net1", Family.IPV4, DeleteRule.ANY_TABLE))),
        arguments(
            "ip rule del oif net1 lookup 1048580 priority 8700",
            "3800000021000500000000000000000002000000000000000000000009001100"
                + "6e6574310000000008000f000400100008000600fc210000",
            new DeleteRule(RuleSpec.boundTo("net1", Family.IPV4, 1048580))),
        arguments(
            "ip rule del from 10.244.1.3 priority 8700",
            "2c00000021000500000000000000000002002000000000000000000008000200"
                + "0af4010308000600fc210000",
            new DeleteRule(RuleSpec.from(POD.plus(1), DeleteRule.ANY_TABLE))));
  }

  static Stream<Arguments> elements() {
    return Stream.of(
        arguments(
            "nft delete element bridge weft pods4"
                + " '{ \"wf1\" . 0a:58:0a:f4:01:02 . 10.244.1.2 }'",
            "140000001000010000000000000000000000000a"
                + "580000000e0a01000000000000000000070000000900010077656674000000000a000200"
                + "706f6473340000002c000380280001802400018020000100776631000000000000000000"
                + "000000000a580af4010200000af40102"
                + "140000001100010000000000000000000000000a",
            SetChange.delete(PODS4, new SetKey("wf1", MAC, POD))),
        arguments(
            "nft delete element bridge weft pods6"
                + " '{ \"wf1\" . 0a:58:0a:f4:01:02 . fd00:244:0:1::2 }'",
            "140000001000010000000000000000000000000a"
                + "640000000e0a01000000000000000000070000000900010077656674000000000a000200"
                + "706f6473360000003800038034000180300001802c000100776631000000000000000000"
                + "000000000a580af401020000fd000244000000010000000000000002"
                + "140000001100010000000000000000000000000a",
            SetChange.delete(PODS6, new SetKey("wf1", MAC, POD6))));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource({"links", "addressesAndNeighbours", "routes", "tunnels", "rules"})
  void rtnetlinkRequestIsWhatIpSends(String command, String hex, Request request) {
    assertThat(bytes(request::write, true)).as(command).isEqualTo(hex);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("elements")
  void nftablesTransactionIsWhatNftSends(String command, String hex, Request request) {
    assertThat(bytes(request::write, false)).as(command).isEqualTo(hex);
  }

  /** nft names the set by a number of its transaction, too: 08000400 00000000. */
  @Test
  void addingAnElementIsWhatNftSendsButForTheSetsNumber() {
    String command =
        "nft add element bridge weft pods4 '{ \"wf1\" . 0a:58:0a:f4:01:02 . 10.244.1.2 }'";
    String hex =
        "140000001000010000000000000000000000000a"
            + "580000000c0a01040000000000000000070000000900010077656674000000000a000200"
            + "706f6473340000002c000380280001802400018020000100776631000000000000000000"
            + "000000000a580af4010200000af40102"
            + "140000001100010000000000000000000000000a";
    SetChange change = SetChange.add(PODS4, new SetKey("wf1", MAC, POD));
    assertThat(bytes(change::write, false)).as(command).isEqualTo(hex);
  }

  /** {@code ip} names the kind "bridge_slave" in IFLA_INFO_KIND; the settings are the same. */
  @Test
  void portSettingsAreWhatIpSends() {
    String command =
        "ip link set wf1 type bridge_slave hairpin on learning off flood off mcast_flood off"
            + " bcast_flood off isolated off group_fwd_mask 0xfffd";
    String slaveData =
        "3c000500050004000100000005000800000000000500090000000000"
            + "05001b000000000005001e0000000000050021000000000006001f00fdff0000";
    assertThat(bytes(SetLink.of(PORT, BridgePortSettings.ROUTED)::write, true))
        .as(command)
        .endsWith(slaveData);
  }

  @Test
  void listingNeighboursIsWhatIpSends() {
    String command = "ip neigh show dev v-net-0";
    String hex = "240000001e00010300000000000000000000000000000000000000000800080002000000";
    assertThat(bytes(new NeighbourQuery(2)::write, false)).as(command).isEqualTo(hex);
  }

  private static String bytes(Consumer<MessageWriter> message, boolean acknowledged) {
    MessageWriter out = new MessageWriter(64);
    message.accept(out);
    if (acknowledged) {
      out.acknowledgeLast();
    }
    byte[] bytes = new byte[out.length()];
    out.memory().buffer().get(0, bytes);
    return HexFormat.of().formatHex(bytes);
  }
}
