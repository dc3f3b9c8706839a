// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.policy;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Addresses of one family that a rule names by ranges. */
sealed interface Span {
  Family family();

  boolean contains(IpAddress address);

  /** Unambiguous. */
  String text();

  /**
   * A range without some ranges inside it.
   *
   * @param except sorted, none inside another
   */
  record Range(Cidr cidr, List<Cidr> except) implements Span {
    /** Empty where nothing is left of the range. */
    static Optional<Range> of(PolicyPeer.Range peer) {
      List<Cidr> except = new ArrayList<>(peer.except());
      Collections.sort(except);
      List<Cidr> inside = new ArrayList<>();
      for (Cidr one : except) {
        if (one.contains(peer.cidr())) {
          return Optional.empty();
        }
        boolean known = !inside.isEmpty() && inside.get(inside.size() - 1).contains(one);
        if (peer.cidr().contains(one) && !known) {
          inside.add(one);
        }
      }
      return Optional.of(new Range(peer.cidr(), List.copyOf(inside)));
    }

    @Override
    public Family family() {
      return cidr.family();
    }

    @Override
    public boolean contains(IpAddress address) {
      if (!cidr.contains(address)) {
        return false;
      }
      int at = Collections.binarySearch(except, Cidr.host(address));
      int before = at >= 0 ? at : -at - 2;
      return before < 0 || !except.get(before).contains(address);
    }

    @Override
    public String text() {
      return cidr + except.stream().map(one -> "-" + one).collect(Collectors.joining());
    }
  }

  /**
   * Some addresses.
   *
   * @param addresses of one family, not empty
   */
  record Hosts(Collection<IpAddress> addresses) implements Span {
    public Hosts {
      addresses = Collections.unmodifiableSortedSet(new TreeSet<>(addresses));
    }

    @Override
    public Family family() {
      return addresses.iterator().next().family();
    }

    @Override
    public boolean contains(IpAddress address) {
      return addresses.contains(address);
    }

    @Override
    public String text() {
      return addresses.stream().map(IpAddress::toString).collect(Collectors.joining(","));
    }
  }
}
