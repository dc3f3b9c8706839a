// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import dev.weft.core.net.Cidr;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Which blocks that agents claim become theirs: those of the range in force of a pool that is not
 * being deleted and selects the node, of its block size, not reserved, around no node's own
 * address, not remembered as another node's, that overlap no block that is allocated and none that
 * was claimed before, and no more of them than the pool lets a node have, those that wait included.
 * A block that is remembered as the node's is its own whichever nodes the pool selects by now, and
 * however many it lets them have. A claim whose node or whose pool's range in force is not there
 * waits for it.
 *
 * @param accepted those that become their nodes'
 * @param refused those that do not, and whose IPAllocations go, each with the reason as a sentence
 * @param nodeless those that wait for their nodes
 */
record Claims(Set<Cidr> accepted, Map<Cidr, String> refused, Set<Cidr> nodeless) {
  /** How many claims of a node may wait for pools that are not there. */
  private static final int MAX_WAITING = 16;

  /** Decides on each claim, the oldest first. */
  static Claims of(
      ClusterState state,
      NodeIndex nodes,
      Map<Pool, PoolVerdict> verdicts,
      NodeAddresses nodeAddresses) {
    List<Block> claims = claims(state);
    if (claims.isEmpty()) {
      return new Claims(Set.of(), Map.of(), Set.of());
    }
    Map<String, Pool> pools = new HashMap<>();
    verdicts.keySet().forEach(pool -> pools.put(pool.name(), pool));
    Map<Cidr, Owner> lastOwners = new HashMap<>();
    state.remembered().forEach(block -> lastOwners.put(block.cidr(), block.owner()));
    BlockIndex counting = new BlockIndex();
    Map<String, Integer> held = new HashMap<>(); // node and pool -> blocks
    state.blocks().stream()
        .filter(block -> block.state() != Block.State.CLAIMED)
        .forEach(
            block -> {
              counting.add(block);
              held.merge(key(block.pool(), block), 1, Integer::sum);
            });
    Set<Cidr> accepted = new HashSet<>();
    Map<Cidr, String> refused = new HashMap<>();
    Set<Cidr> nodeless = new HashSet<>();
    for (Block claim : claims) {
      Cidr cidr = claim.cidr();
      Optional<ClusterNode> node = nodes.find(claim.owner());
      Optional<Pool> pool = Optional.ofNullable(pools.get(claim.pool()));
      Optional<PoolVerdict> verdict = pool.map(verdicts::get).filter(Claims::isDecided);
      Optional<String> problem = Optional.empty();
      Optional<Owner> last = Optional.ofNullable(lastOwners.get(cidr));
      boolean own = last.filter(owner -> isOf(owner, claim, node)).isPresent();
      int limit = pool.map(Pool::maxPerNode).orElse(MAX_WAITING);
      String key = key(pool.map(Pool::name).orElse(""), claim);
      if (last.isPresent() && !own) {
        problem = Optional.of("it was node %s's before".formatted(last.get().node()));
      } else if (!own && held.getOrDefault(key, 0) >= limit) {
        problem =
            Optional.of(
                pool.isPresent()
                    ? "its node has %d blocks of IPPool %s already (spec.maxBlocksPerNode)"
                        .formatted(limit, claim.pool())
                    : "%d claims of its node wait for pools that are not there".formatted(limit));
      } else if (node.isPresent() && verdict.isPresent()) {
        problem =
            problem(claim, verdict.get(), nodeAddresses)
                .or(() -> counting.overlapping(cidr).map(Claims::overlap))
                .or(() -> platform(node.get(), state.platforms()))
                .or(() -> own ? Optional.empty() : unselected(node.get(), pool.get()));
      }
      if (problem.isPresent()) {
        refused.put(cidr, problem.get());
        continue;
      }
      held.merge(key, 1, Integer::sum);
      if (node.isEmpty()) {
        nodeless.add(cidr);
      } else if (verdict.isPresent()) {
        accepted.add(cidr);
        counting.add(claim);
      }
    }
    return new Claims(Set.copyOf(accepted), Map.copyOf(refused), Set.copyOf(nodeless));
  }

  private static boolean isDecided(PoolVerdict verdict) {
    return verdict.kind() == PoolVerdict.Kind.DELETING || verdict.layout().isPresent();
  }

  private static List<Block> claims(ClusterState state) {
    return state.blocks().stream()
        .filter(block -> block.state() == Block.State.CLAIMED)
        .sorted(Block.BY_AGE)
        .toList();
  }

  private static String key(String pool, Block block) {
    return pool + " " + block.owner().node();
  }

  private static Optional<String> problem(
      Block claim, PoolVerdict pool, NodeAddresses nodeAddresses) {
    Cidr cidr = claim.cidr();
    if (pool.kind() == PoolVerdict.Kind.DELETING) {
      return Optional.of("IPPool %s is being deleted".formatted(claim.pool()));
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

  private static Optional<String> platform(ClusterNode node, AgentPlatforms platforms) {
    return platforms.include(node.labels())
        ? Optional.empty()
        : Optional.of("no agent can run on node %s".formatted(node.name()));
  }

  /** Whether a block that is remembered as an owner's is the node's that claims it. */
  private static boolean isOf(Owner last, Block claim, Optional<ClusterNode> node) {
    return node.map(one -> one.owns(last)).orElse(last.node().equals(claim.owner().node()));
  }

  private static Optional<String> unselected(ClusterNode node, Pool pool) {
    return pool.selects(node)
        ? Optional.empty()
        : Optional.of("IPPool %s does not select node %s".formatted(pool.name(), node.name()));
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
