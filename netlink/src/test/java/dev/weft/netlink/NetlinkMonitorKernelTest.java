// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.InterfaceAddress;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;
import dev.weft.netlink.Notification.Subject;
import dev.weft.netlink.route.AddAddress;
import dev.weft.netlink.route.AddRoute;
import dev.weft.netlink.route.CreateBridge;
import dev.weft.netlink.route.DeleteLink;
import dev.weft.netlink.route.DeleteRoute;
import dev.weft.netlink.route.LinkQuery;
import dev.weft.netlink.route.LinkRef;
import dev.weft.netlink.route.RouteSpec;
import dev.weft.netlink.route.SetNeighbour;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("kernel")
class NetlinkMonitorKernelTest {
  private final List<Notification> seen = new CopyOnWriteArrayList<>();
  private final AtomicInteger losses = new AtomicInteger();
  private KernelNetlinkSocket socket;
  private NetlinkMonitor monitor;

  @BeforeEach
  void open() throws NetlinkException {
    socket = KernelNetlinkSocket.openRoute();
  }

  @AfterEach
  void close() throws IOException {
    if (monitor != null) {
      monitor.close();
    }
    Commands.shell("ip link del br0 2>/dev/null || true; ip route flush proto 87");
    socket.close();
  }

  @Test
  void everyKindOfChangeIsReported() throws IOException {
    monitor = NetlinkMonitor.route(seen::add, losses::incrementAndGet);
    LinkRef bridge = createBridge();
    socket.executeOrThrow(
        List.of(
            new AddAddress(bridge, InterfaceAddress.parse("10.244.1.1/24")),
            new AddAddress(bridge, InterfaceAddress.parse("fd00:244:0:1::1/64")),
            new AddRoute(RouteSpec.onLink(Cidr.parse("10.244.1.2/32"), bridge)),
            new AddRoute(RouteSpec.onLink(Cidr.parse("fd00:244:0:1::2/128"), bridge)),
            new SetNeighbour(bridge, IpAddress.parse("10.244.1.2"), MacAddress.BRIDGE)));
    int index = bridge.index();
    awaitSeen(n -> n.subject() == Subject.LINK && n.name().equals("br0") && n.link() == index);
    awaitSeen(n -> n.subject() == Subject.ADDRESS && n.family() == 2 && n.link() == index);
    awaitSeen(n -> n.subject() == Subject.ADDRESS && n.family() == 10 && n.link() == index);
    awaitSeen(n -> n.subject() == Subject.ROUTE && n.family() == 2 && n.protocol() == 87);
    awaitSeen(n -> n.subject() == Subject.ROUTE && n.family() == 10 && n.protocol() == 87);
    awaitSeen(n -> n.subject() == Subject.NEIGHBOUR && n.state() == 0x80 && !n.removed());
    socket.execute(DeleteLink.of(bridge));
    awaitSeen(n -> n.subject() == Subject.LINK && n.removed() && n.name().equals("br0"));
    awaitSeen(n -> n.subject() == Subject.NEIGHBOUR && n.removed());
    assertThat(losses).hasValue(0);
  }

  @Test
  void ourOwnChangesAreKnownByTheirPort() throws IOException {
    RouteSpec ours = RouteSpec.unreachable(Cidr.parse("10.9.0.0/16"));
    monitor = NetlinkMonitor.route(seen::add, losses::incrementAndGet);
    socket.execute(new AddRoute(ours));
    Commands.run("ip", "route", "add", "unreachable", "10.8.0.0/16");
    awaitSeen(n -> n.subject() == Subject.ROUTE && n.protocol() == 3);
    assertThat(socket.netlinkPid()).isNotZero();
    assertThat(seen)
        .filteredOn(n -> n.subject() == Subject.ROUTE && n.netlinkPid() == socket.netlinkPid())
        .extracting(Notification::protocol)
        .containsExactly(87);
    Commands.run("ip", "route", "del", "unreachable", "10.8.0.0/16");
  }

  @Test
  void whatOneSocketChangesIsLeftOut() throws IOException {
    monitor = NetlinkMonitor.route(seen::add, losses::incrementAndGet, socket.netlinkPid());
    socket.execute(new AddRoute(RouteSpec.unreachable(Cidr.parse("10.9.0.0/16"))));
    Commands.run("ip", "route", "add", "unreachable", "10.8.0.0/16");
    awaitSeen(n -> n.subject() == Subject.ROUTE && n.protocol() == 3);
    assertThat(seen)
        .filteredOn(n -> n.subject() == Subject.ROUTE)
        .extracting(Notification::protocol)
        .containsExactly(3);
    Commands.run("ip", "route", "del", "unreachable", "10.8.0.0/16");
  }

