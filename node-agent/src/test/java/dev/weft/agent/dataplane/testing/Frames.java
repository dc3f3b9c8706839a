// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.testing;

import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;

/** Writes Ethernet frames as a hostile pod might send them. */
public final class Frames {
  public static final MacAddress BROADCAST = MacAddress.parse("ff:ff:ff:ff:ff:ff");
  public static final int ARP = 0x0806;
  private static final int UDP = 17;
  private static final int SCTP = 132;
  private static final int ICMP6 = 58;
  private static final int ROUTER_ADVERTISEMENT = 134;
  private static final int NEIGHBOUR_SOLICITATION = 135;
  private static final int NEIGHBOUR_ADVERTISEMENT = 136;
  private static final int MARK_OPTION = 16;
  private static final IpAddress ALL_NODES = IpAddress.parse("ff02::1");
  private static final int PORT = TestPod.PORT;

  private Frames() {}

  /** A UDP datagram that carries a text, in a frame. */
  public static byte[] udp(
      MacAddress from, MacAddress to, IpAddress source, IpAddress target, String text) {
    byte[] payload = text.getBytes(StandardCharsets.US_ASCII);
    return ethernet(
        from, to, type(source), ip(UDP, 64, source, target, udp(source, target, payload)));
  }

  /** As {@link #udp}, of this many bytes beside the Ethernet header, not to be fragmented. */
  public static byte[] fullSize(
      MacAddress from, IpAddress source, IpAddress target, int bytes, String text) {
    int headers = source.family() == Family.IPV4 ? 28 : 48;
    byte[] payload = new byte[bytes - headers];
    byte[] head = text.getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(head, 0, payload, 0, head.length);
    byte[] packet = ip(UDP, 64, source, target, udp(source, target, payload));
    return ethernet(from, MacAddress.BRIDGE, type(source), packet);
  }

  /** The first packet of an SCTP association (RFC 9260 §3.3.2), in a frame. */
  public static byte[] sctpInit(
      MacAddress from, MacAddress to, IpAddress source, IpAddress target, int port) {
    ByteBuffer packet = ByteBuffer.allocate(32);
    packet.putShort((short) 40000).putShort((short) port).putInt(0).putInt(0);
    packet.put((byte) 1).put((byte) 0).putShort((short) 20);
    packet.putInt(1).putInt(65536).putShort((short) 1).putShort((short) 1).putInt(1);
    CRC32C checksum = new CRC32C();
    checksum.update(packet.array());
    packet.order(ByteOrder.LITTLE_ENDIAN).putInt(8, (int) checksum.getValue());
    return ethernet(from, to, type(source), ip(SCTP, 64, source, target, packet.array()));
  }

  /** Whether a frame is of SCTP to this port. */
  public static boolean isSctpTo(byte[] frame, Family family, int port) {
    int protocolAt = family == Family.IPV4 ? 14 + 9 : 14 + 6;
    int portAt = 14 + (family == Family.IPV4 ? 20 : 40) + 2;
    return frame.length > portAt + 2
        && (frame[protocolAt] & 0xff) == SCTP
        && (ByteBuffer.wrap(frame).getShort(portAt) & 0xffff) == port;
  }

  public static byte[] arp(
      MacAddress from, MacAddress to, MacAddress senderMac, IpAddress sender, IpAddress target) {
    ByteBuffer packet = ByteBuffer.allocate(28);
    packet.putShort((short) 1).putShort((short) 0x0800).put((byte) 6).put((byte) 4);
    packet.putShort((short) 1).put(senderMac.bytes()).put(sender.bytes());
    packet.put(new byte[6]).put(target.bytes());
    return ethernet(from, to, ARP, packet.array());
  }

  /** A neighbour solicitation (RFC 4861 §4.3) to the target's group. */
  public static byte[] solicitation(MacAddress from, IpAddress source, IpAddress target) {
    byte[] last = target.bytes();
    IpAddress group =
        IpAddress.parse("ff02::1:ff%02x:%02x%02x".formatted(last[13], last[14], last[15]));
    MacAddress to =
        new MacAddress(
            0x3333ff000000L | (last[13] & 0xffL) << 16 | (last[14] & 0xff) << 8 | last[15] & 0xff);
    ByteBuffer message = ByteBuffer.allocate(32);
    message.put((byte) NEIGHBOUR_SOLICITATION).position(8);
    message.put(target.bytes()).put((byte) 1).put((byte) 1).put(from.bytes());
    message.putShort(2, checksum(source, group, ICMP6, message.array()));
    return ethernet(from, to, type(source), ip(ICMP6, 255, source, group, message.array()));
  }

  /** A router advertisement (RFC 4861 §4.2) that wants to be the default router for an hour. */
  public static byte[] routerAdvertisement(
      MacAddress from, MacAddress to, IpAddress source, String mark) {
    ByteBuffer message = ByteBuffer.allocate(56 + MARK_OPTION);
    message.put((byte) ROUTER_ADVERTISEMENT).position(4);
    message.put((byte) 64).put((byte) 0).putShort((short) 3600).putInt(0).putInt(0);
    message.put((byte) 1).put((byte) 1).put(from.bytes());
    message.put((byte) 3).put((byte) 4).put((byte) 64).put((byte) 0xc0);
    message.putInt(3600).putInt(3600).putInt(0);
    message.put(IpAddress.parse("2001:db8:bad::").bytes());
    mark(message, mark);
    return icmp6(from, to, source, ALL_NODES, message);
  }

