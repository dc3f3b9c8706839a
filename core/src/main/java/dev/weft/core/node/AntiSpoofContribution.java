// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import dev.weft.core.dataplane.AntiSpoofEntry;
import dev.weft.core.dataplane.AntiSpoofRules;
import dev.weft.core.dataplane.Bridge;
import dev.weft.core.dataplane.NodeState;

/** The anti-spoofing filter wherever there is a bridge, and an entry for each address of a pod. */
final class AntiSpoofContribution implements Contribution {
  /** Our tables are written together: while the pools are not known, none of them is. */
  private static AntiSpoofRules rules(NodeInput node) {
    return node.view().masquerade().isPresent()
        ? AntiSpoofRules.WRITTEN
        : node.actual().only(AntiSpoofRules.KIND).orElse(AntiSpoofRules.WRITTEN);
  }

  @Override
  public void addTo(NodeState.Builder desired, NodeInput node) {
    if (!desired.of(Bridge.KIND).isEmpty()) {
      desired.add(AntiSpoofRules.KIND, rules(node));
    }
    for (Attachment attachment : node.attachments()) {
      desired.addAll(AntiSpoofEntry.KIND, AntiSpoofEntry.of(attachment));
    }
  }
}
