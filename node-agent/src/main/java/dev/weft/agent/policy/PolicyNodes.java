// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.policy;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.IpAddress;
import dev.weft.core.node.ClusterView;
import dev.weft.core.node.OwnBlock;
import dev.weft.core.node.Peer;
import dev.weft.core.policy.PolicyNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The nodes of a cluster as policies see them: their own addresses and their blocks. */
final class PolicyNodes {
  private PolicyNodes() {}

  /** Every node that has a block that routes may lead to, this one too. */
  static List<PolicyNode> of(ClusterView view, String thisNode) {
    Map<String, Set<IpAddress>> addresses = new LinkedHashMap<>();
    Map<String, List<Cidr>> blocks = new LinkedHashMap<>();
    for (Peer peer : view.peers().known()) {
      if (!peer.reachable()) {
        continue;
      }
      addresses
          .computeIfAbsent(peer.node(), node -> new LinkedHashSet<>())
          .addAll(peer.endpoint().addresses());
      blocks.computeIfAbsent(peer.node(), node -> new ArrayList<>(2)).add(peer.block());
    }
    List<PolicyNode> nodes = new ArrayList<>(addresses.size() + 1);
    addresses.forEach(
        (node, own) -> nodes.add(new PolicyNode(node, List.copyOf(own), blocks.get(node))));
    nodes.add(
        new PolicyNode(
            thisNode, view.nodeAddresses(), view.blocks().stream().map(OwnBlock::cidr).toList()));
    return nodes;
  }
}
