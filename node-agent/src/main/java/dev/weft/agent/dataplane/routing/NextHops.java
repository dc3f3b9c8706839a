// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.dataplane.routing;

import dev.weft.core.dataplane.NextHop;
import dev.weft.netlink.NetlinkException;
import dev.weft.netlink.NetlinkSocket;
import dev.weft.netlink.route.LinkInfo;
import dev.weft.netlink.route.LinkQuery;
import dev.weft.netlink.route.NextHopInfo;
import dev.weft.netlink.route.NextHopQuery;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Our next-hop objects as the kernel has them, with their numbers; and which numbers are taken. */
final class NextHops {
  /** The first of the numbers that we give ("we" in ASCII, and 16 zero bits). */
  private static final int FIRST = 0x77650000;

  private final Map<NextHop, Integer> ids = new HashMap<>();
  private final Set<Integer> taken = new HashSet<>();
  private int next = FIRST;

  private NextHops() {}

  /** Reads them. */
  static NextHops of(NetlinkSocket route, Map<Integer, String> linkNames) throws NetlinkException {
    NextHops hops = new NextHops();
    for (NextHopInfo found : route.dump(new NextHopQuery())) {
      hops.taken.add(found.id());
      if (found.ours() && found.gateway().isPresent()) {
        String device = linkNames.getOrDefault(found.link(), "");
        hops.ids.putIfAbsent(new NextHop(found.gateway().get(), device), found.id());
      }
    }
    return hops;
  }

  /** Reads them and the links that they name. */
  static NextHops of(NetlinkSocket route) throws NetlinkException {
    return of(
        route,
        route.dump(LinkQuery.all()).stream()
            .collect(Collectors.toMap(LinkInfo::index, LinkInfo::name)));
  }

  /** Each once. */
  Iterable<NextHop> all() {
    return ids.keySet();
  }

  /** The number of one; empty where it is not there. */
  Optional<Integer> id(NextHop hop) {
    return Optional.ofNullable(ids.get(hop));
  }

  /** A number for one that is to come: the lowest from ours on that nobody has. */
  int take(NextHop hop) {
    while (!taken.add(next)) {
      next++;
    }
    ids.put(hop, next);
    return next;
  }
}
