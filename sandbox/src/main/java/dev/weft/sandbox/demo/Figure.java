// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox.demo;

import dev.weft.core.net.Family;
import dev.weft.sandbox.Topology;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * What the demo must show: every address follows from the pool, the order of the nodes and the
 * order of the pods.
 *
 * @param families of the cluster
 * @param topology how its nodes are connected
 */
record Figure(Set<Family> families, Topology topology) {
  /** A node and the pods on it, in the order they start. */
  record Place(int node, List<String> pods) {
    String name() {
      return "node" + node;
    }
  }

  static final List<Place> PLACES =
      List.of(
          new Place(1, List.of("blue", "orange")),
          new Place(2, List.of("purple")),
          new Place(3, List.of("green")));

  private boolean has(Family family) {
    return families.contains(family);
  }

  private List<String> both(String ipv4, String ipv6) {
    List<String> addresses = new ArrayList<>();
    if (has(Family.IPV4)) {
      addresses.add(ipv4);
    }
    if (has(Family.IPV6)) {
      addresses.add(ipv6);
    }
    return addresses;
  }

  List<String> nodeAddresses(int node) {
    int lan = topology == Topology.ROUTED && node == 3 ? 2 : 1;
    return both("192.168." + lan + "." + (10 + node), "fd00:" + lan + "::" + (10 + node));
  }

  List<String> blocks(int node) {
    return both("10.244." + node + ".0/24", "fd00:244:0:" + node + "::/64");
  }

  /** The bridge's addresses, with the block's prefix length. */
  List<String> bridgeAddresses(int node) {
    return both("10.244." + node + ".1/24", "fd00:244:0:" + node + "::1/64");
  }

  List<String> gateways(int node) {
    return bridgeAddresses(node).stream().map(address -> address.split("/")[0]).toList();
  }

  /** Addresses of the n-th pod of a node, the first being 0. */
  List<String> podAddresses(int node, int n) {
    return both("10.244." + node + "." + (2 + n), "fd00:244:0:" + node + "::" + (2 + n));
  }

  String text() {
    StringBuilder text = new StringBuilder();
    for (Place place : PLACES) {
      text.append(place.name().toUpperCase(Locale.ROOT)).append(' ');
      text.append(joined(nodeAddresses(place.node())));
      text.append("  v-net-0 ").append(joined(bridgeAddresses(place.node()))).append(' ');
      for (int n = 0; n < place.pods().size(); n++) {
        text.append("  ").append(place.pods().get(n).toUpperCase(Locale.ROOT)).append(' ');
        text.append(joined(podAddresses(place.node(), n)));
      }
      text.append('\n');
    }
    return text.toString();
  }

  private static String joined(List<String> addresses) {
    return String.join(" ", addresses);
  }
}
