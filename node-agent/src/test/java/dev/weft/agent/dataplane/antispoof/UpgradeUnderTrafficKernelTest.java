// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.antispoof;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.agent.dataplane.driver.Sockets;
import dev.weft.agent.dataplane.kernel.KernelDataplane;
import dev.weft.agent.dataplane.testing.DatagramStream;
import dev.weft.agent.dataplane.testing.Frames;
import dev.weft.agent.dataplane.testing.PacketSocket;
import dev.weft.agent.dataplane.testing.Shell;
import dev.weft.agent.dataplane.testing.Stack;
import dev.weft.agent.dataplane.testing.TestNode;
import dev.weft.agent.dataplane.testing.TestPod;
import dev.weft.core.dataplane.AntiSpoofEntry;
import dev.weft.core.dataplane.InFlight;
import dev.weft.core.dataplane.Planner;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;
import dev.weft.netlink.KernelNetlinkSocket;
import dev.weft.netlink.NetlinkSocket;
import dev.weft.netlink.route.LinkQuery;
import java.io.InputStream;
import java.nio.channels.DatagramChannel;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node with the tables of the version before, whose chains have other names, gets this version,
 * and goes back: at no moment does a frame that a pod made up pass, or is a pod cut.
 */
@Tag("kernel")
class UpgradeUnderTrafficKernelTest {
  private static final Logger LOG = LoggerFactory.getLogger(UpgradeUnderTrafficKernelTest.class);
  private static final int UPGRADES = 10;
  private static final int QUIET_BEFORE_AND_AFTER = 100;
  private static final long PAUSE_NANOS = 200_000;
  private static final long HOSTILE_PAUSE_NANOS = 20_000;
  private static final int SILENT_POLLS = 20_000;
  private static final String MARK = "weft#";

  private final DatagramStream stream = new DatagramStream();
  private final AtomicInteger hostileSent = new AtomicInteger();
  private final AtomicInteger hostileArrived = new AtomicInteger();

