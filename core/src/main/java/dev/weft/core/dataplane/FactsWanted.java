// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.dataplane;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.IpAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;

/** Which facts of the node's network are wanted: those that what we program depends on. */
public final class FactsWanted {
  /** Nothing but what is always read. */
  public static final FactsWanted NONE = new FactsWanted(Set.of(), Set.of());

  /** In their order; none holds another. */
  private final List<Cidr> ranges = new ArrayList<>();

  private final NavigableSet<IpAddress> nextHops;

  /**
   * Facts beside those that are always read.
   *
   * @param ranges where foreign routes matter: pools and blocks, also overlapping ones
   * @param nextHops addresses of other nodes
   */
  public FactsWanted(Collection<Cidr> ranges, Collection<IpAddress> nextHops) {
    this.nextHops = new TreeSet<>(nextHops);
    // In this order a range comes right after the one that holds it, or after another inside that.
    // Most come in it, so that a sort is quick.
    List<Cidr> sorted = new ArrayList<>(ranges);
    Collections.sort(sorted);
    Cidr last = null;
    for (Cidr range : sorted) {
      if (last == null || !last.contains(range)) {
        this.ranges.add(range);
        last = range;
      }
    }
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
    int at = Collections.binarySearch(ranges, destination);
    int before = at >= 0 ? at : -at - 2;
    return before >= 0 && ranges.get(before).contains(destination);
  }

  /** Whether a route to this destination may change how a next hop is reached. */
  public boolean leadsToNextHop(Cidr destination) {
    IpAddress first = nextHops.ceiling(destination.address());
    return first != null && destination.contains(first);
  }
}
