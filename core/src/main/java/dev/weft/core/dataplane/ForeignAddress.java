// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.dataplane;

import dev.weft.core.net.InterfaceAddress;

/**
 * An address that somebody else put on our bridge, such as a network manager that adopted it: it
 * brought a route to its prefix, as none of ours does.
 *
 * @param address the address with its prefix length
 */
public record ForeignAddress(InterfaceAddress address) {
  /** Such addresses go; one that a gateway replaces goes when the gateway is added. */
  public static final Kind<ForeignAddress> KIND =
      Kind.<ForeignAddress>of("foreign address", 80, ForeignAddress::address)
          .removable(
              (foreign, desired) ->
                  !desired.of(Gateway.KIND).contains(new Gateway(foreign.address)))
          .build();

  @Override
  public String toString() {
    return address + " on " + Bridge.NAME;
  }
}
