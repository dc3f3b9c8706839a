// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

static const uint8_t BRIDGE_MAC[6] = {0x0a, 0x58, 0, 0, 0, 2};
static const uint8_t GATEWAY[4] = {10, 89, 0, 1};
enum { FIRST_INDEX = 3 << 20, PROTOCOL = 88, NOPREFIXROUTE_NODAD = 0x202 };

static int host = -1;
static unsigned bridge;

/* Messages under construction: one send. */
struct batch {
    uint8_t bytes[4096] __attribute__((aligned(4)));
    size_t length;
    struct nlmsghdr *last;
};

static void *reserve(struct batch *batch, size_t size) {
    void *at = batch->bytes + batch->length;
    batch->length += NLMSG_ALIGN(size);
    if (batch->length > sizeof batch->bytes) {
        die("a batch is too small");
    }
    memset(at, 0, NLMSG_ALIGN(size));
    return at;
}

static void close_message(struct batch *batch) {
    if (batch->last != NULL) {
        batch->last->nlmsg_len = (uint32_t)(batch->bytes + batch->length - (uint8_t *)batch->last);
    }
}

static void *message(struct batch *batch, uint16_t type, uint16_t flags, size_t size) {
    close_message(batch);
    batch->last = reserve(batch, sizeof *batch->last);
    batch->last->nlmsg_type = type;
    batch->last->nlmsg_flags = NLM_F_REQUEST | flags;
    return reserve(batch, size);
}

static struct rtattr *attribute(struct batch *batch, uint16_t type, const void *value, size_t size) {
    struct rtattr *attribute = reserve(batch, RTA_LENGTH(size));
    attribute->rta_type = type;
    attribute->rta_len = (uint16_t)RTA_LENGTH(size);
    if (size > 0) {
        memcpy(RTA_DATA(attribute), value, size);
    }
    return attribute;
}

static void attribute_u32(struct batch *batch, uint16_t type, uint32_t value) {
    attribute(batch, type, &value, sizeof value);
}

static void attribute_u8(struct batch *batch, uint16_t type, uint8_t value) {
    attribute(batch, type, &value, sizeof value);
}

static void attribute_text(struct batch *batch, uint16_t type, const char *value) {
    attribute(batch, type, value, strlen(value) + 1);
}

static struct rtattr *nest(struct batch *batch, uint16_t type) {
    return attribute(batch, type, NULL, 0);
}

static void end(struct batch *batch, struct rtattr *nest) {
    nest->rta_len = (uint16_t)(batch->bytes + batch->length - (uint8_t *)nest);
}

static struct ifinfomsg *link_message(struct batch *batch, uint16_t type, uint16_t flags, unsigned index, int up) {
    struct ifinfomsg *link = message(batch, type, flags, sizeof *link);
    link->ifi_index = (int)index;
    link->ifi_flags = link->ifi_change = up ? IFF_UP : 0;
    return link;
}

/* Sends the batch, the last message with NLM_F_ACK; every error of it is fatal. */
static void transact(int netlink, struct batch *batch, const char *what) {
    uint8_t answer[8192] __attribute__((aligned(4)));
    close_message(batch);
    batch->last->nlmsg_flags |= NLM_F_ACK;
    if (send(netlink, batch->bytes, batch->length, 0) < 0) {
        die("floor: %s: %s", what, strerror(errno));
    }
    ssize_t length = recv(netlink, answer, sizeof answer, 0);
    const struct nlmsghdr *header = (const void *)answer;
    const struct nlmsgerr *error = NLMSG_DATA(header);
    if (length < (ssize_t)NLMSG_LENGTH(sizeof error->error) || header->nlmsg_type != NLMSG_ERROR || error->error != 0) {
        die("floor: %s: %s", what, strerror(-error->error));
    }
}

static void neighbour(struct batch *batch, uint8_t family, unsigned link, uint8_t flags, const uint8_t address[4], const uint8_t mac[6]) {
    struct ndmsg *entry = message(batch, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, sizeof *entry);
    entry->ndm_family = family;
    entry->ndm_ifindex = (int)link;
    entry->ndm_state = NUD_PERMANENT;
    entry->ndm_flags = flags;
    if (address != NULL) {
        attribute(batch, NDA_DST, address, 4);
    }
    attribute(batch, NDA_LLADDR, mac, 6);
}

static void route(struct batch *batch, const uint8_t to[4], const uint8_t gateway[4], unsigned link) {
    struct rtmsg *entry = message(batch, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, sizeof *entry);
    entry->rtm_family = AF_INET;
    entry->rtm_table = RT_TABLE_MAIN;
    entry->rtm_protocol = PROTOCOL;
    entry->rtm_scope = gateway == NULL ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
    entry->rtm_type = RTN_UNICAST;
    if (to != NULL) {
        entry->rtm_dst_len = 32;
        attribute(batch, RTA_DST, to, 4);
    }
    if (gateway != NULL) {
        attribute(batch, RTA_GATEWAY, gateway, 4);
    }
    attribute_u32(batch, RTA_OIF, link);
}

static void address(struct batch *batch, unsigned link, const uint8_t address[4], uint8_t length, uint32_t flags) {
    struct ifaddrmsg *entry = message(batch, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, sizeof *entry);
    entry->ifa_family = AF_INET;
    entry->ifa_prefixlen = length;
    entry->ifa_index = link;
    attribute(batch, IFA_LOCAL, address, 4);
    attribute(batch, IFA_ADDRESS, address, 4);
    attribute_u32(batch, IFA_FLAGS, flags);
}

