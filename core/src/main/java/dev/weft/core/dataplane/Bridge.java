// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.dataplane;

import dev.weft.core.net.InterfaceAddress;
import dev.weft.core.net.MacAddress;
import java.util.Set;

/**
 * The bridge that every pod of the node is a port of.
 *
 * @param mac its own address, set and so never taken from a port
 * @param mtuBytes its MTU
 * @param up whether it is administratively up, takes the frames that are for its own MAC, and has
 *     those to reserved addresses pass the anti-spoofing filter
 * @param gateways one address for each block of the node, without a prefix route
 */
public record Bridge(MacAddress mac, int mtuBytes, boolean up, Set<InterfaceAddress> gateways) {
  /** Its name on every node. */
  public static final String NAME = "v-net-0";

  /** Copies the set. */
  public Bridge {
    gateways = Set.copyOf(gateways);
  }
}
