// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.dataplane;

import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;

/**
 * A permanent neighbour entry on the bridge.
 *
 * @param address a pod's address
 * @param mac the pod's MAC
 */
public record Neighbour(IpAddress address, MacAddress mac) {
  /** The entries of a node: a bridge that gets another MAC loses them. */
  public static final Kind<Neighbour> KIND =
      Kind.<Neighbour>of("neighbour", 50, Neighbour::address)
          .inFlight((neighbour, calls) -> calls.addresses().contains(neighbour.address))
          .lostWith(Bridge.KIND, (neighbour, bridge) -> hasNewMac(bridge))
          .build();

  private static boolean hasNewMac(Change<Bridge> bridge) {
    return bridge.before().isPresent()
        && bridge.after().isPresent()
        && !bridge.before().get().mac().equals(bridge.after().get().mac());
  }

  @Override
  public String toString() {
    return address + " lladdr " + mac;
  }
}
