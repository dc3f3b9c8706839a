// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink;

import dev.weft.core.net.Cidr;
import dev.weft.netlink.Notification.Subject;
import dev.weft.netlink.codec.Attributes;
import dev.weft.netlink.codec.MessageReader;
import dev.weft.netlink.codec.NetworkOrder;
import dev.weft.netlink.route.NextHopInfo;
import dev.weft.netlink.route.RouteInfo;
import dev.weft.netlink.route.RouteSpec;
import java.util.Optional;
import java.util.Set;

/** Reads the heads of multicast messages (linux/rtnetlink.h, linux/netfilter/nf_tables.h). */
final class NotificationReader {
  private static final int RTM_NEWLINK = 16;
  static final int RTM_DELLINK = 17;
  private static final int RTM_NEWADDR = 20;
  private static final int RTM_DELADDR = 21;
  private static final int RTM_NEWROUTE = 24;
  private static final int RTM_DELROUTE = 25;
  private static final int RTM_NEWNEIGH = 28;
  private static final int RTM_DELNEIGH = 29;
  private static final int RTM_NEWNEXTHOP = 104;
  private static final int RTM_DELNEXTHOP = 105;

  /** Bytes of struct ifinfomsg. */
  private static final int IFINFOMSG = 16;

  /** Offset of ifi_index in ifinfomsg, ifa_index in ifaddrmsg and ndm_ifindex in ndmsg. */
  private static final int LINK_INDEX_AT = 4;

  /** Offset of ndm_state in struct ndmsg. */
  private static final int NDM_STATE_AT = 8;

  /** Offset of rtm_protocol in struct rtmsg. */
  private static final int RTM_PROTOCOL_AT = 5;

  private static final int IFLA_IFNAME = 3;

  /** Bytes of struct rtmsg. */
  private static final int RTMSG = 12;

  private static final int RTA_OIF = 4;

  /** Bytes of struct nfgenmsg. */
  private static final int NFGENMSG = 4;

  private static final int NFNL_SUBSYS_NFTABLES = 10;
  private static final int NFT_MSG_NEWGEN = 15;
  private static final int NFT_MSG_NEWCHAIN = 3;
  private static final int NFT_MSG_DELTABLE = 2;
  private static final int NFT_MSG_DELCHAIN = 5;
  private static final int NFT_MSG_DELRULE = 8;
  private static final int NFT_MSG_DELSET = 11;
  private static final int NFT_MSG_DELSETELEM = 14;
  private static final int NFT_MSG_DELOBJ = 20;
  private static final int NFT_MSG_DELFLOWTABLE = 24;

  /** The table's name: the first attribute of every message, whatever its object. */
  private static final int NFTA_TABLE = 1;

  private static final int NFTA_CHAIN_HOOK = 4;
  private static final int NFTA_HOOK_HOOKNUM = 1;

  /** NF_INET_PRE_ROUTING and NF_INET_FORWARD. */
  private static final Set<Integer> FORWARDED = Set.of(0, 2);

  private static final Set<Integer> NFT_REMOVALS =
      Set.of(
          NFT_MSG_DELTABLE,
          NFT_MSG_DELCHAIN,
          NFT_MSG_DELRULE,
          NFT_MSG_DELSET,
          NFT_MSG_DELSETELEM,
          NFT_MSG_DELOBJ,
          NFT_MSG_DELFLOWTABLE);

  private NotificationReader() {}

  /** A message of a NETLINK_ROUTE socket; empty for one that we do not know. */
  static Optional<Notification> route(MessageReader message) {
    return switch (message.type()) {
      case RTM_NEWLINK -> Optional.of(link(message, false));
      case RTM_DELLINK -> Optional.of(link(message, true));
      case RTM_NEWADDR -> Optional.of(head(message, Subject.ADDRESS, false, 0));
      case RTM_DELADDR -> Optional.of(head(message, Subject.ADDRESS, true, 0));
      case RTM_NEWROUTE -> Optional.of(route(message, false));
      case RTM_DELROUTE -> Optional.of(route(message, true));
      case RTM_NEWNEIGH -> Optional.of(neighbour(message, false));
      case RTM_DELNEIGH -> Optional.of(neighbour(message, true));
      case RTM_NEWNEXTHOP -> Optional.of(nextHop(message, false));
      case RTM_DELNEXTHOP -> Optional.of(nextHop(message, true));
      default -> Optional.empty();
    };
  }

  /** A message of a NETLINK_NETFILTER socket; empty for a mere end of a transaction. */
  static Optional<Notification> nftables(MessageReader message) {
    int number = message.type() & 0xff;
    if (message.type() >>> 8 != NFNL_SUBSYS_NFTABLES || number == NFT_MSG_NEWGEN) {
      return Optional.empty();
    }
    return Optional.of(
        new Notification(
            isBaseChain(message, number) ? Subject.BASE_CHAIN : Subject.NFTABLES,
            NFT_REMOVALS.contains(number),
            message.getByte(0),
            0,
            text(message.attributes(NFGENMSG), NFTA_TABLE),
            0,
            message.netlinkPid()));
  }

  /** Of a chain that is removed the kernel does not report the hook. */
  private static boolean isBaseChain(MessageReader message, int number) {
    if (number != NFT_MSG_NEWCHAIN) {
      return number == NFT_MSG_DELCHAIN || number == NFT_MSG_DELTABLE;
    }
    Attributes chain = message.attributes(NFGENMSG);
    while (chain.next()) {
      if (chain.type() == NFTA_CHAIN_HOOK) {
        Attributes hook = chain.nested();
        while (hook.next()) {
          if (hook.type() == NFTA_HOOK_HOOKNUM) {
            return FORWARDED.contains(NetworkOrder.ofInt(hook.getInt()));
          }
        }
      }
    }
    return false;
  }

  private static Notification link(MessageReader message, boolean removed) {
    String name = text(message.attributes(IFINFOMSG), IFLA_IFNAME);
    return new Notification(
        Subject.LINK,
        removed,
        message.getByte(0),
        message.getInt(LINK_INDEX_AT),
        name,
        0,
        message.netlinkPid());
  }

  private static Notification neighbour(MessageReader message, boolean removed) {
    return head(message, Subject.NEIGHBOUR, removed, message.getShort(NDM_STATE_AT));
  }

  /** Addresses and neighbours: the link's index is at the same place in both. */
  private static Notification head(
      MessageReader message, Subject subject, boolean removed, int state) {
    return new Notification(
        subject,
        removed,
        message.getByte(0),
        message.getInt(LINK_INDEX_AT),
        "",
        state,
        message.netlinkPid());
  }

  private static Notification nextHop(MessageReader message, boolean removed) {
    NextHopInfo info = NextHopInfo.read(message);
    return new Notification(
        Subject.NEXT_HOP,
        removed,
        message.getByte(0),
        info.link(),
        "",
        info.protocol(),
        Optional.empty(),
        0,
        message.netlinkPid());
  }

  private static Notification route(MessageReader message, boolean removed) {
    int link = 0;
    int protocol = message.getByte(RTM_PROTOCOL_AT);
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
        message.netlinkPid());
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
