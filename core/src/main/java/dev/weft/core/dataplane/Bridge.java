// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.dataplane;

import dev.weft.core.net.MacAddress;

/**
 * The bridge that every pod of the node is attached to.
 *
 * @param mac its own address, set and so never taken from a bridge port
 * @param mtuBytes its MTU
 * @param up whether it is administratively up, takes the frames that are for its own MAC, and has
 *     those to reserved addresses pass the anti-spoofing filter
 */
public record Bridge(MacAddress mac, int mtuBytes, boolean up) {
  /** Its name on every node. */
  public static final String NAME = "v-net-0";

  /** The one bridge of a node; it stays while an ADD or DEL is at work. */
  public static final Kind<Bridge> KIND =
      Kind.<Bridge>of("bridge", 10, bridge -> NAME)
          .text(bridge -> NAME)
          .inFlight((bridge, calls) -> calls.any())
          .neededFor((bridge, block) -> true)
          .foundation()
          .build();
}
