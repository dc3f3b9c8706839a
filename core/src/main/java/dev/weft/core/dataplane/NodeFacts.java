// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.dataplane;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.Family;
import dev.weft.core.net.InterfaceAddress;
import java.util.List;
import java.util.Set;

/**
 * What the node's network has that is not ours: read, never changed.
 *
 * @param interfaces every link that is not ours and carries an address, but loopback
 * @param foreignRoutes destinations of routes of another protocol than ours in the main table,
 *     default routes and those by links of ours left out
 * @param forwarding families for which the node forwards packets (net.ipv4.ip_forward,
 *     net.ipv6.conf.all.forwarding)
 * @param forwardDrops chains that drop what this node forwards unless a rule accepts it, as nft
 *     names them
 */
public record NodeFacts(
    List<Interface> interfaces,
    Set<Cidr> foreignRoutes,
    Set<Family> forwarding,
    List<String> forwardDrops) {
  /**
   * A link of the node.
   *
   * @param name its name
   * @param mtuBytes its MTU
   * @param addresses what it carries, link-local ones left out
   */
  public record Interface(String name, int mtuBytes, List<InterfaceAddress> addresses) {
    /** Copies the list. */
    public Interface {
      addresses = List.copyOf(addresses);
    }
  }

  /** Copies the collections. */
  public NodeFacts {
    interfaces = List.copyOf(interfaces);
    foreignRoutes = Set.copyOf(foreignRoutes);
    forwarding = Set.copyOf(forwarding);
    forwardDrops = List.copyOf(forwardDrops);
  }
}
