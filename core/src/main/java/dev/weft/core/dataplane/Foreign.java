// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.dataplane;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.InterfaceAddress;

/**
 * What somebody else put on our bridge, such as a network manager that adopted it, or an operator
 * by hand. What lies on a device of ours is ours to repair.
 */
public sealed interface Foreign {
  /** An address that brought a route to its prefix, as none of ours does. */
  record Address(InterfaceAddress address) implements Foreign {
    @Override
    public String toString() {
      return "address " + address + " on " + Bridge.NAME;
    }
  }

  /**
   * A route by the bridge, in the main table.
   *
   * @param destination where it leads
   * @param protocol who made it: 2 the kernel, 3 boot, 4 static (rtm_protocol, linux/rtnetlink.h)
   * @param metric the smaller the sooner
   */
  record Way(Cidr destination, int protocol, long metric) implements Foreign {
    /** What an IPv6 route gets that asks for none. */
    private static final int IPV6_METRIC = 1024;

    /**
     * Whether the kernel can be told to delete this route and no other: to it protocol 0 and metric
     * 0 mean any, and ours have the metric that a route gets that asks for none.
     */
    public boolean deletable() {
      return protocol != 0 || (metric != 0 && metric != IPV6_METRIC);
    }

    @Override
    public String toString() {
      return "route %s dev %s proto %d metric %d"
          .formatted(destination, Bridge.NAME, protocol, metric);
    }
  }
}
