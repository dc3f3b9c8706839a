// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.route;

import dev.weft.core.net.Family;

/** Numbers of rtnetlink (linux/rtnetlink.h, if_link.h, if_addr.h, neighbour.h, netlink.h). */
final class Rtnetlink {
  static final int RTM_NEWLINK = 16;
  static final int RTM_DELLINK = 17;
  static final int RTM_GETLINK = 18;
  static final int RTM_NEWADDR = 20;
  static final int RTM_DELADDR = 21;
  static final int RTM_GETADDR = 22;
  static final int RTM_NEWROUTE = 24;
  static final int RTM_DELROUTE = 25;
  static final int RTM_GETROUTE = 26;
  static final int RTM_NEWNEIGH = 28;
  static final int RTM_DELNEIGH = 29;
  static final int RTM_GETNEIGH = 30;
  static final int RTM_NEWNEXTHOP = 104;
  static final int RTM_DELNEXTHOP = 105;
  static final int RTM_GETNEXTHOP = 106;

  static final int NLM_F_REQUEST = 1;
  static final int NLM_F_REPLACE = 0x100;
  static final int NLM_F_EXCL = 0x200;
  static final int NLM_F_CREATE = 0x400;
  static final int NLM_F_DUMP = 0x300;
  static final int CREATE = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL;
  static final int DUMP = NLM_F_REQUEST | NLM_F_DUMP;

  static final int AF_UNSPEC = 0;
  static final int AF_INET = 2;
  static final int AF_BRIDGE = 7;
  static final int AF_INET6 = 10;

  static final int IFF_UP = 1;

  static final int IFLA_ADDRESS = 1;
  static final int IFLA_IFNAME = 3;
  static final int IFLA_MTU = 4;
  static final int IFLA_LINK = 5;
  static final int IFLA_MASTER = 10;
  static final int IFLA_LINKINFO = 18;
  static final int IFLA_IFALIAS = 20;
  static final int IFLA_AF_SPEC = 26;
  static final int IFLA_GROUP = 27;
  static final int IFLA_NET_NS_FD = 28;
  static final int IFLA_EXT_MASK = 29;
  static final int IFLA_NUM_TX_QUEUES = 31;
  static final int IFLA_NUM_RX_QUEUES = 32;
  static final int IFLA_LINK_NETNSID = 37;

  static final int IFLA_INFO_KIND = 1;
  static final int IFLA_INFO_DATA = 2;
  static final int IFLA_INFO_SLAVE_KIND = 4;
  static final int IFLA_INFO_SLAVE_DATA = 5;
  static final int VETH_INFO_PEER = 1;
  static final int IFLA_INET_CONF = 1;
  static final int IPV4_DEVCONF_RP_FILTER = 8;
  static final int IFLA_INET6_ADDR_GEN_MODE = 8;
  static final int IN6_ADDR_GEN_MODE_NONE = 1;
  static final int RTEXT_FILTER_SKIP_STATS = 8;

  static final int IFA_ADDRESS = 1;
  static final int IFA_LOCAL = 2;
  static final int IFA_FLAGS = 8;
  static final int IFA_F_NODAD = 0x02;
  static final int IFA_F_NOPREFIXROUTE = 0x200;

  static final int RTA_DST = 1;
  static final int RTA_OIF = 4;
  static final int RTA_GATEWAY = 5;
  static final int RTA_PRIORITY = 6;
  static final int RTA_PREFSRC = 7;
  static final int RTA_METRICS = 8;
  static final int RTA_MULTIPATH = 9;
  static final int RTA_TABLE = 15;
  static final int RTA_VIA = 18;
  static final int RTA_NH_ID = 30;
  static final int RTAX_MTU = 2;
  static final int RT_TABLE_MAIN = 254;
  static final int RT_TABLE_UNSPEC = 0;
  static final int RT_SCOPE_NOWHERE = 255;

  static final int RTM_NEWRULE = 32;
  static final int RTM_DELRULE = 33;
  static final int RTM_GETRULE = 34;
  static final int FR_ACT_TO_TBL = 1;
  static final int FRA_SRC = 2;
  static final int FRA_PRIORITY = 6;
  static final int FRA_TABLE = 15;
  static final int FRA_OIFNAME = 17;
  static final int FRA_PROTOCOL = 21;

  static final int NDA_DST = 1;
  static final int NDA_LLADDR = 2;
  static final int NDA_IFINDEX = 8;
  static final int NDA_MASTER = 9;
  static final int RTNH_F_ONLINK = 4;
  static final int NHA_ID = 1;
  static final int NHA_OIF = 5;
  static final int NHA_GATEWAY = 6;
  static final int NTF_SELF = 2;
  static final int NTF_MASTER = 4;

  private Rtnetlink() {}

  /** A table's number in a field of 8 bits; one that does not fit stands in an attribute alone. */
  static int shortTable(int table) {
    return table > 0 && table < 256 ? table : RT_TABLE_UNSPEC;
  }

  /** The family of this number; null for another than IPv4 and IPv6. */
  static Family family(int socketFamily) {
    return switch (socketFamily) {
      case AF_INET -> Family.IPV4;
      case AF_INET6 -> Family.IPV6;
      default -> null;
    };
  }
}
