// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import dev.weft.core.dataplane.Bridge;
import dev.weft.core.dataplane.Masquerade;
import dev.weft.core.dataplane.MasqueradeRules;
import dev.weft.core.dataplane.NodeState;

/**
 * Masquerade for the pools that have it on, wherever there is a bridge; while the pools are not
 * known, the rules that are there stay.
 */
final class MasqueradeContribution implements Contribution {
  @Override
  public void addTo(NodeState.Builder desired, NodeInput node) {
    if (!desired.of(Bridge.KIND).isEmpty()) {
      MasqueradeRules unknown =
          node.actual().only(MasqueradeRules.KIND).orElse(MasqueradeRules.of(Masquerade.NONE));
      desired.add(
          MasqueradeRules.KIND, node.view().masquerade().map(MasqueradeRules::of).orElse(unknown));
    }
  }
}
