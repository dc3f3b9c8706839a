// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

static int open_namespace(void) {
    int namespace = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
    if (namespace < 0) {
        die("open /proc/thread-self/ns/net: %s", strerror(errno));
    }
    return namespace;
}

static void create(struct pod *pod) {
    if (unshare(CLONE_NEWNET) != 0) {
        die("make a network namespace: %s", strerror(errno));
    }
    pod->namespace = open_namespace();
    pod->inet = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    pod->netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (pod->inet < 0 || pod->netlink < 0) {
        die("open a socket in a pod: %s", strerror(errno));
    }
    snprintf(pod->path, sizeof pod->path, "/proc/%d/fd/%d", getpid(), pod->namespace);
}

void pods_create(struct pod *pods, size_t count) {
    int home = open_namespace();
    for (size_t i = 0; i < count; i++) {
        create(&pods[i]);
    }
    if (setns(home, CLONE_NEWNET) != 0) {
        die("return to the node's namespace: %s", strerror(errno));
    }
    close(home);
}

void pod_must_have(const struct pod *pod, const char *address, const char *who) {
    struct ifreq request = {.ifr_name = "eth0"};
    char found[INET_ADDRSTRLEN];
    if (ioctl(pod->inet, SIOCGIFFLAGS, &request) != 0 || (request.ifr_flags & IFF_UP) == 0) {
        die("%s: no eth0 that is up after ADD (%s)", who, address);
    }
    if (ioctl(pod->inet, SIOCGIFADDR, &request) != 0) {
        die("%s: eth0 has no address after ADD (%s)", who, address);
    }
    inet_ntop(AF_INET, &((struct sockaddr_in *)&request.ifr_addr)->sin_addr, found, sizeof found);
    if (strcmp(found, address) != 0) {
        die("%s: eth0 has %s, ADD answered %s", who, found, address);
    }
}

void pod_must_be_bare(const struct pod *pod, const char *who) {
    struct ifreq request = {.ifr_name = "eth0"};
    if (ioctl(pod->inet, SIOCGIFFLAGS, &request) == 0 || errno != ENODEV) {
        die("%s: eth0 is still there after DEL", who);
    }
}