  /** A neighbour solicitation that goes where no solicitation should. */
  public static byte[] solicitation(
      MacAddress from, MacAddress to, IpAddress source, IpAddress target, String mark) {
    ByteBuffer message = ByteBuffer.allocate(32 + MARK_OPTION);
    message.put((byte) NEIGHBOUR_SOLICITATION).position(8);
    message.put(target.bytes()).put((byte) 1).put((byte) 1).put(from.bytes());
    mark(message, mark);
    return icmp6(from, to, source, target, message);
  }

  /** A neighbour advertisement (RFC 4861 §4.4) that claims an address, over what is known of it. */
  public static byte[] neighbourAdvertisement(
      MacAddress from, MacAddress to, IpAddress source, IpAddress claimed, String mark) {
    ByteBuffer message = ByteBuffer.allocate(32 + MARK_OPTION);
    message.put((byte) NEIGHBOUR_ADVERTISEMENT).position(4);
    message.putInt(0x20000000).put(claimed.bytes());
    message.put((byte) 2).put((byte) 1).put(from.bytes());
    mark(message, mark);
    return icmp6(from, to, source, ALL_NODES, message);
  }

  /** An option of ND that nobody knows, for experiments (RFC 4727 §5.1.3), with a text. */
  private static void mark(ByteBuffer message, String text) {
    message.put((byte) 253).put((byte) (MARK_OPTION / 8));
    message.put(text.getBytes(StandardCharsets.US_ASCII));
  }

  private static byte[] icmp6(
      MacAddress from, MacAddress to, IpAddress source, IpAddress target, ByteBuffer message) {
    message.putShort(2, checksum(source, target, ICMP6, message.array()));
    return ethernet(from, to, type(source), ip(ICMP6, 255, source, target, message.array()));
  }

  public static byte[] ethernet(MacAddress from, MacAddress to, int type, byte[] payload) {
    ByteBuffer frame = ByteBuffer.allocate(14 + payload.length);
    return frame.put(to.bytes()).put(from.bytes()).putShort((short) type).put(payload).array();
  }

  /** The same frame in VLAN 5 (IEEE 802.1Q). */
  public static byte[] tagged(byte[] frame) {
    return tagged(frame, 0x8100, 5);
  }

  /** The same frame with a tag of this type (0x8100 or 0x88a8) and VLAN. */
  public static byte[] tagged(byte[] frame, int type, int vlan) {
    ByteBuffer tagged = ByteBuffer.allocate(frame.length + 4);
    tagged.put(frame, 0, 12).putShort((short) type).putShort((short) vlan);
    return tagged.put(frame, 12, frame.length - 12).array();
  }

  /** The same frame with a text behind its end. */
  public static byte[] marked(byte[] frame, String text) {
    byte[] mark = text.getBytes(StandardCharsets.US_ASCII);
    return ByteBuffer.allocate(frame.length + mark.length).put(frame).put(mark).array();
  }

  public static int type(IpAddress address) {
    return address.family() == Family.IPV4 ? 0x0800 : 0x86dd;
  }

  /** Whether the frame carries the text anywhere. */
  public static boolean carries(byte[] frame, String text) {
    return new String(frame, StandardCharsets.ISO_8859_1).contains(text);
  }

  private static byte[] udp(IpAddress source, IpAddress target, byte[] payload) {
    ByteBuffer datagram = ByteBuffer.allocate(8 + payload.length);
    datagram.putShort((short) PORT).putShort((short) PORT);
    datagram.putShort((short) (8 + payload.length)).putShort((short) 0).put(payload);
    datagram.putShort(6, checksum(source, target, UDP, datagram.array()));
    return datagram.array();
  }

  private static byte[] ip(
      int protocol, int ttl, IpAddress source, IpAddress target, byte[] payload) {
    if (source.family() == Family.IPV6) {
      ByteBuffer packet = ByteBuffer.allocate(40 + payload.length);
      packet.putInt(0x60000000).putShort((short) payload.length);
      packet.put((byte) protocol).put((byte) ttl).put(source.bytes()).put(target.bytes());
      return packet.put(payload).array();
    }
    int dontFragment = 0x4000;
    ByteBuffer packet = ByteBuffer.allocate(20 + payload.length);
    packet.putShort((short) 0x4500).putShort((short) (20 + payload.length));
    packet.putShort((short) 0).putShort((short) dontFragment);
    packet.put((byte) ttl).put((byte) protocol).putShort((short) 0);
    packet.put(source.bytes()).put(target.bytes());
    packet.putShort(10, fold(sum(packet.array(), 20)));
    return packet.put(payload).array();
  }

  /** RFC 1071 over the pseudo header of RFC 768 or RFC 8200 §8.1, and the message. */
  private static short checksum(IpAddress source, IpAddress target, int protocol, byte[] message) {
    long sum =
        sum(source.bytes(), source.bytes().length) + sum(target.bytes(), target.bytes().length);
    return fold(sum + protocol + message.length + sum(message, message.length));
  }

  private static long sum(byte[] bytes, int length) {
    long sum = 0;
    for (int i = 0; i < length; i++) {
      sum += (bytes[i] & 0xffL) << (i % 2 == 0 ? 8 : 0);
    }
    return sum;
  }

  private static short fold(long sum) {
    long folded = sum;
    while (folded > 0xffff) {
      folded = (folded & 0xffff) + (folded >>> 16);
    }
    return (short) ~folded;
  }
}
