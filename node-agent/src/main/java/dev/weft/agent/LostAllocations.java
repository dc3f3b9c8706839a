// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent;

import dev.weft.agent.reconcile.ReconcileReport;
import dev.weft.core.net.Cidr;
import dev.weft.core.node.BlockState;
import dev.weft.core.node.BlockUsage;
import dev.weft.core.node.OwnBlock;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Which blocks of this node are to be claimed, since their allocations were lost. */
final class LostAllocations {
  private LostAllocations() {}

  /**
   * One that the node was to give back only where pods have addresses of it; none before every list
   * is in.
   */
  static List<OwnBlock> of(ReconcileReport report, Collection<BlockUsage> usage) {
    if (!report.view().listed()) {
      return List.of();
    }
    Set<Cidr> used =
        usage.stream()
            .filter(one -> one.used() > 0)
            .map(BlockUsage::cidr)
            .collect(Collectors.toSet());
    return report.blocks().stream()
        .filter(
            block ->
                block.state() == BlockState.DELETED
                    || block.state() == BlockState.GIVEN_BACK && used.contains(block.cidr()))
        .toList();
  }
}
