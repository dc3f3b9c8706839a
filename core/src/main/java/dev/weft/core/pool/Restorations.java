// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import dev.weft.core.net.Cidr;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * What becomes of claims whose IPAllocation is gone. A block is restored to the node that had it;
 * while there is no pool for it, or the node is gone, it is only kept from others. A claim is void
 * where another has the block, its range was divided into blocks of another size, or no agent can
 * run on the node.
 *
 * @param create blocks to restore, in the order of their ranges
 * @param forget claims that are void
 * @param lost claims whose node is gone: kept from others as long as they are claimed
 */
record Restorations(List<NewBlock> create, Set<Cidr> forget, Set<Cidr> lost) {

  /** Decides on each claim, and occupies what those that are not void claim. */
  static Restorations of(ClusterState state, NodeIndex nodes, PoolSpace space) {
    TreeSet<Cidr> existing = new TreeSet<>();
    state.blocks().forEach(block -> existing.add(block.cidr()));
    List<Claim> orphans =
        state.claims().stream()
            .filter(claim -> !existing.contains(claim.cidr()))
            .sorted(Comparator.comparing(Claim::cidr))
            .toList();
    List<NewBlock> create = new ArrayList<>();
    Set<Cidr> forget = new HashSet<>();
    Set<Cidr> lost = new HashSet<>();
    for (Claim claim : orphans) {
      Cidr cidr = claim.cidr();
      Optional<Pool> pool = poolOf(claim, space);
      Optional<ClusterNode> node = nodes.find(claim.owner());
      boolean unusable = node.filter(one -> !state.platforms().include(one.labels())).isPresent();
      if (BlockOverlaps.overlapsAny(existing, cidr)
          || pool.isEmpty() && space.isPooled(cidr)
          || unusable) {
        forget.add(cidr);
        continue;
      }
      space.occupy(cidr);
      existing.add(cidr);
      if (nodes.isGone(claim.owner())) {
        lost.add(cidr);
      }
      if (node.isPresent() && pool.isPresent() && !pool.get().deleting()) {
        create.add(new NewBlock(cidr, node.get(), pool.get().name(), NewBlock.Origin.RESTORED));
      }
    }
    return new Restorations(List.copyOf(create), Set.copyOf(forget), Set.copyOf(lost));
  }

  /** The pool that a claim names, else the oldest, of those that have such a block. */
  private static Optional<Pool> poolOf(Claim claim, PoolSpace space) {
    List<Pool> pools = space.poolsWith(claim.cidr());
    return pools.stream()
        .filter(pool -> pool.name().equals(claim.pool()))
        .findFirst()
        .or(() -> pools.stream().findFirst());
  }
}
