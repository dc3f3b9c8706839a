// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import dev.weft.core.dataplane.Bridge;
import dev.weft.core.dataplane.Gateway;
import dev.weft.core.dataplane.NodeState;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.MacAddress;
import java.util.HashSet;
import java.util.Set;

/**
 * The bridge with a gateway for each block, while the node has a block or a pod; and everything
 * that is there before a first list has come. A gateway goes only with the last pod of its block.
 */
final class BridgeContribution implements Contribution {
  @Override
  public void addTo(NodeState.Builder desired, NodeInput node) {
    Set<Gateway> gateways = gateways(node);
    boolean serves = !gateways.isEmpty() || !node.attachments().isEmpty();
    boolean stays = !node.view().listed() && node.actual().only(Bridge.KIND).isPresent();
    if (serves || stays) {
      desired.add(Bridge.KIND, new Bridge(MacAddress.BRIDGE, node.podMtuBytes(), true));
      desired.addAll(Gateway.KIND, gateways);
    }
  }

  private static Set<Gateway> gateways(NodeInput node) {
    Set<Gateway> gateways = new HashSet<>();
    for (OwnBlock block : node.blocks()) {
      if (block.state().isProgrammed() || isUsed(block.cidr(), node)) {
        gateways.add(new Gateway(block.gateway()));
      }
    }
    for (Gateway gateway : node.actual().of(Gateway.KIND)) {
      if (!node.view().listed() || isUsed(gateway.address().network(), node)) {
        gateways.add(gateway);
      }
    }
    return gateways;
  }

  private static boolean isUsed(Cidr block, NodeInput node) {
    return node.attachments().stream()
        .anyMatch(attachment -> attachment.addresses().stream().anyMatch(block::contains));
  }
}
