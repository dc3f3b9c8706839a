// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.antispoof;

import dev.weft.agent.dataplane.testing.Frames;
import dev.weft.agent.dataplane.testing.TestPod;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Every frame that a pod may think of: each class of destination × source MAC × source address ×
 * type, with a mark in it and behind its end (which br_netfilter cuts off) by which it is known
 * again wherever it arrives.
 */
final class HostileFrames {
  private static final MacAddress GROUP = MacAddress.parse("01:00:5e:00:00:01");
  private static final MacAddress RANDOM = MacAddress.parse("02:11:22:33:44:55");
  private static final long RESERVED = 0x0180c2000000L;
  private static final int RESERVED_COUNT = 0x30;
  private static final long SOLICITED_NODE = 0x3333ff000000L;

  private final TestPod pod;
  private final TestPod victim;
  private final List<Frame> frames = new ArrayList<>();

  /**
   * A frame.
   *
   * @param what it is, in words
   * @param bytes with its mark
   * @param mark nobody else's
   * @param allowed whether the filter lets it pass
   * @param expected whether the node must see it
   */
  record Frame(String what, byte[] bytes, String mark, boolean allowed, boolean expected) {}

  /**
   * Who a frame says that it is of.
   *
   * @param what in words
   * @param ipv4 its IPv4 address
   * @param ipv6 its IPv6 address
   */
  private record Source(String what, IpAddress ipv4, IpAddress ipv6) {}

  private HostileFrames(TestPod pod, TestPod victim) {
    this.pod = pod;
    this.victim = victim;
  }

  /** All of them, as this pod of a dual-stack node sends them. */
  static List<Frame> of(TestPod pod, TestPod victim, Map<String, MacAddress> links) {
    HostileFrames hostile = new HostileFrames(pod, victim);
    Map<String, MacAddress> destinations = hostile.destinations(links);
    Map<String, MacAddress> senders =
        Map.of("own", pod.mac(), "victim's", victim.mac(), "group", GROUP, "bridge's", bridge());
    destinations.forEach(
        (toName, to) ->
            senders.forEach((fromName, from) -> hostile.add(fromName, from, toName, to)));
    return List.copyOf(hostile.frames);
  }

  private Map<String, MacAddress> destinations(Map<String, MacAddress> links) {
    Map<String, MacAddress> destinations = new LinkedHashMap<>(links);
    for (int i = 0; i < RESERVED_COUNT; i++) {
      destinations.put("reserved %02x".formatted(i), new MacAddress(RESERVED | i));
    }
    destinations.put("bridge's", bridge());
    destinations.put("victim's", victim.mac());
    destinations.put("own", pod.mac());
    destinations.put("random", RANDOM);
    destinations.put("broadcast", Frames.BROADCAST);
    destinations.put("all hosts", GROUP);
    destinations.put("all nodes", MacAddress.parse("33:33:00:00:00:01"));
    destinations.put("all routers", MacAddress.parse("33:33:00:00:00:02"));
    destinations.put("solicited node", new MacAddress(SOLICITED_NODE | 1));
    return destinations;
  }

  private static MacAddress bridge() {
    return MacAddress.BRIDGE;
  }

  private List<Source> sources() {
    return List.of(
        new Source("own", pod.address(0), pod.address(1)),
        new Source("victim's", victim.address(0), victim.address(1)),
        new Source("no", IpAddress.parse("0.0.0.0"), IpAddress.parse("::")),
        new Source("link-local", IpAddress.parse("169.254.7.7"), IpAddress.parse("fe80::bad")),
        new Source("LAN", IpAddress.parse("192.168.1.12"), IpAddress.parse("fd00:192::12")));
  }

