// SPDX-License-Identifier: Apache-2.0
/* The pod's network namespace, and the little that is done in it. */
#ifndef WEFT_POD_H
#define WEFT_POD_H

#include <stdbool.h>
#include <stddef.h>

/* Whether the kernel could take this as an interface's name: 1 to 15 bytes, no '/', ':' or white space. */
bool pod_is_interface_name(const char *name, size_t length);

enum pod_state {
    POD_ENTERED,
    POD_GONE,       /* nothing is there under that path, or it is no network namespace */
    POD_NODE,       /* it is the namespace of `node` */
    POD_UNREADABLE, /* errno is the cause */
};

/*
 * Enters a network namespace for the rest of the process and opens a route netlink socket there.
 * `node` is any socket of the namespace that it must not be. descriptors[0] becomes the namespace,
 * descriptors[1] the socket; both stay -1 on failure.
 */
enum pod_state pod_enter(const char *path, int node, int descriptors[2]);

/*
 * Deletes an interface of the namespace of `node`, any socket of it, if there is one of that name and it is a
 * veth; `*found` is whether there was one. This process is in that namespace then. Returns 0 or an errno.
 */
int pod_delete_port(int node, const char *port, bool *found);

/* Whether a veth of that name is in the namespace of a route netlink socket. Returns 0 or an errno. */
int pod_has_veth(int netlink, const char *name, bool *found);

/* Allows IPv6 on an interface of the current namespace, and on those to come. Returns 0 or an errno. */
int pod_enable_ipv6(const char *name);

/* Whether an RTM_NEWLINK message of `length` bytes describes a veth; its index is set if so. */
bool pod_is_veth(const void *message, size_t length, int *index);

#endif
