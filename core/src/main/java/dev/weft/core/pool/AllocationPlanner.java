// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.Family;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Decides which node gets which block.
 *
 * <p>A node that an agent can run on should have a block of each family that some pool offers it
 * and that it has an InternalIP of, since without one no other node reaches its pods; and one more
 * while all it has of a family are under pressure. Nodes are served by (creationTimestamp, name),
 * those without a block first, each from the oldest pool that selects it and has a block left,
 * lowest block first. A block whose IPAllocation was deleted while its node lives goes back to that
 * node before anybody is served. Nothing that exists, is reserved or is remembered, and no block
 * around a node's own address, is ever given to another.
 *
 * <p>Costs O(n log n) in nodes and blocks, whatever the pools' sizes.
 */
public final class AllocationPlanner {
  private final ClusterState state;
  private final Releases releases;
  private final Map<Cidr, Block> overlapping;
  private final Map<Pool, PoolVerdict> verdicts;
  private final NodeAddresses nodeAddresses;
  private final Map<Pool, FreeBlocks> free = new LinkedHashMap<>();
  private final Map<String, List<Block>> blocksOfNode = new HashMap<>();
  private final List<NewBlock> create = new ArrayList<>();
  private final Set<Cidr> forget = new HashSet<>();
  private final Set<Cidr> lost = new HashSet<>();
  private final List<Waiting> waiting = new ArrayList<>();
  private final Map<Pool, TreeSet<String>> waitingFor = new HashMap<>();
  private final Map<Pool, TreeSet<String>> unaddressed = new HashMap<>();

  private AllocationPlanner(ClusterState state, ReleaseTimes times, Instant now) {
    this.state = state;
    this.releases = Releases.of(state, times, now);
    this.overlapping = BlockOverlaps.losers(state.blocks());
    this.verdicts = PoolVerdicts.of(state);
    this.nodeAddresses = NodeAddresses.of(state.nodes());
  }

  /** What should be done now. The same input gives the same plan. */
  public static AllocationPlan plan(ClusterState state, ReleaseTimes times, Instant now) {
    return new AllocationPlanner(state, times, now).plan();
  }

  private AllocationPlan plan() {
    indexBlocks();
    restoreClaims();
    serve();
    return new AllocationPlan(
        List.copyOf(create),
        List.copyOf(releases.steps),
        List.copyOf(releases.delete),
        Map.copyOf(overlapping),
        Map.copyOf(releases.holders),
        Set.copyOf(forget),
        Set.copyOf(lost),
        List.copyOf(waiting),
        reports(),
        releases.wakeAt);
  }

  private void indexBlocks() {
    verdicts
        .keySet()
        .forEach(pool -> pool.layout().ifPresent(layout -> free.put(pool, new FreeBlocks(layout))));
    free.values().forEach(nodeAddresses::occupy);
    for (Block block : state.blocks()) {
      occupy(block.cidr());
      ClusterNode holder = releases.holders.get(block.cidr());
      if (holder != null && !overlapping.containsKey(block.cidr())) {
        blocksOfNode.computeIfAbsent(holder.name(), name -> new ArrayList<>()).add(block);
      }
    }
  }

  private void occupy(Cidr cidr) {
    free.values().forEach(blocks -> blocks.occupy(cidr));
  }

  private void restoreClaims() {
    TreeSet<Cidr> existing = new TreeSet<>();
    state.blocks().forEach(block -> existing.add(block.cidr()));
    state.claims().stream()
        .filter(claim -> !existing.contains(claim.cidr()))
        .sorted(Comparator.comparing(Claim::cidr))
        .forEach(claim -> restore(claim, existing));
  }

  /**
   * Gives a block back to the node that had it; while there is no pool for it, or the node is gone,
   * it is only kept from others. A claim is void where another has the block, its range was planned
   * anew with blocks of another size, or no agent can run on the node.
   */
  private void restore(Claim claim, TreeSet<Cidr> existing) {
    Optional<Pool> pool = poolOf(claim);
    Optional<ClusterNode> node = releases.holder(claim.owner());
    if (overlapsAny(existing, claim.cidr())
        || pool.isEmpty() && isPlannedAnew(claim.cidr())
        || node.isPresent() && !runsAgents(node.get())) {
      forget.add(claim.cidr());
      return;
    }
    occupy(claim.cidr());
    existing.add(claim.cidr());
    if (releases.isGone(claim.owner())) {
      lost.add(claim.cidr());
    }
    if (node.isPresent() && pool.isPresent() && !pool.get().deleting()) {
      NewBlock block = new NewBlock(claim.cidr(), node.get(), pool.get().name(), true);
      create.add(block);
      blocksOfNode
          .computeIfAbsent(block.node().name(), name -> new ArrayList<>())
          .add(asBlock(block));
    }
  }

  private boolean isPlannedAnew(Cidr cidr) {
    return free.keySet().stream()
        .anyMatch(pool -> !pool.deleting() && pool.layout().get().cidr().overlaps(cidr));
  }

  /** The pool that a claim names, else the oldest, of those that have such a block. */
  private Optional<Pool> poolOf(Claim claim) {
    List<Pool> pools =
        free.keySet().stream().filter(pool -> pool.layout().get().has(claim.cidr())).toList();
    return pools.stream()
        .filter(pool -> pool.name().equals(claim.pool()))
        .findFirst()
        .or(() -> pools.stream().findFirst());
  }

