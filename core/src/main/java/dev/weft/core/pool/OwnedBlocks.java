// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.Family;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The blocks that nodes use, by node and family: those that are theirs, that lie in the range in
 * force of their pool, and that overlap no older block.
 */
final class OwnedBlocks {
  private record Key(String node, Family family) {}

  private final Map<Key, List<Block>> blocks = new HashMap<>();
  private final Map<String, Pool> pools = new HashMap<>();
  private final Map<Pool, PoolVerdict> verdicts;

  private OwnedBlocks(Map<Pool, PoolVerdict> verdicts) {
    this.verdicts = verdicts;
    verdicts.keySet().forEach(pool -> pools.put(pool.name(), pool));
  }

  /**
   * Those of a cluster.
   *
   * @param accepted claims that become their nodes'
   * @param overlapping blocks that do not count
   */
  static OwnedBlocks of(
      ClusterState state,
      NodeIndex nodes,
      Map<Pool, PoolVerdict> verdicts,
      Claims claims,
      Map<Cidr, Block> overlapping) {
    OwnedBlocks owned = new OwnedBlocks(verdicts);
    for (Block block : state.blocks()) {
      Cidr cidr = block.cidr();
      boolean counts = block.state() != Block.State.CLAIMED || claims.accepted().contains(cidr);
      Optional<ClusterNode> node = nodes.find(block.owner());
      if (counts && node.isPresent() && !overlapping.containsKey(cidr) && owned.isInPool(block)) {
        Key key = new Key(node.get().name(), cidr.family());
        owned.blocks.computeIfAbsent(key, any -> new ArrayList<>()).add(block);
      }
    }
    return owned;
  }

  private boolean isInPool(Block block) {
    return poolOf(block)
        .flatMap(pool -> verdicts.get(pool).acceptance().range())
        .filter(range -> range.contains(block.cidr()))
        .isPresent();
  }

  private Optional<Pool> poolOf(Block block) {
    return Optional.ofNullable(pools.get(block.pool()));
  }

  /** Every list of blocks of one node and family. */
  Iterable<List<Block>> groups() {
    return blocks.values();
  }

  List<Block> of(String node, Family family) {
    return blocks.getOrDefault(new Key(node, family), List.of());
  }

  /** Whether a node has none, of whichever family. */
  boolean hasNone(String node) {
    return of(node, Family.IPV4).isEmpty() && of(node, Family.IPV6).isEmpty();
  }

  /** Whether a block's pool is being drained. */
  boolean isLeaving(Block block) {
    return poolOf(block).filter(Pool::isDraining).isPresent();
  }

  /** Whether a block's pool allocates blocks. */
  boolean isReplaceable(Block block) {
    return poolOf(block).filter(pool -> verdicts.get(pool).allocates()).isPresent();
  }
}
