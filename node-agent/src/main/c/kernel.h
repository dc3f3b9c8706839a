// SPDX-License-Identifier: Apache-2.0
/*
 * The few pieces of the kernel's interface that this program uses. They are written down here, each
 * with the header it comes from, because musl-gcc has no linux headers on its path.
 */
#ifndef WEFT_KERNEL_H
#define WEFT_KERNEL_H

#include <stdint.h>

/* linux/netlink.h */
enum { NETLINK_ROUTE = 0, NLMSG_ERROR = 2, NLM_F_REQUEST = 1, NLM_F_ACK = 4, NLA_TYPE_MASK = 0x3fff };

struct nlmsghdr {
    uint32_t nlmsg_len;
    uint16_t nlmsg_type;
    uint16_t nlmsg_flags;
    uint32_t nlmsg_seq;
    uint32_t nlmsg_pid;
};

struct nlattr {
    uint16_t nla_len;
    uint16_t nla_type;
};

/* linux/rtnetlink.h */
enum { RTM_NEWLINK = 16, RTM_DELLINK = 17, RTM_GETLINK = 18 };

struct ifinfomsg {
    uint8_t ifi_family;
    uint8_t pad;
    uint16_t ifi_type;
    int32_t ifi_index;
    uint32_t ifi_flags;
    uint32_t ifi_change;
};

/* linux/if_link.h */
enum { IFLA_IFNAME = 3, IFLA_LINKINFO = 18, IFLA_INFO_KIND = 1 };

/* asm-generic/socket.h, Linux 5.14: the number of a socket's network namespace, which none gets again. */
enum { NETNS_COOKIE = 71 };

/* linux/sockios.h: a descriptor of the network namespace of a socket. */
enum { SIOCGSKNS = 0x894c };

/* linux/if.h; the terminating zero included. */
enum { INTERFACE_NAME_SIZE = 16 };

#endif