void floor_prepare(void) {
    host = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    struct batch make = {.length = 0};
    link_message(&make, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0, 1);
    attribute_text(&make, IFLA_IFNAME, "floor0");
    attribute(&make, IFLA_ADDRESS, BRIDGE_MAC, sizeof BRIDGE_MAC);
    struct rtattr *info = nest(&make, IFLA_LINKINFO);
    attribute_text(&make, IFLA_INFO_KIND, "bridge");
    end(&make, info);
    transact(host, &make, "make the bridge floor0");
    bridge = if_nametoindex("floor0");
    struct batch give = {.length = 0};
    address(&give, bridge, GATEWAY, 32, 0);
    transact(host, &give, "give floor0 its address");
}

/* One end of a veth: its place, one queue, its MAC. */
static void end_of_veth(struct batch *batch, const char *name, const uint8_t mac[6]) {
    attribute_text(batch, IFLA_IFNAME, name);
    attribute(batch, IFLA_ADDRESS, mac, 6);
    attribute_u32(batch, IFLA_NUM_TX_QUEUES, 1);
    attribute_u32(batch, IFLA_NUM_RX_QUEUES, 1);
}

static void put_veth(struct batch *batch, const struct pod *pod, unsigned index, const uint8_t mac[6]) {
    static const uint8_t host_mac[6] = {0x0a, 0x58, 0, 0, 0, 3};
    char name[IFNAMSIZ];
    snprintf(name, sizeof name, "fl%u", index);
    link_message(batch, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, FIRST_INDEX + index, 1);
    end_of_veth(batch, name, host_mac);
    attribute_u32(batch, IFLA_MASTER, bridge);
    struct rtattr *info = nest(batch, IFLA_LINKINFO);
    attribute_text(batch, IFLA_INFO_KIND, "veth");
    struct rtattr *data = nest(batch, IFLA_INFO_DATA);
    struct rtattr *peer = nest(batch, VETH_INFO_PEER);
    struct ifinfomsg *link = reserve(batch, sizeof *link);
    link->ifi_index = (int)(FIRST_INDEX + index);
    end_of_veth(batch, "eth0", mac);
    attribute_u32(batch, IFLA_NET_NS_FD, (uint32_t)pod->namespace);
    end(batch, peer);
    end(batch, data);
    end(batch, info);
}

static void put_port(struct batch *batch, unsigned index, const uint8_t ip[4], const uint8_t mac[6]) {
    link_message(batch, RTM_NEWLINK, 0, FIRST_INDEX + index, 0);
    struct rtattr *info = nest(batch, IFLA_LINKINFO);
    attribute_text(batch, IFLA_INFO_SLAVE_KIND, "bridge");
    struct rtattr *data = nest(batch, IFLA_INFO_SLAVE_DATA);
    attribute_u8(batch, IFLA_BRPORT_MODE, 1);
    attribute_u8(batch, IFLA_BRPORT_LEARNING, 0);
    attribute_u8(batch, IFLA_BRPORT_UNICAST_FLOOD, 0);
    attribute_u8(batch, IFLA_BRPORT_MCAST_FLOOD, 0);
    attribute_u8(batch, IFLA_BRPORT_BCAST_FLOOD, 0);
    end(batch, data);
    end(batch, info);
    neighbour(batch, AF_BRIDGE, FIRST_INDEX + index, NTF_MASTER, NULL, mac);
    neighbour(batch, AF_INET, bridge, 0, ip, mac);
    route(batch, ip, NULL, bridge);
}

static void put_pod(struct batch *batch, unsigned index, const uint8_t ip[4]) {
    link_message(batch, RTM_NEWLINK, 0, 1, 1);
    link_message(batch, RTM_NEWLINK, 0, FIRST_INDEX + index, 1);
    address(batch, FIRST_INDEX + index, ip, 16, NOPREFIXROUTE_NODAD);
    route(batch, GATEWAY, NULL, FIRST_INDEX + index);
    route(batch, NULL, GATEWAY, FIRST_INDEX + index);
    neighbour(batch, AF_INET, FIRST_INDEX + index, 0, GATEWAY, BRIDGE_MAC);
}

double floor_add(const struct pod *pod, unsigned index) {
    const uint8_t ip[4] = {10, 89, (uint8_t)(1 + index / 250), (uint8_t)(2 + index % 250)};
    const uint8_t mac[6] = {0x0a, 0x58, ip[0], ip[1], ip[2], ip[3]};
    double started = now_ms();
    struct batch veth = {.length = 0};
    put_veth(&veth, pod, index, mac);
    transact(host, &veth, "make a veth");
    struct batch port = {.length = 0};
    put_port(&port, index, ip, mac);
    transact(host, &port, "set the port");
    struct batch inside = {.length = 0};
    put_pod(&inside, index, ip);
    transact(pod->netlink, &inside, "set the pod");
    return now_ms() - started;
}

void floor_delete(unsigned index) {
    const uint8_t ip[4] = {10, 89, (uint8_t)(1 + index / 250), (uint8_t)(2 + index % 250)};
    struct batch batch = {.length = 0};
    struct rtmsg *entry = message(&batch, RTM_DELROUTE, 0, sizeof *entry);
    entry->rtm_family = AF_INET;
    entry->rtm_table = RT_TABLE_MAIN;
    entry->rtm_scope = RT_SCOPE_NOWHERE;
    entry->rtm_dst_len = 32;
    attribute(&batch, RTA_DST, ip, 4);
    link_message(&batch, RTM_DELLINK, 0, FIRST_INDEX + index, 0);
    transact(host, &batch, "delete a veth");
}
