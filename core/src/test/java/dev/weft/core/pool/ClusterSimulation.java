// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.net.Cidr;
import dev.weft.core.node.Machine;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * A cluster that things happen to. The map of blocks stands for the API server: it refuses a second
 * block of a name, as the real one does.
 */
final class ClusterSimulation {
  private static final List<String> NAMES = List.of("a", "b", "c", "d", "e", "f");

  private static final long GRACE_SECONDS = PoolSamples.TIMES.grace().toSeconds();

  private final Random random;
  private final List<Pool> pools = new ArrayList<>();
  private final Map<String, ClusterNode> nodes = new TreeMap<>();
  private final Map<Cidr, Block> blocks = new TreeMap<>();
  private final Map<Cidr, Claim> memory = new HashMap<>();
  private final Map<Cidr, Long> lostSince = new HashMap<>();
  private ClusterState stale;
  private long now;
  private int serial;

  ClusterSimulation(long seed) {
    random = new Random(seed);
    pools.add(PoolSamples.pool("four", "10.0.0.0/21", 24, "10.0.0.0/24", "10.0.3.128/25"));
    pools.add(PoolSamples.created(PoolSamples.pool("more", "10.0.8.0/23", 25), 1));
    pools.add(PoolSamples.created(PoolSamples.pool("clash", "10.0.9.0/24", 26), 2));
    pools.add(PoolSamples.created(PoolSamples.pool("six", "fd00::/61", 64, "fd00::/64"), 3));
    stale = state();
  }

  /** Lets one thing happen. */
  void step() {
    now += random.nextInt(400);
    String name = NAMES.get(random.nextInt(NAMES.size()));
    switch (random.nextInt(12)) {
      case 0, 1, 2 -> nodes.computeIfAbsent(name, this::newNode);
      case 3 -> nodes.remove(name);
      case 4 -> nodes.computeIfPresent(name, (key, old) -> register(key, old.machine()));
      case 5 -> nodes.computeIfPresent(name, (key, old) -> newNode(key));
      case 6 -> blocks.values().removeIf(block -> random.nextInt(3) == 0);
      case 7 -> blocks.clear();
      case 8 -> handMade();
      case 9 -> press();
      case 10 -> memory.clear(); // a restart
      default -> apply(plan(stale), stale); // another operator, whose caches lag
    }
    if (random.nextInt(3) == 0) {
      stale = state();
    }
    act();
  }

  /** Lets nothing more happen, to at least one node, until nothing more changes. */
  void settle() {
    nodes.computeIfAbsent("last", this::newNode);
    for (int i = 0; i < 20; i++) {
      now += 1_000;
      act();
    }
  }

  /** Every node has what its pools can give. */
  void assertNothingLost() {
    AllocationPlan plan = plan(state());
    assertThat(plan.create()).isEmpty();
    assertThat(plan.steps()).isEmpty();
    assertThat(plan.delete()).isEmpty();
    for (ClusterNode node : nodes.values()) {
      boolean waits = plan.waiting().stream().anyMatch(w -> w.node().equals(node.name()));
      boolean has = plan.owners().containsValue(node);
      assertThat(has || waits).as(node.name()).isTrue();
    }
    boolean ready =
        plan.pools().values().stream()
            .filter(report -> report.verdict().allocates())
            .noneMatch(PoolReport::exhausted);
    assertThat(ready && !plan.waiting().isEmpty()).isFalse();
    assertThat(plan.owners().keySet()).containsAll(blocks.keySet());
  }

  private ClusterState state() {
    return new ClusterState(
        pools,
        List.copyOf(nodes.values()),
        List.copyOf(blocks.values()),
        List.copyOf(memory.values()),
        List.of());
  }

  /** What this operator does: it remembers owners, and its caches are as new as can be. */
  private void act() {
    blocks.values().forEach(this::remember);
    ClusterState seen = state();
    AllocationPlan plan = plan(seen);
    apply(plan, seen);
    memory.keySet().removeAll(plan.forget());
    forgetLost(plan);
  }

  private AllocationPlan plan(ClusterState seen) {
    return AllocationPlanner.plan(seen, PoolSamples.TIMES, PoolSamples.at(now));
  }

  private void apply(AllocationPlan plan, ClusterState seen) {
    check(seen, plan);
    plan.create().forEach(this::create);
    Map<Cidr, Block> decidedOn = new HashMap<>();
    seen.blocks().forEach(block -> decidedOn.put(block.cidr(), block));
    plan.steps().stream()
        .filter(step -> isWritten(decidedOn.get(step.cidr()), step.to()))
        .forEach(this::follow);
    plan.delete().stream()
        .filter(cidr -> isWritten(decidedOn.get(cidr), Block.Release.RELEASING))
        .forEach(blocks::remove);
    checkOneOwner();
  }

