// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.dataplane;

import dev.weft.core.net.InterfaceAddress;

/**
 * A block's address on the bridge, without a route to its prefix.
 *
 * @param address the address with the block's prefix length
 */
public record Gateway(InterfaceAddress address) {
  /** The gateways of a node; one stays while an ADD or DEL works on an address of its block. */
  public static final Kind<Gateway> KIND =
      Kind.<Gateway>of("gateway", 20, gateway -> gateway.address.address())
          .inFlight(
              (gateway, calls) ->
                  calls.addresses().stream().anyMatch(gateway.address.network()::contains))
          .neededFor((gateway, block) -> gateway.address.network().equals(block))
          .foundation()
          .lostWith(Bridge.KIND, (gateway, bridge) -> bridge.isRemoval())
          .build();

  @Override
  public String toString() {
    return address + " on " + Bridge.NAME;
  }
}
