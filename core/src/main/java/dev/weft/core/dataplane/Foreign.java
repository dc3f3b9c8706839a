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
   */
  record Way(Cidr destination, int protocol) implements Foreign {
    @Override
    public String toString() {
      return "route %s dev %s proto %d".formatted(destination, Bridge.NAME, protocol);
    }
  }
}