  /**
   * Whether a write is made: only on the block as the decision saw it, as its resourceVersion says,
   * and one that takes it away only where its node is not there.
   */
  private boolean isWritten(Block decidedOn, Block.Release to) {
    boolean takes = to == Block.Release.RELEASING;
    ClusterNode node = nodes.get(decidedOn.owner().node());
    boolean back = node != null && node.owns(decidedOn.owner());
    return decidedOn.equals(blocks.get(decidedOn.cidr())) && !(takes && back);
  }

  private void forgetLost(AllocationPlan plan) {
    lostSince.keySet().retainAll(plan.lost());
    plan.lost().forEach(cidr -> lostSince.putIfAbsent(cidr, now));
    memory.keySet().removeIf(cidr -> lostSince.getOrDefault(cidr, now) + GRACE_SECONDS < now);
  }

  private void check(ClusterState seen, AllocationPlan plan) {
    List<Cidr> taken = new ArrayList<>();
    seen.blocks().forEach(block -> taken.add(block.cidr()));
    for (NewBlock block : plan.create()) {
      assertThat(taken).noneMatch(block.cidr()::overlaps);
      taken.add(block.cidr());
      if (block.origin() == NewBlock.Origin.NEW) {
        Pool pool = pools.stream().filter(p -> p.name().equals(block.pool())).findFirst().get();
        assertThat(pool.layout().get().cidr().contains(block.cidr())).isTrue();
        assertThat(pool.layout().get().reserved()).noneMatch(r -> r.contains(block.cidr()));
        assertThat(plan.pools().get(pool.name()).verdict().allocates()).isTrue();
        assertThat(seen.claims())
            .filteredOn(claim -> !plan.forget().contains(claim.cidr()))
            .noneMatch(claim -> claim.cidr().overlaps(block.cidr()));
      }
    }
    for (ReleaseStep step : plan.steps()) {
      assertThat(plan.owners().containsKey(step.cidr())).isEqualTo(step.to() == Block.Release.NONE);
    }
    assertThat(plan.delete()).noneMatch(plan.owners()::containsKey);
  }

  /** Of the blocks that count, no two overlap, and each has one owner. */
  private void checkOneOwner() {
    Map<Cidr, Block> losers = BlockOverlaps.losers(blocks.values());
    List<Cidr> counting =
        blocks.keySet().stream().filter(cidr -> !losers.containsKey(cidr)).sorted().toList();
    for (int i = 1; i < counting.size(); i++) {
      assertThat(counting.get(i - 1).overlaps(counting.get(i))).isFalse();
    }
  }

  private void create(NewBlock block) {
    if (random.nextInt(5) > 0) { // some writes fail
      blocks.putIfAbsent(
          block.cidr(),
          new Block(
              block.cidr(),
              Owner.of(block.node()),
              block.pool(),
              PoolSamples.at(now),
              Block.Release.NONE,
              PoolSamples.at(now),
              false));
    }
  }

  private void follow(ReleaseStep step) {
    blocks.computeIfPresent(
        step.cidr(),
        (cidr, block) ->
            new Block(
                cidr,
                block.owner(),
                block.pool(),
                block.created(),
                step.to(),
                PoolSamples.at(now),
                block.pressure()));
  }

  private void remember(Block block) {
    if (block.release() == Block.Release.RELEASING) {
      memory.remove(block.cidr());
    } else {
      memory.put(block.cidr(), new Claim(block.cidr(), block.owner(), block.pool()));
    }
  }

  private void handMade() {
    int length = 23 + random.nextInt(5);
    Cidr cidr =
        Cidr.containing(Cidr.parse("10.0.0.0/20").sub(28, random.nextInt(256)).address(), length);
    ClusterNode owner =
        nodes.isEmpty() || random.nextBoolean()
            ? newNode("stranger")
            : nodes.values().iterator().next();
    blocks.putIfAbsent(
        cidr,
        new Block(
            cidr,
            Owner.of(owner),
            "four",
            PoolSamples.at(now),
            Block.Release.NONE,
            PoolSamples.at(now),
            false));
  }

  private void press() {
    blocks.replaceAll(
        (cidr, block) ->
            new Block(
                cidr,
                block.owner(),
                block.pool(),
                block.created(),
                block.release(),
                block.since(),
                random.nextInt(4) == 0));
  }

  private ClusterNode newNode(String name) {
    return register(name, new Machine("system-" + name, "boot-" + serial++));
  }

  private ClusterNode register(String name, Machine machine) {
    return PoolSamples.node(name, "uid-" + serial++, now, machine);
  }
}
