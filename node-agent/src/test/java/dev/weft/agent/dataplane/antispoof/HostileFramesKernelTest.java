// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.antispoof;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.agent.dataplane.DropReason;
import dev.weft.agent.dataplane.testing.BridgeNetfilter;
import dev.weft.agent.dataplane.testing.Frames;
import dev.weft.agent.dataplane.testing.PacketSocket;
import dev.weft.agent.dataplane.testing.Shell;
import dev.weft.agent.dataplane.testing.Stack;
import dev.weft.agent.dataplane.testing.TestNode;
import dev.weft.agent.dataplane.testing.TestPod;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;
import dev.weft.netlink.KernelNetlinkSocket;
import dev.weft.netlink.NetlinkSocket;
import dev.weft.netlink.route.LinkQuery;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Whatever frame a pod sends, only what is its own and goes to the bridge arrives anywhere, and the
 * node is as it was before.
 */
@Tag("kernel")
class HostileFramesKernelTest {
  private static final int DRAIN_EVERY = 50;
  private static final Pattern MARK = Pattern.compile("weft#\\d{6};");
  private static final Pattern COUNTER = Pattern.compile("counter packets (\\d+)");

  /** Counts what has passed every rule of ours by a host end, and not by the bridge. */
  private static final String OBSERVER =
      """
      table inet observer {
        chain prerouting {
          type filter hook prerouting priority 500; policy accept;
          iifname "wf*" counter
        }
        chain input {
          type filter hook input priority 500; policy accept;
          iifname "wf*" counter
        }
      }
      table arp observer {
        chain input {
          type filter hook input priority 500; policy accept;
          iifname "wf*" counter
        }
      }
      """;

  /** What of the two layers is there. */
  enum Layers {
    BOTH,
    FILTER_ONLY,
    GROUP_ONLY
  }

  @ParameterizedTest
  @CsvSource({
    "BOTH, 1",
    "BOTH, 0",
    "FILTER_ONLY, 1",
    "FILTER_ONLY, 0",
    "GROUP_ONLY, 1",
    "GROUP_ONLY, 0"
  })
  void onlyWhatIsThePodsOwnArrivesAnywhere(Layers layers, String bridgeNetfilter) throws Exception {
    try (Field field = new Field(bridgeNetfilter)) {
      field.remove(layers);
      List<HostileFrames.Frame> frames =
          HostileFrames.of(field.hostile, field.victim, field.links());
      for (HostileFrames.Frame frame : frames) {
        if (frame.expected()) {
          field.sender.send(frame.bytes());
        }
      }
      Set<String> expected =
          frames.stream()
              .filter(HostileFrames.Frame::expected)
              .map(HostileFrames.Frame::mark)
              .collect(Collectors.toSet());
      await().until(() -> field.arrived().containsAll(expected));
      Set<String> before = field.state();

      for (int i = 0; i < frames.size(); i++) {
        field.sender.send(frames.get(i).bytes());
        if (i % DRAIN_EVERY == 0) {
          field.drain();
        }
      }
      HostileFrames.Frame last =
          frames.stream().filter(HostileFrames.Frame::expected).findFirst().orElseThrow();
      field.forget(last.mark());
      field.sender.send(last.bytes());
      await().until(() -> field.arrived().contains(last.mark()));

      Set<String> arrived = field.arrived();
      long passed = field.passedByAPort();
      Set<String> after = field.state();
      Set<String> forbidden =
          frames.stream()
              .filter(frame -> !frame.allowed() && arrived.contains(frame.mark()))
              .map(HostileFrames.Frame::what)
              .collect(Collectors.toCollection(TreeSet::new));
      SoftAssertions.assertSoftly(
          softly -> {
            softly.assertThat(forbidden).as("arrived, of %d frames", frames.size()).isEmpty();
            softly.assertThat(passed).as("seen by the node's stack on a port").isZero();
            softly.assertThat(after).as("routes, addresses, neighbours, FDB").isEqualTo(before);
          });
    }
  }

