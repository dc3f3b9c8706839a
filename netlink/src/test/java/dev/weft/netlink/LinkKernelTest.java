// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.core.net.MacAddress;
import dev.weft.netlink.libc.Errno;
import dev.weft.netlink.route.AddFdbEntry;
import dev.weft.netlink.route.BridgePortSettings;
import dev.weft.netlink.route.BridgeSettings;
import dev.weft.netlink.route.CreateBridge;
import dev.weft.netlink.route.CreateVeth;
import dev.weft.netlink.route.DeleteLink;
import dev.weft.netlink.route.FdbInfo;
import dev.weft.netlink.route.FdbQuery;
import dev.weft.netlink.route.LinkInfo;
import dev.weft.netlink.route.LinkQuery;
import dev.weft.netlink.route.LinkRef;
import dev.weft.netlink.route.LinkSetting;
import dev.weft.netlink.route.SetLink;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("kernel")
class LinkKernelTest {
  private static final MacAddress MAC = MacAddress.parse("0a:58:0a:f4:01:02");
  private static final MacAddress HOST_MAC = MacAddress.parse("0a:58:00:00:00:09");
  private static final int GROUP = 7;
  private static final int INDEX = 1 << 20;

  private KernelNetlinkSocket socket;
  private LinkRef bridge;

  @BeforeEach
  void createBridge() throws NetlinkException {
    socket = KernelNetlinkSocket.openRoute();
    socket.execute(
        new CreateBridge(
            "br0", MacAddress.BRIDGE, 1450, BridgeSettings.ALL_BUT_STP_PAUSE_AND_LACP));
    bridge = socket.find(LinkQuery.byName("br0")).orElseThrow().ref();
  }

  @AfterEach
  void deleteEverything() throws NetlinkException {
    for (LinkInfo link : socket.dump(LinkQuery.all())) {
      if (link.kind().equals("bridge") || link.kind().equals("veth")) {
        deleteIfThere(link);
      }
    }
    socket.close();
  }

  /** The other end goes with it, or with its pod, in the kernel's own time. */
  private void deleteIfThere(LinkInfo link) throws NetlinkException {
    try {
      socket.execute(DeleteLink.of(link.ref()));
    } catch (NetlinkException e) {
      if (e.errno() != Errno.ENODEV) {
        throw e;
      }
    }
  }

  @Test
  void aBridgeIsUpWithItsOwnMac() throws IOException {
    LinkInfo link = socket.find(LinkQuery.byIndex(bridge.index())).orElseThrow();
    assertThat(link.name()).isEqualTo("br0");
    assertThat(link.kind()).isEqualTo("bridge");
    assertThat(link.up()).isTrue();
    assertThat(link.mtuBytes()).isEqualTo(1450);
    assertThat(link.mac()).contains(MacAddress.BRIDGE);
    assertThat(link.bridge()).contains(new BridgeSettings(0xfff8));
    socket.execute(SetLink.of(bridge, new BridgeSettings(0x8)));
    assertThat(socket.find(LinkQuery.byIndex(bridge.index())).orElseThrow().bridge())
        .contains(new BridgeSettings(0x8));
    assertThat(Commands.run("ip", "link", "show", "br0"))
        .contains("mtu 1450", ",UP", "0a:58:00:00:00:01");
  }

  @Test
  void aVethHasItsPeerInTheNamespaceOfTheDescriptor() throws IOException {
    try (Pod pod = Pod.start()) {
      socket.execute(veth("wf1", INDEX, pod));
      LinkInfo host = socket.find(LinkQuery.byName("wf1")).orElseThrow();
      assertThat(host.index()).isEqualTo(INDEX);
      assertThat(host.master()).isEqualTo(bridge.index());
      assertThat(host.up()).isTrue();
      assertThat(host.group()).isEqualTo(GROUP);
      assertThat(host.mac()).contains(HOST_MAC);
      assertThat(host.peer()).isEqualTo(INDEX);
      assertThat(host.peerNamespace()).isNotNegative();
      assertThat(pod.run("ip", "-d", "link", "show", "eth0"))
          .contains(
              INDEX + ": eth0@",
              "mtu 1450",
              "0a:58:0a:f4:01:02",
              "group default",
              "numtxqueues 1 ");
      assertThat(Commands.run("ip", "-d", "link", "show", "wf1")).contains("numrxqueues 1 ");
    }
  }