  @Test
  void noHostileFramePassesAndNoPodIsCut() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try (TestNode node = new TestNode(Stack.DUAL)) {
      TestPod from = node.addPod(0);
      TestPod to = node.addPod(1);
      TestPod hostile = node.addPod(2);
      TestPod victim = node.addPod(3);
      String before = versionBefore();
      Shell.run(List.of("nft", "-f", "-"), DELETION + before + elements(node));
      DatagramChannel receiver = to.receiver(to.address(0));
      PacketSocket sender = hostile.packets();
      List<byte[]> frames = hostileFrames(hostile, victim);
      List<PacketSocket> observers = List.of(victim.packets(), PacketSocket.onNode("v-net-0"));
      List<Future<Void>> traffic =
          List.of(
              threads.submit(() -> stream.receive(receiver)),
              threads.submit(() -> from.namespace().call(() -> stream.send(to))),
              threads.submit(() -> sendHostile(sender, frames)),
              threads.submit(() -> observe(observers)));

      for (int upgrade = 0; upgrade < UPGRADES; upgrade++) {
        waitForTraffic();
        upgrade(node);
        waitForTraffic();
        assertThat(Shell.run("nft list ruleset"))
            .doesNotContain("chain guard", "dropped_by_port")
            .containsOnlyOnce("set masqueraded4");
        // Back to the version before.
        Shell.run(List.of("nft", "-f", "-"), before);
        waitForTraffic();
      }
      stream.end();
      for (Future<Void> each : traffic) {
        each.get();
      }
      LOG.info(
          "{} upgrades and back: {} of {} lost, {} of {} hostile frames arrived",
          UPGRADES,
          stream.lost(),
          stream.sent(),
          hostileArrived.get(),
          hostileSent.get());
      assertThat(hostileArrived.get()).as("arrived, of %d", hostileSent.get()).isZero();
      assertThat(stream.lost()).as("lost, of %d", stream.sent()).isZero();
    } finally {
      stream.end();
      threads.shutdownNow();
    }
  }

  /** The observers do see what passes: without any table the same frames arrive. */
  @Test
  void withoutTheFilterTheSameFramesArrive() throws Exception {
    try (TestNode node = new TestNode(Stack.DUAL)) {
      TestPod hostile = node.addPod(0);
      TestPod victim = node.addPod(1);
      PacketSocket sender = hostile.packets();
      PacketSocket observer = victim.packets();
      Shell.run("nft flush ruleset");

      for (byte[] frame : hostileFrames(hostile, victim)) {
        sender.send(frame);
      }

      await().until(() -> observer.count(MARK) >= 2);
    }
  }

  /** What the version before writes, with its tables and those of this version gone before. */
  private static final String DELETION =
      List.of(
              "bridge weft",
              "arp weft",
              "inet weft",
              "inet weft_icmp_redirect",
              "inet weft_masquerade")
          .stream()
          .map(table -> "add table %1$s\ndelete table %1$s\n".formatted(table))
          .collect(Collectors.joining());

  private static String versionBefore() throws Exception {
    try (InputStream rules =
        UpgradeUnderTrafficKernelTest.class.getResourceAsStream("/upgrade/9b6a0d4.nft")) {
      return new String(rules.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static String elements(TestNode node) throws Exception {
    return node.desired().of(AntiSpoofEntry.KIND).stream()
        .map(
            entry ->
                "add element %s { \"%s\" . %s . %s }\n"
                    .formatted(
                        AntiSpoofTable.set(entry.address().family()),
                        entry.hostVeth(),
                        entry.mac(),
                        entry.address()))
        .collect(Collectors.joining());
  }

  /** The first reconcile run of an agent that has just started. */
  private static void upgrade(TestNode node) throws Exception {
    try (KernelDataplane started = new KernelDataplane(Sockets.KERNEL, 1)) {
      assertThat(started.apply(Planner.plan(node.desired(), started.read(), InFlight.NONE)))
          .isEmpty();
      assertThat(started.read()).isEqualTo(node.desired());
    }
  }

  private void waitForTraffic() {
    int hostileUntil = hostileSent.get() + QUIET_BEFORE_AND_AFTER;
    stream.awaitSent(QUIET_BEFORE_AND_AFTER);
    await().until(() -> hostileSent.get() >= hostileUntil);
  }

  /** Each would reach the victim or the node's bridge if the filter were not there. */
  private static List<byte[]> hostileFrames(TestPod pod, TestPod victim) throws Exception {
    MacAddress own = pod.mac();
    MacAddress bridge = MacAddress.BRIDGE;
    IpAddress stolen = IpAddress.parse("192.168.1.12");
    IpAddress stolen6 = IpAddress.parse("fd00:192::12");
    IpAddress target = victim.address(0);
    IpAddress target6 = victim.address(1);
    MacAddress hostEnd;
    try (NetlinkSocket here = KernelNetlinkSocket.openRoute()) {
      hostEnd =
          here.find(LinkQuery.byName(pod.attachment().hostVeth()))
              .orElseThrow()
              .mac()
              .orElseThrow();
    }
    return List.of(
        Frames.udp(own, bridge, stolen, target, MARK),
        Frames.udp(own, bridge, stolen6, target6, MARK),
        Frames.udp(own, victim.mac(), pod.address(0), target, MARK),
        Frames.udp(own, victim.mac(), pod.address(1), target6, MARK),
        Frames.udp(victim.mac(), bridge, victim.address(0), IpAddress.parse("192.168.1.11"), MARK),
        Frames.udp(own, hostEnd, pod.address(0), target, MARK),
        Frames.tagged(Frames.udp(own, bridge, pod.address(0), target, MARK)));
  }

  private Void sendHostile(PacketSocket sender, List<byte[]> frames) throws Exception {
    while (!stream.isOver()) {
      for (byte[] frame : frames) {
        sender.send(frame);
        hostileSent.incrementAndGet();
      }
      LockSupport.parkNanos(HOSTILE_PAUSE_NANOS);
    }
    return null;
  }

  private Void observe(List<PacketSocket> observers) {
    int silentAfterEnd = 0;
    while (silentAfterEnd < SILENT_POLLS) {
      silentAfterEnd = stream.isOver() ? silentAfterEnd + 1 : 0;
      for (PacketSocket observer : observers) {
        hostileArrived.addAndGet((int) observer.count(MARK));
        observer.forget();
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
    return null;
  }
}