  /** Whether a range is in one of these or holds one; they may overlap each other. */
  private static boolean overlapsAny(TreeSet<Cidr> ranges, Cidr cidr) {
    for (int length = 0; length < cidr.prefixLength(); length++) {
      if (ranges.contains(Cidr.containing(cidr.address(), length))) {
        return true;
      }
    }
    Cidr after = ranges.ceiling(cidr);
    return after != null && cidr.contains(after);
  }

  private static Block asBlock(NewBlock block) {
    return new Block(
        block.cidr(),
        Owner.of(block.node()),
        block.pool(),
        Instant.MAX,
        Block.Release.HELD,
        Instant.MAX,
        false);
  }

  private void serve() {
    List<ClusterNode> nodes =
        state.nodes().stream().filter(this::runsAgents).sorted(ClusterNode.BY_AGE).toList();
    for (ClusterNode node : nodes) {
      Set<Family> offered = new TreeSet<>();
      verdicts.keySet().stream()
          .filter(pool -> selects(pool, node))
          .forEach(pool -> offered.add(pool.layout().get().cidr().family()));
      offered.stream()
          .filter(family -> blocks(node, family).isEmpty())
          .forEach(family -> give(node, family, true));
      if (offered.isEmpty() && !blocksOfNode.containsKey(node.name())) {
        waiting.add(new Waiting(node.name(), "no valid IPPool selects this node"));
      }
    }
    for (ClusterNode node : nodes) {
      for (Family family : Family.values()) {
        List<Block> blocks = blocks(node, family);
        if (!blocks.isEmpty() && blocks.stream().allMatch(Block::pressure)) {
          give(node, family, false);
        }
      }
    }
  }

  private boolean runsAgents(ClusterNode node) {
    return state.platforms().include(node.labels());
  }

  private List<Block> blocks(ClusterNode node, Family family) {
    return blocksOfNode.getOrDefault(node.name(), List.of()).stream()
        .filter(block -> block.cidr().family() == family)
        .toList();
  }

  private static boolean selects(Pool pool, ClusterNode node) {
    return pool.layout().isPresent() && pool.selector().matches(node.labels());
  }

  private void give(ClusterNode node, Family family, boolean first) {
    if (!node.isAddressed(family)) {
      refuse(node, family);
      return;
    }
    List<String> reasons = new ArrayList<>();
    for (Pool pool : verdicts.keySet()) {
      if (!selects(pool, node) || pool.layout().get().cidr().family() != family) {
        continue;
      }
      PoolVerdict verdict = verdicts.get(pool);
      Optional<Cidr> block = verdict.handsOut() ? free.get(pool).takeLowest() : Optional.empty();
      if (block.isPresent()) {
        occupy(block.get());
        create.add(new NewBlock(block.get(), node, pool.name(), false));
        return;
      }
      String why = verdict.handsOut() ? "no block is left" : verdict.message();
      reasons.add("IPPool %s: %s".formatted(pool.name(), why));
      waitingFor.computeIfAbsent(pool, key -> new TreeSet<>()).add(node.name());
    }
    if (first || !reasons.isEmpty()) {
      String what = first ? "no IPv%d block" : "no further IPv%d block";
      waiting.add(
          new Waiting(
              node.name(),
              (what + " for this node: %s")
                  .formatted(family.version(), String.join("; ", reasons))));
    }
  }

  private void refuse(ClusterNode node, Family family) {
    List<String> names = new ArrayList<>();
    for (Pool pool : verdicts.keySet()) {
      if (selects(pool, node) && pool.layout().get().cidr().family() == family) {
        unaddressed.computeIfAbsent(pool, key -> new TreeSet<>()).add(node.name());
        names.add(pool.name());
      }
    }
    if (names.isEmpty()) {
      return;
    }
    waiting.add(
        new Waiting(
            node.name(),
            ("no block of IPPool %s for this node: it has no IPv%d InternalIP, so no other node could"
                    + " reach its pods; give it one (kubelet --node-ip), or leave it out by the"
                    + " pool's nodeSelector")
                .formatted(String.join(", ", names), family.version())));
  }

  private Map<String, PoolReport> reports() {
    Map<String, TreeSet<String>> holders = new HashMap<>();
    Map<String, Long> allocated = new HashMap<>();
    for (Block block : state.blocks()) {
      holders.computeIfAbsent(block.pool(), pool -> new TreeSet<>()).add(block.owner().node());
      allocated.merge(block.pool(), 1L, Long::sum);
    }
    for (NewBlock block : create) {
      holders.computeIfAbsent(block.pool(), pool -> new TreeSet<>()).add(block.node().name());
      allocated.merge(block.pool(), 1L, Long::sum);
    }
    Map<String, PoolReport> reports = new LinkedHashMap<>();
    verdicts.forEach(
        (pool, verdict) -> {
          Optional<FreeBlocks> blocks = Optional.ofNullable(free.get(pool));
          reports.put(
              pool.name(),
              new PoolReport(
                  verdict,
                  blocks.map(FreeBlocks::total).orElse(0L),
                  allocated.getOrDefault(pool.name(), 0L),
                  blocks.map(FreeBlocks::free).orElse(0L),
                  List.copyOf(holders.getOrDefault(pool.name(), new TreeSet<>())),
                  List.copyOf(waitingFor.getOrDefault(pool, new TreeSet<>())),
                  List.copyOf(unaddressed.getOrDefault(pool, new TreeSet<>())),
                  pool.layout().map(layout -> nodeAddresses.in(layout.cidr())).orElse("")));
        });
    return reports;
  }
}
