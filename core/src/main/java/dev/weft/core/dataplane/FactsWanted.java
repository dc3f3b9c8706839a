// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.dataplane;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.CidrSet;
import dev.weft.core.net.IpAddress;
import java.util.Collection;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;

/** Which facts of the node's network are wanted: those that what we program depends on. */
public final class FactsWanted {
  /** Nothing but what is always read. */
  public static final FactsWanted NONE = new FactsWanted(Set.of(), Set.of());

  private final CidrSet ranges;
  private final NavigableSet<IpAddress> nextHops;

  /**
   * Facts beside those that are always read.
   *
   * @param ranges where foreign routes matter: pools and blocks, also overlapping ones
   * @param nextHops addresses of other nodes
   */
  public FactsWanted(Collection<Cidr> ranges, Collection<IpAddress> nextHops) {
    this.nextHops = new TreeSet<>(nextHops);
    this.ranges = new CidrSet(ranges);
  }

  /** The next hops, each once. */
  public Set<IpAddress> nextHops() {
    return nextHops;
  }

  /** Whether the other wants foreign routes in the same ranges. */
  public boolean sameRanges(FactsWanted other) {
    return ranges.equals(other.ranges);
  }

  /** Whether a foreign route to this destination matters by lying in one of the ranges. */
  public boolean holds(Cidr destination) {
    return ranges.holds(destination);
  }

  /** Whether a route to this destination may change how a next hop is reached. */
  public boolean leadsToNextHop(Cidr destination) {
    IpAddress first = nextHops.ceiling(destination.address());
    return first != null && destination.contains(first);
  }
}