  @Test
  void everyDropIsCountedByItsReasonAndTheRulesMayBeRewritten() throws Exception {
    try (Field field = new Field("1")) {
      MacAddress own = field.hostile.mac();
      MacAddress bridge = MacAddress.BRIDGE;
      IpAddress address = field.hostile.address(0);
      IpAddress other = field.victim.address(0);
      IpAddress target6 = field.victim.address(1);
      Map<DropReason, Long> before = field.node.dataplane().dropped();
      byte[] good = Frames.udp(own, bridge, address, other, "");
      field.sender.send(Frames.ethernet(own, new MacAddress(0x0180c200000eL), 0x88cc, new byte[9]));
      field.sender.send(Frames.arp(own, Frames.BROADCAST, own, other, address));
      field.sender.send(Frames.tagged(good));
      field.sender.send(Frames.udp(own, field.victim.mac(), address, other, ""));
      field.sender.send(Frames.udp(own, bridge, other, address, ""));
      Shell.run("nft add rule bridge weft antispoof counter");
      await().until(() -> !field.node.dataplane().read().equals(field.node.desired()));
      field.node.repair();
      field.sender.send(Frames.udp(own, bridge, IpAddress.parse("fe80::1"), target6, ""));
      field.sender.send(Frames.udp(own, field.victim.mac(), address, other, ""));

      await()
          .untilAsserted(
              () -> {
                assertThat(field.counted(before, DropReason.DESTINATION_MAC)).isEqualTo(2);
                assertThat(field.counted(before, DropReason.RESERVED_MAC)).isOne();
                assertThat(field.counted(before, DropReason.ARP)).isOne();
                assertThat(field.counted(before, DropReason.ETHERTYPE)).isOne();
                assertThat(field.counted(before, DropReason.SOURCE)).isOne();
                assertThat(field.counted(before, DropReason.LINK_LOCAL)).isPositive();
                assertThat(field.counted(before, DropReason.BRIDGE_BYPASS)).isZero();
              });
    }
  }

  @Test
  void whatComesByAPortThatIsOffTheBridgeIsDroppedAndCounted() throws Exception {
    try (Field field = new Field("1")) {
      String port = field.hostile.attachment().hostVeth();
      Shell.run("ip link set " + port + " nomaster");
      Set<String> before = field.state();
      Map<DropReason, Long> counted = field.node.dataplane().dropped();
      MacAddress own = field.hostile.mac();
      MacAddress hostEnd = field.links().get("own host end's");
      IpAddress node4 = IpAddress.parse("192.168.1.11");
      IpAddress router = IpAddress.parse("fe80::bad");

      field.sender.send(Frames.udp(own, hostEnd, field.hostile.address(0), node4, "weft#000000;"));
      field.sender.send(Frames.arp(own, Frames.BROADCAST, own, field.victim.address(0), node4));
      field.sender.send(Frames.routerAdvertisement(own, hostEnd, router, "weft#000001;"));

      await().until(() -> field.counted(counted, DropReason.BRIDGE_BYPASS) >= 3);
      assertThat(field.arrived()).isEmpty();
      assertThat(field.passedByAPort()).isZero();
      assertThat(field.state()).isEqualTo(before);
    }
  }

  /** A pod on a dual-stack node whose kernel believes whatever it is told. */
  private static final class Field implements AutoCloseable {
    final TestNode node;
    final TestPod hostile;
    final TestPod victim;
    final PacketSocket sender;
    private final List<PacketSocket> observers;
    private final DatagramChannel socket;
    private final Set<String> arrived = new HashSet<>();

    Field(String bridgeNetfilter) throws Exception {
      BridgeNetfilter.set(bridgeNetfilter);
      for (String where : List.of("all", "default")) {
        set("ipv4/conf/" + where + "/rp_filter", 0);
        set("ipv6/conf/" + where + "/accept_ra", 2);
      }
      node = new TestNode(Stack.DUAL);
      hostile = node.addPod(0);
      victim = node.addPod(1);
      for (String link : List.of("v-net-0", "uplink", hostile.attachment().hostVeth())) {
        set("ipv4/conf/" + link + "/rp_filter", 0);
        set("ipv6/conf/" + link + "/accept_ra", 2);
      }
      Shell.run(List.of("nft", "-f", "-"), OBSERVER);
      await().until(() -> !Shell.run("ip -o address").contains(" tentative"));
      sender = hostile.packets();
      observers =
          List.of(
              PacketSocket.onNode("v-net-0"),
              victim.packets(),
              PacketSocket.in(node.world().lan(), "far"));
      socket = TestPod.receiverHere(IpAddress.parse("::"));
    }

