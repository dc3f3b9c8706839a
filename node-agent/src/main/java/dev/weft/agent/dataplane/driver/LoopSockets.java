// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.driver;

import dev.weft.netlink.NetlinkSocket;

/**
 * The sockets of the reconcile loop, in the node's namespace.
 *
 * @param route a NETLINK_ROUTE socket
 * @param nft a NETLINK_NETFILTER socket
 */
public record LoopSockets(NetlinkSocket route, NetlinkSocket nft) {}
