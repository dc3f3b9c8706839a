// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.Family;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The blocks that nodes use, by node and family: those that are theirs, that lie in the range in
 * force of their pool, and that overlap no older block.
 */
final class OwnedBlocks {
  private record Key(String node, Family family) {}

  private final Map<Key, List<Block>> blocks = new HashMap<>();
  private final Map<String, Cidr> ranges = new HashMap<>(); // in force, by pool
  private final Map<String, Pool> pools = new HashMap<>();
  private final Set<String> allocating = new HashSet<>(); // pools

  private final NodeIndex nodes;

  private OwnedBlocks(Map<Pool, PoolVerdict> verdicts, NodeIndex nodes) {
    this.nodes = nodes;
    verdicts.forEach(
        (pool, verdict) -> {
          verdict.acceptance().range().ifPresent(range -> ranges.put(pool.name(), range));
          pools.put(pool.name(), pool);
          if (verdict.allocates()) {
            allocating.add(pool.name());
          }
        });
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
    OwnedBlocks owned = new OwnedBlocks(verdicts, nodes);
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
    Cidr range = ranges.get(block.pool());
    return range != null && range.contains(block.cidr());
  }

  /** Every list of blocks of one node and family. */
  Iterable<List<Block>> groups() {
    return blocks.values();
  }

  List<Block> of(String node, Family family) {
    return blocks.getOrDefault(new Key(node, family), List.of());
  }

  /** Whether a node has none that it is to keep, of whichever family. */
  boolean keepsNone(String node) {
    return Stream.of(Family.values())
        .flatMap(family -> of(node, family).stream())
        .allMatch(this::isLeaving);
  }

  /**
   * Whether its node is to give a block back: its pool is being drained, or selects the node no
   * more. A pool that cannot be read selects as before, which nobody knows.
   */
  boolean isLeaving(Block block) {
    Pool pool = pools.get(block.pool());
    return pool.isDraining()
        || pool.layout().isPresent() && nodes.find(block.owner()).filter(pool::selects).isEmpty();
  }

  /** Whether a block's pool allocates blocks. */
  boolean isReplaceable(Block block) {
    return allocating.contains(block.pool());
  }
}
