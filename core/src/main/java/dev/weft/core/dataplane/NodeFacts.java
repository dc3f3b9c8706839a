// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.dataplane;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.Family;
import dev.weft.core.net.InterfaceAddress;
import dev.weft.core.net.IpAddress;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What the node's network has that is not ours: read, never changed.
 *
 * @param interfaces every link that is not ours and is up and carries an address, but loopback
 * @param addresses every address of the node's devices that are not ours, loopback's too; but for
 *     IPv6 link-local ones, and those of {@code kube-ipvs0}, which are the cluster's Services
 * @param onLink of the next hops wanted, those that the kernel reaches without a gateway over a
 *     link that is not ours, each with that link's name
 * @param foreignRoutes destinations of routes of another protocol than ours in the main table, as
 *     far as they lie in a range wanted and lead by no link of ours; at most {@link
 *     #MAX_FOREIGN_ROUTES}
 * @param forwarding families for which the node forwards packets (net.ipv4.ip_forward,
 *     net.ipv6.conf.all.forwarding)
 * @param forwardDrops chains that drop what this node forwards unless a rule accepts it, as nft
 *     names them
 */
public record NodeFacts(
    List<Interface> interfaces,
    Set<IpAddress> addresses,
    Map<IpAddress, String> onLink,
    Set<Cidr> foreignRoutes,
    Set<Family> forwarding,
    List<String> forwardDrops) {
  /** So many foreign routes are read. One beyond them is met when ours is added. */
  public static final int MAX_FOREIGN_ROUTES = 10_000;

  /**
   * A link of the node.
   *
   * @param name its name
   * @param mtuBytes its MTU
   * @param addresses what it carries, link-local ones left out
   */
  public record Interface(String name, int mtuBytes, List<InterfaceAddress> addresses) {
    /** The addresses in the order given. */
    public Interface {
      addresses = List.copyOf(addresses);
    }
  }

  /** Copies the collections. */
  public NodeFacts {
    interfaces = List.copyOf(interfaces);
    addresses = Set.copyOf(addresses);
    onLink = Map.copyOf(onLink);
    foreignRoutes = Set.copyOf(foreignRoutes);
    forwarding = Set.copyOf(forwarding);
    forwardDrops = List.copyOf(forwardDrops);
  }
}
