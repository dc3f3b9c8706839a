// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.CidrSet;
import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;
import dev.weft.core.net.SpecialRanges;
import java.util.List;
import java.util.Optional;

/**
 * How other nodes reach a node, as its agent reports it in the status of the node's IPAllocations.
 *
 * @param addresses the node's InternalIPs, at most one of each family that counts
 * @param onLink the networks that these addresses are on; empty where its agent, of an older
 *     version, does not report it
 * @param vxlan the MAC address of the node's VXLAN devices; empty where it has none
 * @param refusal why what its agent reports cannot be used; empty where it can. Nothing of a
 *     refused one is kept
 * @param tunnelRefusal why the MAC address that its agent reports cannot be used; empty where it
 *     can. The rest is kept, without a tunnel
 */
public record Endpoint(
    List<IpAddress> addresses,
    Optional<List<Cidr>> onLink,
    Optional<MacAddress> vxlan,
    Optional<String> refusal,
    Optional<String> tunnelRefusal) {
  /** The node's agent has not reported it. */
  public static final Endpoint UNKNOWN = new Endpoint(List.of());

  public Endpoint {
    addresses = List.copyOf(addresses);
    onLink = onLink.map(List::copyOf);
  }

  /** An endpoint that can be used. */
  public Endpoint(
      List<IpAddress> addresses, Optional<List<Cidr>> onLink, Optional<MacAddress> vxlan) {
    this(addresses, onLink, vxlan, Optional.empty(), Optional.empty());
  }

  /** An endpoint of which nothing but its addresses is known. */
  public Endpoint(List<IpAddress> addresses) {
    this(addresses, Optional.empty(), Optional.empty());
  }

  /** An endpoint that cannot be used, and why. */
  public static Endpoint refused(String why) {
    return new Endpoint(
        List.of(), Optional.empty(), Optional.empty(), Optional.of(why), Optional.empty());
  }

  /**
   * The endpoint that a Node's agent reports, refused where a packet cannot be sent to an address
   * of it. A MAC address that is not derived from the Node's UID is not used: with another node's
   * it would take that node's packets. The rest is: where a Node is registered again under another
   * UID, operator and agent write the two one after the other.
   *
   * @param nodeUid the Node's UID; empty where it is not known: then it has no tunnel
   */
  public static Endpoint reported(
      List<IpAddress> addresses,
      Optional<List<Cidr>> onLink,
      Optional<MacAddress> vxlan,
      String nodeUid) {
    for (IpAddress address : addresses) {
      Optional<Cidr> special = SpecialRanges.overlapping(Cidr.host(address));
      if (special.isPresent()) {
        return refused("no node has the address %s, of %s".formatted(address, special.get()));
      }
    }
    if (nodeUid.isEmpty()) {
      return new Endpoint(addresses, onLink, Optional.empty());
    }
    Optional<String> foreign =
        vxlan
            .filter(mac -> !mac.equals(MacAddress.ofNode(nodeUid)))
            .map(mac -> "%s is not the VXLAN device of the Node of UID %s".formatted(mac, nodeUid));
    return new Endpoint(
        addresses, onLink, foreign.isEmpty() ? vxlan : Optional.empty(), Optional.empty(), foreign);
  }

  /**
   * The endpoint that a Node's agent reports, as the API server has it; refused as {@link
   * #reported} or where it cannot be read.
   *
   * @param onLink null: not reported
   * @param mac null: not reported
   * @param nodeUid the Node's UID; empty where it is not known: then it has no tunnel
   */
  public static Endpoint parse(
      List<String> addresses, List<String> onLink, String mac, String nodeUid) {
    try {
      return reported(
          addresses.stream().map(IpAddress::parse).toList(),
          Optional.ofNullable(onLink).map(all -> all.stream().map(Cidr::parse).toList()),
          Optional.ofNullable(mac).map(MacAddress::parse),
          nodeUid);
    } catch (IllegalArgumentException e) {
      return refused(e.getMessage());
    }
  }

  /**
   * The same, refused where one of its addresses is a pod's, or may become one.
   *
   * @param podsOnly ranges of pools that no node's address lies in
   */
  public Endpoint outside(CidrSet podsOnly) {
    for (IpAddress address : addresses) {
      if (podsOnly.holds(address)) {
        return refused("%s lies in a pool, and is the InternalIP of no node".formatted(address));
      }
    }
    return this;
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

  /** The same of a node that no tunnel ends at. */
  public Endpoint withoutTunnel() {
    return new Endpoint(addresses, onLink, Optional.empty(), refusal, tunnelRefusal);
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
