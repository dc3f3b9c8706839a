// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent;

import dev.weft.core.net.Cidr;
import dev.weft.core.node.Attachment;
import dev.weft.core.node.BlockState;
import dev.weft.core.node.OwnBlock;
import dev.weft.core.node.PodName;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/** Reports to each pod of a lost block, once for each state in which the block is lost. */
final class LostBlocks {
  private final BiConsumer<PodName, String> event;

  /** The blocks that were lost at the last check, and their states. */
  private Map<Cidr, BlockState> reported = Map.of();

  /**
   * One that has reported nothing yet.
   *
   * @param event takes a pod and why its block is lost
   */
  LostBlocks(BiConsumer<PodName, String> event) {
    this.event = event;
  }

  void check(List<OwnBlock> blocks, Collection<Attachment> attachments) {
    Map<Cidr, BlockState> lost = new HashMap<>();
    for (OwnBlock block : blocks) {
      if (block.state().isLost()) {
        lost.put(block.cidr(), block.state());
        if (reported.get(block.cidr()) != block.state()) {
          report(block, attachments);
        }
      }
    }
    reported = lost;
  }

  private void report(OwnBlock block, Collection<Attachment> attachments) {
    attachments.stream()
        .filter(attachment -> attachment.addresses().stream().anyMatch(block.cidr()::contains))
        .forEach(
            attachment -> attachment.pod().ifPresent(pod -> event.accept(pod, block.message())));
  }
}
