// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.driver;

import dev.weft.netlink.KernelNetlinkSocket;
import dev.weft.netlink.NetlinkException;
import dev.weft.netlink.NetlinkSocket;

/**
 * Where the dataplane's netlink sockets come from, so that a test can count what goes over them.
 */
public interface Sockets {
  /** The kernel's. */
  Sockets KERNEL =
      new Sockets() {
        @Override
        public NetlinkSocket openRoute() throws NetlinkException {
          return KernelNetlinkSocket.openRoute();
        }

        @Override
        public NetlinkSocket openNetfilter() throws NetlinkException {
          return KernelNetlinkSocket.openNetfilter();
        }

        @Override
        public NetlinkSocket borrowRoute(int descriptor) throws NetlinkException {
          return KernelNetlinkSocket.borrowRoute(descriptor);
        }
      };

  /** A NETLINK_ROUTE socket in the node's namespace. */
  NetlinkSocket openRoute() throws NetlinkException;

  /** A NETLINK_NETFILTER socket in the node's namespace. */
  NetlinkSocket openNetfilter() throws NetlinkException;

  /** A pod's NETLINK_ROUTE socket; its descriptor stays open when it is closed. */
  NetlinkSocket borrowRoute(int descriptor) throws NetlinkException;
}
