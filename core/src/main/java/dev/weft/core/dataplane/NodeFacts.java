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
 * @param pathMtus of the next hops wanted, those to which the kernel knows the largest packet, in
 *     bytes: by a route's setting, or since a router answered that a packet was too big
 * @param foreignRoutes destinations of routes of another protocol than ours in the main table, as
 *     far as they lie in a range wanted and lead by no link of ours; at most {@link
 *     #MAX_FOREIGN_ROUTES}
 * @param forwarding families for which the node forwards packets (net.ipv4.ip_forward,
 *     net.ipv6.conf.all.forwarding)
 * @param ipv6 whether a new device has IPv6 (net.ipv6.conf.default.disable_ipv6)
 * @param forwardDrops chains that drop what this node forwards unless a rule accepts it, as nft
 *     names them
 * @param strictChains chains that drop a packet whose answer would leave by another link than it
 *     came by, as nft names them
 */
public record NodeFacts(
    List<Interface> interfaces,
    Set<IpAddress> addresses,
    Map<IpAddress, String> onLink,
    Map<IpAddress, Integer> pathMtus,
    Set<Cidr> foreignRoutes,
    Set<Family> forwarding,
    boolean ipv6,
    List<String> forwardDrops,
    List<String> strictChains) {
  /** So many foreign routes are read. One beyond them is met when ours is added. */
  public static final int MAX_FOREIGN_ROUTES = 10_000;

  /**
   * A link of the node.
   *
   * @param name its name
   * @param mtuBytes its MTU
   * @param addresses what it carries, link-local ones left out
   * @param strict whether it drops an IPv4 packet whose answer would leave by another link
   *     (rp_filter 1)
   */
  public record Interface(
      String name, int mtuBytes, List<InterfaceAddress> addresses, boolean strict) {
    /** The addresses in the order given. */
    public Interface {
      addresses = List.copyOf(addresses);
    }

    /** A link that is not strict. */
    public Interface(String name, int mtuBytes, List<InterfaceAddress> addresses) {
      this(name, mtuBytes, addresses, false);
    }
  }

  /** Copies the collections. */
  public NodeFacts {
    interfaces = List.copyOf(interfaces);
    addresses = Set.copyOf(addresses);
    onLink = Map.copyOf(onLink);
    pathMtus = Map.copyOf(pathMtus);
    foreignRoutes = Set.copyOf(foreignRoutes);
    forwarding = Set.copyOf(forwarding);
    forwardDrops = List.copyOf(forwardDrops);
    strictChains = List.copyOf(strictChains);
  }

  /**
   * Facts of a node with IPv6 whose kernel knows the largest packet of no path, and no firewall.
   */
  public NodeFacts(
      List<Interface> interfaces,
      Set<IpAddress> addresses,
      Map<IpAddress, String> onLink,
      Set<Cidr> foreignRoutes,
      Set<Family> forwarding,
      List<String> forwardDrops) {
    this(
        interfaces,
        addresses,
        onLink,
        Map.of(),
        foreignRoutes,
        forwarding,
        true,
        forwardDrops,
        List.of());
  }
}
