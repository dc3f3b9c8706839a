// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;
import java.util.List;
import java.util.Optional;

/**
 * How other nodes reach a node, as its agent reports it in the status of the node's IPAllocations.
 *
 * @param addresses the node's InternalIPs, at most one of each family that counts
 * @param onLink the networks that these addresses are on; empty where its agent, of an older
 *     version, does not report it
 * @param vxlan the MAC address of the node's VXLAN devices; empty where it has none
 */
public record Endpoint(
    List<IpAddress> addresses, Optional<List<Cidr>> onLink, Optional<MacAddress> vxlan) {
  /** The node's agent has not reported it. */
  public static final Endpoint UNKNOWN = new Endpoint(List.of());

  public Endpoint {
    addresses = List.copyOf(addresses);
    onLink = onLink.map(List::copyOf);
  }

  /** An endpoint of which nothing but its addresses is known. */
  public Endpoint(List<IpAddress> addresses) {
    this(addresses, Optional.empty(), Optional.empty());
  }

  /** Whether the node reaches an address without a gateway, as far as it reports. */
  boolean hasOnLink(IpAddress address) {
    return onLink.map(all -> all.stream().anyMatch(net -> net.contains(address))).orElse(true);
  }

  /** An endpoint with the first of the addresses of each family. */
  public static Endpoint firstOfEachFamily(List<IpAddress> addresses) {
    return new Endpoint(
        List.of(Family.values()).stream()
            .flatMap(family -> first(addresses, family).stream())
            .toList());
  }

  /** Whether the node's agent has reported it. */
  public boolean isKnown() {
    return !addresses.isEmpty();
  }

  /** The node's address of a family; empty where there is none, or it is not known. */
  public Optional<IpAddress> address(Family family) {
    return first(addresses, family);
  }

  private static Optional<IpAddress> first(List<IpAddress> addresses, Family family) {
    for (IpAddress address : addresses) {
      if (address.family() == family) {
        return Optional.of(address);
      }
    }
    return Optional.empty();
  }
}
