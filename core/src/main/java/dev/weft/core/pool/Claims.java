// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.Family;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Which blocks that agents claim become theirs: those of the range in force of a pool that is not
 * being deleted, of its block size, not reserved, around no node's own address, last known to be no
 * other node's, that overlap no block that is allocated and none that was claimed before.
 *
 * @param accepted those that become their nodes'
 * @param refused those that do not, each with the reason as a sentence
 * @param excess those refused that are more than a node may claim: they can be deleted
 */
record Claims(Set<Cidr> accepted, Map<Cidr, String> refused, Set<Cidr> excess) {
  /** Of one family, and of one node: more than its pods could use. */
  static final int MAX_BLOCKS = 16;

  /** How many addresses a node may claim blocks for, where its blocks are small. */
  private static final int MAX_ADDRESSES_BITS = 12;

  /** Decides on each claim of a node that is there; the others wait for their nodes. */
  static Claims of(
      ClusterState state,
      NodeIndex nodes,
      Map<Pool, PoolVerdict> verdicts,
      NodeAddresses nodeAddresses) {
    List<Block> claims = claims(state);
    if (claims.isEmpty()) {
      return new Claims(Set.of(), Map.of(), Set.of());
    }
    Map<String, PoolVerdict> byName = new HashMap<>();
    verdicts.forEach((pool, verdict) -> byName.put(pool.name(), verdict));
    Map<Cidr, Owner> lastOwners = new HashMap<>();
    state.remembered().forEach(block -> lastOwners.put(block.cidr(), block.owner()));
    BlockIndex counting = new BlockIndex();
    Map<String, Integer> held = new HashMap<>(); // node and family -> blocks
    state.blocks().stream()
        .filter(block -> block.state() != Block.State.CLAIMED)
        .forEach(
            block -> {
              counting.add(block);
              held.merge(key(block), 1, Integer::sum);
            });
    Set<Cidr> accepted = new HashSet<>();
    Map<Cidr, String> refused = new HashMap<>();
    Map<String, Integer> refusedOf = new HashMap<>(); // node and family -> claims
    Set<Cidr> excess = new HashSet<>();
    for (Block claim : claims) {
      if (nodes.find(claim.owner()).isEmpty()) {
        continue;
      }
      int limit = limit(claim.cidr());
      boolean full = held.getOrDefault(key(claim), 0) >= limit;
      Optional<String> problem =
          full
              ? Optional.of("its node has %d blocks of this family already".formatted(limit))
              : problem(claim, byName.get(claim.pool()), nodeAddresses)
                  .or(() -> counting.overlapping(claim.cidr()).map(Claims::overlap))
                  .or(() -> platform(claim, nodes, state.platforms()))
                  .or(() -> otherOwner(claim, nodes, lastOwners.get(claim.cidr())));
      if (problem.isPresent()) {
        refused.put(claim.cidr(), problem.get());
        if (full || refusedOf.merge(key(claim), 1, Integer::sum) > limit) {
          excess.add(claim.cidr());
        }
      } else {
        accepted.add(claim.cidr());
        counting.add(claim);
        held.merge(key(claim), 1, Integer::sum);
      }
    }
    return new Claims(Set.copyOf(accepted), Map.copyOf(refused), Set.copyOf(excess));
  }

  /** How many blocks of this size a node may have, and how many more it may claim in vain. */
  private static int limit(Cidr block) {
    int bits = block.family().bits() - block.prefixLength();
    return bits >= MAX_ADDRESSES_BITS
        ? MAX_BLOCKS
        : Math.max(MAX_BLOCKS, 1 << MAX_ADDRESSES_BITS - bits);
  }

  private static List<Block> claims(ClusterState state) {
    return state.blocks().stream()
        .filter(block -> block.state() == Block.State.CLAIMED)
        .sorted(Block.BY_AGE)
        .toList();
  }

  private static String key(Block block) {
    Family family = block.cidr().family();
    return family + " " + block.owner().node();
  }

  private static Optional<String> problem(
      Block claim, PoolVerdict pool, NodeAddresses nodeAddresses) {
    Cidr cidr = claim.cidr();
    if (pool == null) {
      return Optional.of("there is no IPPool %s".formatted(claim.pool()));
    }
    if (pool.kind() == PoolVerdict.Kind.DELETING) {
      return Optional.of("IPPool %s is being deleted".formatted(claim.pool()));
    }
    if (pool.layout().isEmpty()) {
      return Optional.of("IPPool %s has no range in force".formatted(claim.pool()));
    }
    BlockLayout layout = pool.layout().get();
    if (!layout.cidr().contains(cidr)) {
      return Optional.of(
          "it lies outside %s, the range in force of IPPool %s"
              .formatted(layout.cidr(), claim.pool()));
    }
    if (cidr.prefixLength() != layout.blockLength()) {
      return Optional.of(
          "blocks of IPPool %s are /%d".formatted(claim.pool(), layout.blockLength()));
    }
    if (layout.reserved().stream().anyMatch(range -> range.contains(cidr))) {
      return Optional.of("it is reserved in IPPool %s".formatted(claim.pool()));
    }
    String own = nodeAddresses.in(cidr);
    return own.isEmpty() ? Optional.empty() : Optional.of(own);
  }

  private static Optional<String> platform(Block claim, NodeIndex nodes, AgentPlatforms platforms) {
    return nodes
        .find(claim.owner())
        .filter(node -> !platforms.include(node.labels()))
        .map(node -> "no agent can run on node %s".formatted(node.name()));
  }

  /** That a block is remembered to be another's, whose agent is to claim it; null: nobody's. */
  private static Optional<String> otherOwner(Block claim, NodeIndex nodes, Owner last) {
    return Optional.ofNullable(last)
        .flatMap(nodes::find)
        .filter(node -> !node.owns(claim.owner()))
        .map(node -> "it was node %s's before".formatted(node.name()));
  }

  private static String overlap(Block other) {
    return "it overlaps %s of node %s".formatted(other.cidr(), other.owner().node());
  }

  /** Blocks by their ranges, any of which may overlap another. */
  private static final class BlockIndex {
    private final TreeMap<Cidr, Block> blocks = new TreeMap<>();

    void add(Block block) {
      blocks.put(block.cidr(), block);
    }

    /** One that overlaps a range. */
    Optional<Block> overlapping(Cidr cidr) {
      for (int length = 0; length <= cidr.prefixLength(); length++) {
        Block holder = blocks.get(Cidr.containing(cidr.address(), length));
        if (holder != null) {
          return Optional.of(holder);
        }
      }
      return Optional.ofNullable(blocks.ceilingEntry(cidr))
          .map(Map.Entry::getValue)
          .filter(block -> cidr.contains(block.cidr()));
    }
  }
}
