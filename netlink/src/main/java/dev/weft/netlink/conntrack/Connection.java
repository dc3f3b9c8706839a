// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.conntrack;

import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import dev.weft.netlink.codec.Attributes;
import dev.weft.netlink.codec.MessageWriter;
import dev.weft.netlink.codec.NetworkOrder;

/**
 * A connection that the kernel tracks and may translate.
 *
 * @param original its packets, before any translation
 * @param reply the packets that answer them: from where they were translated to
 * @param id with the original, what it is deleted by
 */
public record Connection(Tuple original, Tuple reply, int id) {
  /**
   * The packets of one direction.
   *
   * @param protocol the number in their IP header
   * @param source who sends them
   * @param sourcePort the sender's port
   * @param destination who receives them
   * @param destinationPort the receiver's port
   */
  public record Tuple(
      int protocol, IpAddress source, int sourcePort, IpAddress destination, int destinationPort) {
    static Tuple read(Attributes attributes, Family family) {
      IpAddress[] addresses = {NONE, NONE};
      int[] numbers = new int[3];
      while (attributes.next()) {
        if (attributes.type() == Ctnetlink.CTA_TUPLE_IP) {
          readAddresses(attributes.nested(), family, addresses);
        } else if (attributes.type() == Ctnetlink.CTA_TUPLE_PROTO) {
          readNumbers(attributes.nested(), numbers);
        }
      }
      return new Tuple(numbers[0], addresses[0], numbers[1], addresses[1], numbers[2]);
    }

    private static void readAddresses(Attributes ip, Family family, IpAddress[] addresses) {
      while (ip.next()) {
        switch (ip.type()) {
          case Ctnetlink.CTA_IP_V4_SRC, Ctnetlink.CTA_IP_V6_SRC ->
              addresses[0] = ip.getAddress(family);
          case Ctnetlink.CTA_IP_V4_DST, Ctnetlink.CTA_IP_V6_DST ->
              addresses[1] = ip.getAddress(family);
          default -> {}
        }
      }
    }

    private static void readNumbers(Attributes protocol, int[] numbers) {
      while (protocol.next()) {
        switch (protocol.type()) {
          case Ctnetlink.CTA_PROTO_NUM -> numbers[0] = protocol.getByte();
          case Ctnetlink.CTA_PROTO_SRC_PORT -> numbers[1] = inHostOrder(protocol.getShort());
          case Ctnetlink.CTA_PROTO_DST_PORT -> numbers[2] = inHostOrder(protocol.getShort());
          default -> {}
        }
      }
    }

    void write(MessageWriter out) {
      boolean four = source.family() == Family.IPV4;
      int ip = out.nestFlagged(Ctnetlink.CTA_TUPLE_IP);
      out.attributeAddress(four ? Ctnetlink.CTA_IP_V4_SRC : Ctnetlink.CTA_IP_V6_SRC, source);
      out.attributeAddress(four ? Ctnetlink.CTA_IP_V4_DST : Ctnetlink.CTA_IP_V6_DST, destination);
      out.endNest(ip);
      int ports = out.nestFlagged(Ctnetlink.CTA_TUPLE_PROTO);
      out.attributeByte(Ctnetlink.CTA_PROTO_NUM, protocol);
      out.attributeBytes(Ctnetlink.CTA_PROTO_SRC_PORT, Ctnetlink.port(sourcePort));
      out.attributeBytes(Ctnetlink.CTA_PROTO_DST_PORT, Ctnetlink.port(destinationPort));
      out.endNest(ports);
    }

    private static int inHostOrder(int port) {
      return NetworkOrder.ofShort(port);
    }
  }

  private static final IpAddress NONE = IpAddress.ofInt(0);
}
