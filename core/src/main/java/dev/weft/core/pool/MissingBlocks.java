// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import dev.weft.core.net.Cidr;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * What becomes of remembered blocks whose IPAllocation is gone, though nobody saw it released. They
 * are kept from others: the agent that serves one claims it again. What is remembered of one is
 * void where another has it, its range was divided into blocks of another size, or no agent can run
 * on the node.
 *
 * @param missing those whose node is there
 * @param lost those whose node is gone: kept from others as long as they are remembered
 * @param forget those that are void
 */
record MissingBlocks(Set<Cidr> missing, Set<Cidr> lost, Set<Cidr> forget) {

  /** Decides on each, and occupies those that are not void. */
  static MissingBlocks of(ClusterState state, NodeIndex nodes, PoolSpace space) {
    TreeSet<Cidr> existing = new TreeSet<>();
    state.blocks().forEach(block -> existing.add(block.cidr()));
    List<RememberedBlock> absent =
        state.remembered().stream()
            .filter(block -> !existing.contains(block.cidr()))
            .sorted(Comparator.comparing(RememberedBlock::cidr))
            .toList();
    Set<Cidr> missing = new HashSet<>();
    Set<Cidr> lost = new HashSet<>();
    Set<Cidr> forget = new HashSet<>();
    for (RememberedBlock block : absent) {
      Cidr cidr = block.cidr();
      Optional<ClusterNode> node = nodes.find(block.owner());
      boolean unusable = node.filter(one -> !state.platforms().include(one.labels())).isPresent();
      List<Pool> pools = space.poolsWith(cidr);
      boolean divided = pools.isEmpty() && space.isPooled(cidr);
      if (BlockOverlaps.overlapsAny(existing, cidr) || divided || unusable) {
        forget.add(cidr);
        continue;
      }
      space.occupy(cidr);
      existing.add(cidr);
      if (nodes.isGone(block.owner())) {
        lost.add(cidr);
      } else if (pools.stream().anyMatch(pool -> isOf(block, pool))) {
        missing.add(cidr);
      }
    }
    return new MissingBlocks(Set.copyOf(missing), Set.copyOf(lost), Set.copyOf(forget));
  }

  private static boolean isOf(RememberedBlock block, Pool pool) {
    return !pool.deleting() && pool.name().equals(block.pool());
  }
}
