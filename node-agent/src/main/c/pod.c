// SPDX-License-Identifier: Apache-2.0
#include "pod.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kernel.h"
#include "text.h"

bool pod_is_interface_name(const char *name, size_t length) {
    bool only_dots = true;
    for (size_t i = 0; i < length; i++) {
        if (name[i] == '\0' || strchr("/:% \t\n\v\f\r", name[i]) != NULL) {
            return false;
        }
        only_dots = only_dots && name[i] == '.';
    }
    return length > 0 && length < INTERFACE_NAME_SIZE && !(only_dots && length <= 2);
}

/* Cheaper than to open /proc/self/ns/net, whose directory the kernel makes for each process that reads there. */
static int in_same_namespace(int socket, int other, bool *same) {
    uint64_t cookies[2];
    socklen_t size = sizeof cookies[0];
    if (getsockopt(socket, SOL_SOCKET, NETNS_COOKIE, &cookies[0], &size) != 0 ||
        getsockopt(other, SOL_SOCKET, NETNS_COOKIE, &cookies[1], &size) != 0) {
        return -1;
    }
    *same = cookies[0] == cookies[1];
    return 0;
}

/*
 * O_NONBLOCK: the path may name a pipe that nobody writes to. openat(), because musl's open() with
 * O_CLOEXEC makes another system call, for kernels that do not know the flag.
 */
enum pod_state pod_enter(const char *path, int node, int descriptors[2]) {
    int namespace = openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (namespace < 0) {
        return errno == ENOENT || errno == ENOTDIR ? POD_GONE : POD_UNREADABLE;
    }
    if (setns(namespace, CLONE_NEWNET) != 0) {
        return errno == EINVAL ? POD_GONE : POD_UNREADABLE;
    }
    int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    bool same = false;
    if (netlink < 0 || in_same_namespace(node, netlink, &same) != 0) {
        return POD_UNREADABLE;
    }
    if (same) {
        return POD_NODE;
    }
    descriptors[0] = namespace;
    descriptors[1] = netlink;
    return POD_ENTERED;
}

/* Walks attributes in `from`..`end`; returns the payload of the wanted one and its length. */
static const char *find_attribute(const char *from, const char *end, int wanted, size_t *payload_length) {
    struct nlattr attribute;
    while ((size_t)(end - from) >= sizeof attribute) {
        memcpy(&attribute, from, sizeof attribute);
        if (attribute.nla_len < sizeof attribute || attribute.nla_len > (size_t)(end - from)) {
            return NULL;
        }
        if ((attribute.nla_type & NLA_TYPE_MASK) == wanted) {
            *payload_length = attribute.nla_len - sizeof attribute;
            return from + sizeof attribute;
        }
        size_t step = (attribute.nla_len + 3u) & ~3u;
        if (step > (size_t)(end - from)) {
            return NULL;
        }
        from += step;
    }
    return NULL;
}

bool pod_is_veth(const void *message, size_t length, int *index) {
    struct nlmsghdr header;
    struct ifinfomsg link;
    const char *start = message;
    if (length < sizeof header + sizeof link) {
        return false;
    }
    memcpy(&header, start, sizeof header);
    memcpy(&link, start + sizeof header, sizeof link);
    if (header.nlmsg_type != RTM_NEWLINK || header.nlmsg_len > length ||
        header.nlmsg_len < sizeof header + sizeof link) {
        return false;
    }
    size_t info_length;
    size_t kind_length;
    const char *info = find_attribute(
        start + sizeof header + sizeof link, start + header.nlmsg_len, IFLA_LINKINFO, &info_length);
    const char *kind =
        info == NULL ? NULL : find_attribute(info, info + info_length, IFLA_INFO_KIND, &kind_length);
    *index = link.ifi_index;
    return kind != NULL && kind_length == sizeof "veth" && memcmp(kind, "veth", sizeof "veth") == 0;
}

