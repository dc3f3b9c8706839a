// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import dev.weft.core.dataplane.Bridge;
import dev.weft.core.dataplane.Gateway;
import dev.weft.core.dataplane.HostPort;
import dev.weft.core.dataplane.HostPortRules;
import dev.weft.core.dataplane.NodeState;
import dev.weft.core.net.IpAddress;
import java.util.HashSet;
import java.util.Set;

/**
 * The pods' host ports, reached by every address of the node. A gateway that is only to be set up
 * is an address of the node already.
 */
final class HostPortContribution implements Contribution {
  @Override
  public void addTo(NodeState.Builder desired, NodeInput node) {
    if (!desired.of(Bridge.KIND).isEmpty()) {
      Set<IpAddress> nodeAddresses = new HashSet<>(node.facts().addresses());
      for (Gateway gateway : desired.of(Gateway.KIND)) {
        nodeAddresses.add(gateway.address().address());
      }
      desired.add(HostPortRules.KIND, rules(nodeAddresses, node));
    }
    desired.addAll(HostPort.KIND, node.hostPorts());
  }

  /**
   * Rules that are not as we wrote them stay so while the pools are not known, for our tables are
   * written together; they may not have the sets for the addresses.
   */
  private static HostPortRules rules(Set<IpAddress> nodeAddresses, NodeInput node) {
    HostPortRules wanted = HostPortRules.of(nodeAddresses);
    return node.view().masquerade().isPresent()
        ? wanted
        : node.actual().only(HostPortRules.KIND).filter(is -> !is.inSync()).orElse(wanted);
  }
}
