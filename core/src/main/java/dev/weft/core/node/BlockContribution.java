// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import dev.weft.core.dataplane.Gateway;
import dev.weft.core.dataplane.NodeState;
import dev.weft.core.dataplane.Route;
import dev.weft.core.net.Cidr;
import java.util.Set;
import java.util.stream.Collectors;

/** An answer of "unreachable" for the addresses of a block that no pod has. */
final class BlockContribution implements Contribution {
  @Override
  public void addTo(NodeState.Builder desired, NodeInput node) {
    Set<Cidr> taken =
        desired.of(Route.KIND).stream().map(Route::destination).collect(Collectors.toSet());
    for (Gateway gateway : desired.of(Gateway.KIND)) {
      Cidr block = gateway.address().network();
      if (!taken.contains(block)) {
        desired.add(Route.KIND, Route.blockRest(block));
      }
    }
  }
}