/* The errno in an NLMSG_ERROR message (0 is an acknowledgement), or EPROTO if it is none. */
static int error_of(const char *message, size_t length) {
    struct nlmsghdr header;
    int32_t error;
    if (length < sizeof header + sizeof error) {
        return EPROTO;
    }
    memcpy(&header, message, sizeof header);
    memcpy(&error, message + sizeof header, sizeof error);
    return header.nlmsg_type == NLMSG_ERROR ? -error : EPROTO;
}

/* Sends one request; the kernel answers before send() returns. Returns the answer's length or -1. */
static ssize_t ask_kernel(int netlink, const void *request, size_t length, void *answer, size_t size) {
    if (send(netlink, request, length, 0) != (ssize_t)length) {
        return -1;
    }
    ssize_t received = recv(netlink, answer, size, MSG_DONTWAIT | MSG_TRUNC);
    if (received > (ssize_t)size) {
        errno = EMSGSIZE;
        return -1;
    }
    return received;
}

struct link_request {
    struct nlmsghdr header;
    struct ifinfomsg link;
    struct nlattr attribute;
    char name[INTERFACE_NAME_SIZE];
};

/* Finds a veth by its name; `*index` becomes 0 where there is none. Returns 0 or an errno. */
static int find_veth(int netlink, const char *name, int *index) {
    struct link_request request = {
        .header = {.nlmsg_len = sizeof request, .nlmsg_type = RTM_GETLINK, .nlmsg_flags = NLM_F_REQUEST},
        .attribute = {.nla_len = sizeof request.attribute + sizeof request.name, .nla_type = IFLA_IFNAME},
    };
    static char answer[16384];
    *index = 0;
    strncpy(request.name, name, sizeof request.name - 1);
    ssize_t length = ask_kernel(netlink, &request, sizeof request, answer, sizeof answer);
    if (length < 0) {
        return errno;
    }
    if (!pod_is_veth(answer, (size_t)length, index)) {
        *index = 0;
        int error = error_of(answer, (size_t)length);
        return error == ENODEV || error == EPROTO ? 0 : error;
    }
    return 0;
}

static int delete_link(int netlink, int index) {
    struct link_request request = {
        .header = {.nlmsg_len = sizeof request.header + sizeof request.link,
            .nlmsg_type = RTM_DELLINK,
            .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK},
        .link = {.ifi_index = index},
    };
    char answer[256];
    ssize_t length = ask_kernel(netlink, &request, request.header.nlmsg_len, answer, sizeof answer);
    int error = length < 0 ? errno : error_of(answer, (size_t)length);
    return error == ENODEV ? 0 : error;
}

/* A route netlink socket in the namespace of `node`, whichever this process is in by now; or -1. */
static int netlink_beside(int node) {
    int namespace = ioctl(node, SIOCGSKNS);
    if (namespace < 0) {
        return -1;
    }
    int netlink = setns(namespace, CLONE_NEWNET) != 0
        ? -1
        : socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    close(namespace);
    return netlink;
}

int pod_delete_port(int node, const char *port, bool *found) {
    int index = 0;
    int netlink = netlink_beside(node);
    if (netlink < 0) {
        return errno;
    }
    int error = find_veth(netlink, port, &index);
    *found = error == 0 && index != 0;
    if (*found) {
        error = delete_link(netlink, index);
    }
    close(netlink);
    return error;
}

int pod_has_veth(int netlink, const char *name, bool *found) {
    int index = 0;
    int error = find_veth(netlink, name, &index);
    *found = error == 0 && index != 0;
    return error;
}

static int write_zero(const char *interface) {
    char path[64];
    struct text text = text_in(path, sizeof path);
    text_add(&text, "/proc/sys/net/ipv6/conf/");
    text_add(&text, interface);
    text_add(&text, "/disable_ipv6");
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0) {
        return errno == ENOENT ? 0 : errno;
    }
    int error = write(file, "0", 1) == 1 ? 0 : errno;
    close(file);
    return error;
}

int pod_enable_ipv6(const char *name) {
    const char *const interfaces[] = {"all", "default", name};
    for (size_t i = 0; i < sizeof interfaces / sizeof interfaces[0]; i++) {
        int error = write_zero(interfaces[i]);
        if (error != 0) {
            return error;
        }
    }
    return 0;
}