  private void add(String fromName, MacAddress from, String toName, MacAddress to) {
    String way = " from " + fromName + " MAC to " + toName + " MAC";
    boolean own = from.equals(pod.mac());
    for (Source source : sources()) {
      addIp(way + ", " + source.what + " address", own, from, to, source);
    }
    byte[] text = "payload".getBytes(StandardCharsets.US_ASCII);
    Map<String, Integer> types =
        Map.of(
            "LLDP",
            0x88cc,
            "EAPOL",
            0x888e,
            "PPPoE",
            0x8864,
            "MPLS",
            0x8847,
            "unknown",
            0x88b5,
            "LLC",
            7,
            "slow protocols",
            0x8809);
    types.forEach(
        (name, type) -> add(name + way, Frames.ethernet(from, to, type, text), false, false));
  }

  private void addIp(String way, boolean ownMac, MacAddress from, MacAddress to, Source source) {
    boolean own = ownMac && source.what.equals("own");
    boolean toBridge = own && to.equals(bridge());
    boolean toGroup = own && (to.value() & 0xffffff000000L) == SOLICITED_NODE;
    IpAddress node4 = IpAddress.parse("192.168.1.11");
    IpAddress node6 = IpAddress.parse("fd00:192::11");
    Supplier<byte[]> ipv4 = () -> Frames.udp(from, to, source.ipv4, node4, mark());
    Supplier<byte[]> ipv6 = () -> Frames.udp(from, to, source.ipv6, node6, mark());
    byte[] arp = Frames.arp(from, to, from, source.ipv4, node4);
    Supplier<byte[]> advertisement =
        () -> Frames.routerAdvertisement(from, to, source.ipv6, mark());
    add("IPv4" + way, ipv4.get(), toBridge, toBridge);
    add("IPv6" + way, ipv6.get(), toBridge, toBridge);
    add("IPv4 to pod" + way, udp(from, to, source.ipv4, 0), toBridge, toBridge);
    add("IPv6 to pod" + way, udp(from, to, source.ipv6, 1), toBridge, toBridge);
    add("ARP" + way, arp, toBridge || own && to.equals(Frames.BROADCAST), toBridge);
    add("RA" + way, advertisement.get(), toBridge, toBridge);
    byte[] solicitation = Frames.solicitation(from, to, source.ipv6, node6, mark());
    add("NS" + way, solicitation, toBridge || toGroup, toBridge);
    byte[] claim = Frames.neighbourAdvertisement(from, to, source.ipv6, victim.address(1), mark());
    add("NA" + way, claim, toBridge, toBridge);
    for (int vlan : new int[] {0, 1, 5}) {
      String tag = "VLAN " + vlan + " ";
      add(tag + "IPv4" + way, Frames.tagged(ipv4.get(), 0x8100, vlan), false, false);
      add(tag + "IPv6" + way, Frames.tagged(ipv6.get(), 0x8100, vlan), false, false);
      add(tag + "ARP" + way, Frames.tagged(arp, 0x8100, vlan), false, false);
      add(tag + "RA" + way, Frames.tagged(advertisement.get(), 0x8100, vlan), false, false);
      add(tag + "88a8 IPv4" + way, Frames.tagged(ipv4.get(), 0x88a8, vlan), false, false);
      byte[] twice = Frames.tagged(Frames.tagged(ipv4.get(), 0x8100, 1), 0x88a8, vlan);
      add(tag + "QinQ" + way, twice, false, false);
      byte[] zero = Frames.tagged(Frames.tagged(ipv6.get(), 0x8100, 0), 0x8100, vlan);
      add(tag + "twice" + way, zero, false, false);
    }
  }

  private byte[] udp(MacAddress from, MacAddress to, IpAddress source, int family) {
    return Frames.udp(from, to, source, victim.address(family), mark());
  }

  /** The mark of the next frame. */
  private String mark() {
    return "weft#%06d;".formatted(frames.size());
  }

  private void add(String what, byte[] bytes, boolean allowed, boolean expected) {
    String mark = mark();
    frames.add(new Frame(what, Frames.marked(bytes, mark), mark, allowed, expected));
  }
}
