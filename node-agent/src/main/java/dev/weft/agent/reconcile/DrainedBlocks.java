// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.reconcile;

import dev.weft.core.net.Cidr;
import dev.weft.core.node.BlockState;
import dev.weft.core.node.BlockUsage;
import dev.weft.core.node.OwnBlock;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * Which blocks that are to be given back no pod has an address of. A block is one of them only once
 * it was not allocatable, and remembered so across restarts, before the run that found it empty
 * read the kernel; a pod that came meanwhile would have been seen. After each start each is found
 * empty again first. Thread-safe.
 */
public final class DrainedBlocks {
  private static final Set<BlockState> LEAVING = Set.of(BlockState.DRAINING, BlockState.RELEASING);

  /**
   * By block, the generation of its allocation that it is not allocatable for, and remembered so.
   */
  private Map<Cidr, Long> closed = Map.of();

  /** By block, the generation in which it was found to be empty. */
  private Map<Cidr, Long> drained = Map.of();

  /**
   * Takes what a run of the loop found.
   *
   * @param remembered whether the blocks' states were written down before
   * @param usage how far each block is used after the run
   */
  public synchronized void reconciled(
      ReconcileReport report, boolean remembered, Collection<BlockUsage> usage) {
    Map<Cidr, Long> nowClosed = new HashMap<>();
    Map<Cidr, Long> nowDrained = new HashMap<>();
    for (OwnBlock block : report.view().blocks()) {
      if (isLeaving(block) && report.view().listed() && remembered) {
        nowClosed.put(block.cidr(), block.generation());
        boolean before = Long.valueOf(block.generation()).equals(closed.get(block.cidr()));
        if (before && isEmpty(block.cidr(), usage)) {
          nowDrained.put(block.cidr(), block.generation());
        }
      }
    }
    closed = nowClosed;
    drained = nowDrained;
  }

  /** Whether another run of the loop may find a block empty that is not found so yet. */
  public synchronized boolean isRunDue(Collection<BlockUsage> usage) {
    return closed.keySet().stream()
        .anyMatch(block -> !drained.containsKey(block) && isEmpty(block, usage));
  }

  /** Whether no pod has an address of a block, and none gets one, in this generation. */
  public synchronized boolean isDrained(OwnBlock block) {
    return Long.valueOf(block.generation()).equals(drained.get(block.cidr()));
  }

  /**
   * Whether a block is one that the node does not keep, by its allocation: also one that is being
   * released, which the operator takes back where it is not reported empty any more.
   *
   * @param block of the view: as it is served, it may be not allocatable for another reason besides
   */
  public static boolean isLeaving(OwnBlock block) {
    return LEAVING.contains(block.state());
  }

  private static boolean isEmpty(Cidr block, Collection<BlockUsage> usage) {
    return usage.stream().filter(one -> one.cidr().equals(block)).anyMatch(one -> one.used() == 0);
  }
}
