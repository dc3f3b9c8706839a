// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.net;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;

/** The addresses of some ranges. Whether one is among them costs a binary search. */
public final class CidrSet {
  /** In their order; none holds another. */
  private final List<Cidr> ranges = new ArrayList<>();

  /** The addresses of these ranges, which may overlap. */
  public CidrSet(Collection<Cidr> of) {
    // In this order a range comes right after the one that holds it, or after another inside that.
    // Most come in it, so that a sort is quick.
    List<Cidr> sorted = new ArrayList<>(of);
    Collections.sort(sorted);
    Cidr last = null;
    for (Cidr range : sorted) {
      if (last == null || !last.contains(range)) {
        ranges.add(range);
        last = range;
      }
    }
  }

  /** Whether one of the ranges holds this one. */
  public boolean holds(Cidr range) {
    int at = Collections.binarySearch(ranges, range);
    int before = at >= 0 ? at : -at - 2;
    return before >= 0 && ranges.get(before).contains(range);
  }

  /** Whether one of the ranges holds an address. */
  public boolean holds(IpAddress address) {
    return holds(Cidr.host(address));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof CidrSet set && ranges.equals(set.ranges);
  }

  @Override
  public int hashCode() {
    return ranges.hashCode();
  }
}
