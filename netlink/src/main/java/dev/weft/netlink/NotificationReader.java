// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink;

import dev.weft.core.net.Cidr;
import dev.weft.netlink.Notification.Subject;
import dev.weft.netlink.codec.Attributes;
import dev.weft.netlink.codec.MessageReader;
import dev.weft.netlink.codec.NetworkOrder;
import dev.weft.netlink.route.RouteInfo;
import dev.weft.netlink.route.RouteSpec;
import java.util.Optional;
import java.util.Set;

/** Reads the heads of multicast messages (linux/rtnetlink.h, linux/netfilter/nf_tables.h). */
final class NotificationReader {
  private static final int IFINFOMSG = 16;
  private static final int IFLA_IFNAME = 3;
  private static final int RTMSG = 12;
  private static final int RTA_OIF = 4;
  private static final int NFGENMSG = 4;
  private static final int NFTABLES = 10;
  private static final int NFT_MSG_NEWGEN = 15;
  private static final int FIRST_ATTRIBUTE = 1;
  private static final int NFT_MSG_NEWCHAIN = 3;
  private static final int NFT_MSG_DELCHAIN = 5;
  private static final int NFT_MSG_DELTABLE = 2;
  private static final int NFTA_CHAIN_HOOK = 4;
  private static final int NFTA_HOOK_HOOKNUM = 1;
  private static final int NF_INET_FORWARD = 2;

  /** NFT_MSG_DELTABLE, DELCHAIN, DELRULE, DELSET, DELSETELEM, DELOBJ, DELFLOWTABLE. */
  private static final Set<Integer> NFT_REMOVALS = Set.of(2, 5, 8, 11, 14, 20, 24);

  private NotificationReader() {}

  /** A message of a NETLINK_ROUTE socket; empty for one that we do not know. */
  static Optional<Notification> route(MessageReader message) {
    return switch (message.type()) {
      case 16 -> Optional.of(link(message, false));
      case 17 -> Optional.of(link(message, true));
      case 20 -> Optional.of(head(message, Subject.ADDRESS, false, 0));
      case 21 -> Optional.of(head(message, Subject.ADDRESS, true, 0));
      case 24 -> Optional.of(route(message, false));
      case 25 -> Optional.of(route(message, true));
      case 28 -> Optional.of(head(message, Subject.NEIGHBOUR, false, message.getShort(8)));
      case 29 -> Optional.of(head(message, Subject.NEIGHBOUR, true, message.getShort(8)));
      default -> Optional.empty();
    };
  }

  /** A message of a NETLINK_NETFILTER socket; empty for a mere end of a transaction. */
  static Optional<Notification> nftables(MessageReader message) {
    int number = message.type() & 0xff;
    if (message.type() >>> 8 != NFTABLES || number == NFT_MSG_NEWGEN) {
      return Optional.empty();
    }
    return Optional.of(
        new Notification(
            isForwardChain(message, number) ? Subject.FORWARD_CHAIN : Subject.NFTABLES,
            NFT_REMOVALS.contains(number),
            message.getByte(0),
            0,
            text(message.attributes(NFGENMSG), FIRST_ATTRIBUTE),
            0,
            message.port()));
  }

  /** Of a chain that is removed the kernel does not tell the hook. */
  private static boolean isForwardChain(MessageReader message, int number) {
    if (number != NFT_MSG_NEWCHAIN) {
      return number == NFT_MSG_DELCHAIN || number == NFT_MSG_DELTABLE;
    }
    Attributes chain = message.attributes(NFGENMSG);
    while (chain.next()) {
      if (chain.type() == NFTA_CHAIN_HOOK) {
        Attributes hook = chain.nested();
        while (hook.next()) {
          if (hook.type() == NFTA_HOOK_HOOKNUM) {
            return NetworkOrder.ofInt(hook.getInt()) == NF_INET_FORWARD;
          }
        }
      }
    }
    return false;
  }

  private static Notification link(MessageReader message, boolean removed) {
    String name = text(message.attributes(IFINFOMSG), IFLA_IFNAME);
    return new Notification(
        Subject.LINK, removed, message.getByte(0), message.getInt(4), name, 0, message.port());
  }

  /** Addresses and neighbours: the link's index is at the same place in both. */
  private static Notification head(
      MessageReader message, Subject subject, boolean removed, int state) {
    return new Notification(
        subject, removed, message.getByte(0), message.getInt(4), "", state, message.port());
  }

  private static Notification route(MessageReader message, boolean removed) {
    int link = 0;
    int protocol = message.getByte(5);
    Optional<Cidr> destination = Optional.empty();
    if (protocol != RouteSpec.PROTOCOL) {
      destination = Optional.of(RouteInfo.read(message).destination());
    }
    Attributes attributes = message.attributes(RTMSG);
    while (attributes.next()) {
      if (attributes.type() == RTA_OIF) {
        link = attributes.getInt();
      }
    }
    return new Notification(
        Subject.ROUTE,
        removed,
        message.getByte(0),
        link,
        "",
        protocol,
        destination,
        0,
        message.port());
  }

  private static String text(Attributes attributes, int type) {
    while (attributes.next()) {
      if (attributes.type() == type) {
        return attributes.getString();
      }
    }
    return "";
  }
}
