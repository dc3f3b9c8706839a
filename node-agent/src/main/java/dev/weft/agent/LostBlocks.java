// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent;

import dev.weft.core.net.Cidr;
import dev.weft.core.node.Attachment;
import dev.weft.core.node.BlockReport;
import dev.weft.core.node.Obstacle;
import dev.weft.core.node.PodName;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;

/** Tells each pod of a block once that the block was lost. */
final class LostBlocks {
  private final BiConsumer<PodName, String> event;
  private Set<Cidr> told = Set.of();

  /**
   * Tells nothing yet.
   *
   * @param event takes a pod and why its block is lost
   */
  LostBlocks(BiConsumer<PodName, String> event) {
    this.event = event;
  }

  void check(List<BlockReport> blocks, Collection<Attachment> attachments) {
    Set<Cidr> lost = new HashSet<>();
    for (BlockReport report : blocks) {
      Cidr block = report.block().cidr();
      if (report.obstacle().map(Obstacle::reason).filter(Obstacle.WITHHELD::equals).isPresent()) {
        lost.add(block);
        if (!told.contains(block)) {
          tell(block, report.block().whyNot(), attachments);
        }
      }
    }
    told = lost;
  }

  private void tell(Cidr block, String why, Collection<Attachment> attachments) {
    attachments.stream()
        .filter(attachment -> attachment.addresses().stream().anyMatch(block::contains))
        .forEach(attachment -> attachment.pod().ifPresent(pod -> event.accept(pod, why)));
  }
}