  @Test
  void removalsOfLinksAreReportedAndNothingElse() throws IOException {
    monitor = NetlinkMonitor.linkRemovals(seen::add, losses::incrementAndGet);
    LinkRef bridge = createBridge();
    Commands.run("ip", "link", "add", "port", "master", "br0", "type", "veth");
    LinkRef port = socket.find(LinkQuery.byName("port")).orElseThrow().ref();
    socket.execute(new AddAddress(bridge, InterfaceAddress.parse("10.244.1.1/24")));
    socket.execute(DeleteLink.of(port));
    socket.execute(DeleteLink.of(bridge));
    awaitSeen(n -> n.name().equals("br0"));
    assertThat(seen).allMatch(n -> n.subject() == Subject.LINK && n.removed());
    assertThat(seen).allMatch(n -> n.family() == 0);
    assertThat(seen).filteredOn(n -> n.link() == port.index()).hasSize(1);
  }

  @Test
  void changesOfNftablesAreReported() throws IOException {
    monitor = NetlinkMonitor.nftables(seen::add, losses::incrementAndGet);
    Commands.run("nft", "table bridge weft { chain c { counter; }; }");
    Commands.run("nft", "delete table bridge weft");
    awaitSeen(n -> n.removed() && n.name().equals("weft") && n.family() == 7);
    assertThat(seen).allMatch(n -> n.name().equals("weft"));
    assertThat(seen)
        .allMatch(n -> n.subject() == Subject.NFTABLES || n.removed() && isBaseChain(n));
  }

  @Test
  void aChainAtTheForwardHookIsReportedAsSuch() throws IOException {
    monitor = NetlinkMonitor.nftables(seen::add, losses::incrementAndGet);
    Commands.run(
        "nft",
        "table inet other { chain in { type filter hook input priority 0; policy drop; }; }");
    Commands.run("nft", "add chain inet other f { type filter hook forward priority 0; }");
    awaitSeen(NetlinkMonitorKernelTest::isBaseChain);
    assertThat(seen).filteredOn(NetlinkMonitorKernelTest::isBaseChain).hasSize(1);
  }

  private static boolean isBaseChain(Notification notification) {
    return notification.subject() == Subject.BASE_CHAIN;
  }

  @Test
  void lostNotificationsAreReported() throws Exception {
    CountDownLatch blocked = new CountDownLatch(1);
    monitor = NetlinkMonitor.route(n -> awaitQuietly(blocked), losses::incrementAndGet);
    List<RouteSpec> routes =
        IntStream.range(0, 1024)
            .mapToObj(i -> RouteSpec.unreachable(Cidr.parse("10.0.0.0/8").sub(24, i)))
            .toList();
    for (int i = 0; i < 20; i++) {
      socket.executeOrThrow(routes.stream().map(AddRoute::new).toList());
      socket.executeOrThrow(routes.stream().map(DeleteRoute::new).toList());
    }
    blocked.countDown();
    await().untilAsserted(() -> assertThat(losses).hasPositiveValue());
  }

  @Test
  void aListenerThatFailsIsCalledAgain() throws IOException {
    AtomicInteger calls = new AtomicInteger();
    monitor =
        NetlinkMonitor.linkRemovals(
            n -> {
              calls.incrementAndGet();
              throw withoutTrace(new IllegalStateException("on purpose"));
            },
            losses::incrementAndGet);
    for (int i = 0; i < 2; i++) {
      socket.execute(DeleteLink.of(createBridge()));
    }
    await().untilAsserted(() -> assertThat(calls).hasValue(2));
  }

  /** What is logged of it is one line: a stack trace in a green run means a bug. */
  private static RuntimeException withoutTrace(RuntimeException fault) {
    fault.setStackTrace(new StackTraceElement[0]);
    return fault;
  }

  @Test
  void closingEndsTheThread() throws NetlinkException {
    for (NetlinkMonitor each :
        List.of(
            NetlinkMonitor.route(seen::add, losses::incrementAndGet),
            NetlinkMonitor.linkRemovals(seen::add, losses::incrementAndGet),
            NetlinkMonitor.nftables(seen::add, losses::incrementAndGet))) {
      each.close();
      each.close();
    }
    assertThat(Thread.getAllStackTraces().keySet())
        .noneMatch(thread -> thread.getName().startsWith("netlink-"));
  }

  private LinkRef createBridge() throws NetlinkException {
    socket.execute(new CreateBridge("br0", MacAddress.BRIDGE, 1450, 0));
    return socket.find(LinkQuery.byName("br0")).orElseThrow().ref();
  }

  private void awaitSeen(Predicate<Notification> wanted) {
    await().untilAsserted(() -> assertThat(seen).anyMatch(wanted));
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