  @Test
  void aVethThatCannotBeMadeLeavesNothing() throws IOException {
    try (Pod pod = Pod.start()) {
      pod.run("ip", "link", "add", "eth0", "type", "veth", "peer", "name", "other");
      assertThatThrownBy(() -> socket.execute(veth("wf1", INDEX, pod)))
          .isInstanceOfSatisfying(
              NetlinkException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EEXIST))
          .hasMessageStartingWith("create veth wf1 with peer eth0: EEXIST: ");
      assertThat(socket.find(LinkQuery.byName("wf1"))).isEmpty();
    }
  }

  @Test
  void aTakenIndexIsRefusedOnEitherSide() throws IOException {
    try (Pod pod = Pod.start();
        Pod other = Pod.start()) {
      socket.execute(veth("wf1", INDEX, pod));
      assertThatThrownBy(() -> socket.execute(veth("wf2", INDEX, other)))
          .isInstanceOfSatisfying(
              NetlinkException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EEXIST));
      other.run(
          "ip", "link", "add", "x", "index", "" + (INDEX + 7), "type", "veth", "peer", "name", "y");
      assertThatThrownBy(() -> socket.execute(veth("wf3", INDEX + 7, other)))
          .isInstanceOfSatisfying(
              NetlinkException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EBUSY));
      assertThat(socket.find(LinkQuery.byName("wf3"))).isEmpty();
    }
  }

  @Test
  void aPortGetsAliasAndSettingsInOneRequest() throws IOException {
    try (Pod pod = Pod.start()) {
      socket.execute(veth("wf1", INDEX, pod));
      LinkRef port = new LinkRef(INDEX, "wf1");
      String alias = "weft ünïcode ".repeat(17).strip();
      socket.execute(SetLink.of(port, LinkSetting.alias(alias), BridgePortSettings.ROUTED));
      LinkInfo link = socket.find(LinkQuery.byIndex(INDEX)).orElseThrow();
      assertThat(link.alias()).isEqualTo(alias);
      assertThat(link.bridgePort()).contains(BridgePortSettings.ROUTED);
      assertThat(Commands.run("bridge", "-d", "link", "show", "dev", "wf1"))
          .contains(
              "hairpin on", "learning off", "flood off", "mcast_flood off", "bcast_flood off");
      assertThat(Commands.run("ip", "-d", "link", "show", "wf1")).contains("group_fwd_mask 0xfffd");
    }
  }

  @Test
  void anAliasOverItsBoundIsRefused() {
    String alias = "x".repeat(256);
    assertThatThrownBy(() -> socket.execute(SetLink.of(bridge, LinkSetting.alias(alias))))
        .isInstanceOfSatisfying(
            NetlinkException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ERANGE))
        .hasMessageStartingWith("set link br0 alias: ERANGE: ");
  }

  @Test
  void allLinksAreListed() throws IOException {
    Commands.run("ip", "link", "add", "stranger", "type", "veth", "peer", "name", "friend");
    try (Pod pod = Pod.start()) {
      socket.execute(veth("wf1", INDEX, pod));
      assertThat(socket.dump(LinkQuery.all()))
          .extracting(LinkInfo::name)
          .contains("lo", "br0", "wf1", "stranger", "friend");
    }
  }

  @Test
  void everySettingOfALinkCanBeChanged() throws IOException {
    Commands.run("ip", "link", "add", "name", "a", "type", "veth", "peer", "name", "b");
    LinkRef link = socket.find(LinkQuery.byName("a")).orElseThrow().ref();
    socket.execute(
        SetLink.of(
            link,
            new LinkSetting.Up(true),
            LinkSetting.mtu(1400),
            LinkSetting.mac(MAC),
            LinkSetting.master(bridge.index()),
            LinkSetting.group(7),
            LinkSetting.reversePathFilter(2)));
    LinkInfo changed = socket.find(LinkQuery.byName("a")).orElseThrow();
    assertThat(changed.up()).isTrue();
    assertThat(changed.mtuBytes()).isEqualTo(1400);
    assertThat(changed.mac()).contains(MAC);
    assertThat(changed.master()).isEqualTo(bridge.index());
    assertThat(changed.group()).isEqualTo(7);
    assertThat(changed.reversePathFilter()).isEqualTo(2);
    assertThat(Commands.shell("cat /proc/sys/net/ipv4/conf/a/rp_filter")).isEqualTo("2");
    socket.execute(SetLink.of(link, new LinkSetting.Up(false), LinkSetting.master(0)));
    LinkInfo again = socket.find(LinkQuery.byName("a")).orElseThrow();
    assertThat(again.up()).isFalse();
    assertThat(again.master()).isZero();
  }

  @Test
  void aForwardingEntryIsStaticAndReplaced() throws IOException {
    try (Pod pod = Pod.start()) {
      socket.execute(veth("wf1", INDEX, pod));
      LinkRef port = new LinkRef(INDEX, "wf1");
      socket.execute(new AddFdbEntry(port, MAC));
      socket.execute(new AddFdbEntry(port, MAC));
      assertThat(socket.dump(new FdbQuery(bridge.index())))
          .filteredOn(FdbInfo::isStatic)
          // A kernel with VLAN filtering lists it twice: with VLAN 1, and without.
          .containsOnly(new FdbInfo(INDEX, MAC, bridge.index(), 0x40));
      assertThat(Commands.run("bridge", "fdb", "show", "dev", "wf1"))
          .contains("0a:58:0a:f4:01:02 master br0 static");
    }
  }

  @Test
  void deletingWhatIsGoneIsAnError() throws IOException {
    try (Pod pod = Pod.start()) {
      socket.execute(veth("wf1", INDEX, pod));
      socket.execute(DeleteLink.byName("wf1"));
      assertThat(socket.find(LinkQuery.byIndex(INDEX))).isEmpty();
      assertThat(pod.run("ip", "link")).doesNotContain("eth0");
      for (DeleteLink delete : List.of(DeleteLink.byName("wf1"), new DeleteLink(INDEX, "wf1"))) {
        assertThatThrownBy(() -> socket.execute(delete))
            .isInstanceOfSatisfying(
                NetlinkException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENODEV))
            .hasMessageStartingWith("delete link wf1: ENODEV: ");
      }
    }
  }

  private CreateVeth veth(String name, int index, Pod pod) {
    return new CreateVeth(
        new CreateVeth.End(name, HOST_MAC),
        new CreateVeth.End("eth0", MAC),
        index,
        1450,
        bridge.index(),
        GROUP,
        pod.namespace());
  }
}
