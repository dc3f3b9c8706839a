// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.IpAddress;
import java.util.Comparator;
import java.util.List;

/** The nodes' own addresses: a block that holds one is handed out to nobody. */
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

  /** Makes the blocks that hold one unavailable. */
  void occupy(FreeBlocks blocks) {
    addresses.forEach(one -> blocks.occupy(Cidr.host(one.address())));
  }

  /** Which of them lie in a range, in words; empty: none. */
  String in(Cidr range) {
    List<Named> inside = addresses.stream().filter(one -> range.contains(one.address())).toList();
    if (inside.isEmpty()) {
      return "";
    }
    String more = inside.size() == 1 ? "" : " and %d more".formatted(inside.size() - 1);
    return "%s holds %s of node %s%s; the blocks around nodes' addresses are not handed out; if this"
            .formatted(range, inside.get(0).address(), inside.get(0).node(), more)
        + " is the nodes' own network, choose another range";
  }
}