    private static void set(String sysctl, int value) throws Exception {
      Files.writeString(Path.of("/proc/sys/net/" + sysctl), Integer.toString(value));
    }

    void remove(Layers layers) throws Exception {
      if (layers == Layers.GROUP_ONLY) {
        Shell.run("ip link set v-net-0 type bridge group_fwd_mask 0");
        String port = hostile.attachment().hostVeth();
        Shell.run("ip link set " + port + " type bridge_slave group_fwd_mask 0");
      } else if (layers == Layers.FILTER_ONLY) {
        Shell.run("nft flush chain inet weft prerouting");
        Shell.run("nft flush chain arp weft input");
      }
    }

    Map<String, MacAddress> links() throws Exception {
      Map<String, MacAddress> links = new HashMap<>();
      try (NetlinkSocket here = KernelNetlinkSocket.openRoute()) {
        links.put("own host end's", mac(here, hostile.attachment().hostVeth()));
        links.put("victim's host end's", mac(here, victim.attachment().hostVeth()));
        links.put("uplink's", mac(here, "uplink"));
      }
      return links;
    }

    private static MacAddress mac(NetlinkSocket here, String link) throws Exception {
      return here.find(LinkQuery.byName(link)).orElseThrow().mac().orElseThrow();
    }

    /** Takes what came in so far, before the sockets are full. */
    void drain() throws Exception {
      for (PacketSocket observer : observers) {
        for (byte[] frame : observer.seen()) {
          note(new String(frame, StandardCharsets.ISO_8859_1));
        }
        observer.forget();
      }
      ByteBuffer buffer = ByteBuffer.allocate(2048);
      while (socket.receive(buffer.clear()) != null) {
        note(new String(buffer.array(), 0, buffer.position(), StandardCharsets.ISO_8859_1));
      }
    }

    private void note(String frame) {
      Matcher mark = MARK.matcher(frame);
      if (mark.find()) {
        arrived.add(mark.group());
      }
    }

    Set<String> arrived() throws Exception {
      drain();
      return arrived;
    }

    void forget(String mark) throws Exception {
      drain();
      arrived.remove(mark);
    }

    long counted(Map<DropReason, Long> before, DropReason reason) throws Exception {
      return node.dataplane().dropped().get(reason) - before.get(reason);
    }

    long passedByAPort() throws Exception {
      return COUNTER
          .matcher(
              Shell.run("nft list table inet observer") + Shell.run("nft list table arp observer"))
          .results()
          .mapToLong(result -> Long.parseLong(result.group(1)))
          .sum();
    }

    /** Routes, addresses, neighbours and FDB of the node. */
    Set<String> state() throws Exception {
      return Stream.of(
              "ip -o -4 route show table all",
              "ip -o -6 route show table all",
              "ip -o address",
              "ip -o neighbour",
              "bridge fdb show")
          .flatMap(
              command -> {
                try {
                  return Shell.run(command).lines();
                } catch (Exception e) {
                  throw new IllegalStateException(e);
                }
              })
          .map(line -> line.replaceAll(" (expires|used) \\S+|(valid|preferred)_lft \\S+", ""))
          .map(line -> line.replaceAll("(REACHABLE|STALE|DELAY|PROBE)\\s*$", "").strip())
          // What the LAN's other end tells of itself, whenever it likes.
          .filter(line -> !line.matches("fe80::\\S+ dev uplink lladdr .*"))
          .collect(Collectors.toCollection(TreeSet::new));
    }

    @Override
    public void close() throws IOException {
      socket.close();
      node.close();
    }
  }
}
