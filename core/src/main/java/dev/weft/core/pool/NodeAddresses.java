// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.IpAddress;
import java.util.Comparator;
import java.util.List;

/** The nodes' own addresses: a block that contains one is never allocated. */
final class NodeAddresses {
  private record Named(IpAddress address, String node) {}

  private final List<Named> addresses;

  private NodeAddresses(List<Named> addresses) {
    this.addresses = addresses;
  }

  static NodeAddresses of(List<ClusterNode> nodes) {
    return new NodeAddresses(
        nodes.stream()
            .sorted(Comparator.comparing(ClusterNode::name))
            .flatMap(node -> node.addresses().stream().map(one -> new Named(one, node.name())))
            .toList());
  }

  /** Each as a range of one address. */
  List<Cidr> ranges() {
    return addresses.stream().map(one -> Cidr.host(one.address())).toList();
  }

  /** A message on which of them lie in a range; empty: none. */
  String in(Cidr range) {
    List<Named> inside = addresses.stream().filter(one -> range.contains(one.address())).toList();
    if (inside.isEmpty()) {
      return "";
    }
    String more = inside.size() == 1 ? "" : " and %d more".formatted(inside.size() - 1);
    return "%s contains %s of node %s%s; the blocks around nodes' addresses are not allocated; if this"
            .formatted(range, inside.get(0).address(), inside.get(0).node(), more)
        + " is the nodes' own network, choose another range";
  }
}
