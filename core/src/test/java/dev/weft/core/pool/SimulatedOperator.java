// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.net.Cidr;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;

/** An operator of a simulated cluster, with a cache that lags, a memory and a clock of its own. */
final class SimulatedOperator {
  /** How many steps nothing is allocated: by then every agent has claimed what it serves. */
  private static final int SETTLE_STEPS = 20;

  private final SimulatedApi api;
  private final Random random;
  private final Consumer<Cidr> onRelease;
  private final Map<Cidr, RememberedBlock> memory = new TreeMap<>();
  private final Map<Cidr, Instant> surplusSince = new HashMap<>();
  private final Map<Cidr, Long> lostSince = new HashMap<>();
  private final Set<Cidr> released = new LinkedHashSet<>();
  private final Set<Cidr> missing = new HashSet<>();
  private int settledAt;
  private long clockOffset;
  private int seen;

  /**
   * An operator that has seen everything.
   *
   * @param onRelease called before a block is released or deleted
   */
  SimulatedOperator(SimulatedApi api, Random random, Consumer<Cidr> onRelease) {
    this.api = api;
    this.random = random;
    this.onRelease = onRelease;
    this.seen = api.newest();
  }

  /** Forgets everything but what its new cache holds. */
  void restart() {
    memory.clear();
    surplusSince.clear();
    lostSince.clear();
    released.clear();
    missing.clear();
    seen = Math.max(api.newest() - random.nextInt(SimulatedApi.MAX_DELAY), 0);
    settledAt = api.newest() + SETTLE_STEPS;
    remember();
  }

  void setClock(long offset) {
    clockOffset = offset;
  }

  /** Takes what its watches report: all of it, or a part. */
  void read(boolean inTime) {
    int behind = api.newest() - seen;
    int most = inTime || behind > SimulatedApi.MAX_DELAY ? behind : random.nextInt(behind + 1);
    for (int i = 0; i < most; i++) {
      seen++;
      remember();
    }
  }

  private void remember() {
    SimulatedApi.Snapshot snapshot = api.history.get(seen);
    for (SimulatedApi.Stored stored : snapshot.blocks().values()) {
      Block block = stored.block();
      if (block.release() == Block.Release.RELEASING) {
        memory.remove(block.cidr());
        released.remove(block.cidr());
        released.add(block.cidr());
      } else if (block.state() != Block.State.CLAIMED) {
        memory.put(block.cidr(), new RememberedBlock(block.cidr(), block.owner(), block.pool()));
      }
    }
  }

  /** Decides by its cache, and by that alone. */
  AllocationPlan plan(long now) {
    return AllocationPlanner.plan(state(now), PoolSamples.TIMES, wall(now));
  }

  ClusterState state(long now) {
    SimulatedApi.Snapshot snapshot = api.history.get(seen);
    return new ClusterState(
        List.copyOf(snapshot.pools().values()),
        List.copyOf(snapshot.nodes().values()),
        snapshot.blocks().values().stream().map(SimulatedApi.Stored::read).toList(),
        List.copyOf(memory.values()),
        List.of(),
        AgentPlatforms.LINUX,
        new History(surplusSince, List.copyOf(released)),
        isSettling());
  }

  private boolean isSettling() {
    return api.newest() < settledAt;
  }

  /** Plans and writes. */
  void pass(long now) {
    AllocationPlan plan = plan(now);
    if (!missing.containsAll(plan.missing())) {
      settledAt = api.newest() + SETTLE_STEPS;
      plan = plan(now);
    }
    missing.clear();
    missing.addAll(plan.missing());
    check(plan, now);
    Set<Cidr> surplus = plan.surplus();
    surplusSince.keySet().retainAll(surplus);
    surplus.forEach(block -> surplusSince.putIfAbsent(block, wall(now)));
    memory.keySet().removeAll(plan.forget());
    forgetLost(plan, now);
    write(plan, now);
  }

  private Instant wall(long now) {
    return PoolSamples.at(now + clockOffset);
  }

  private void forgetLost(AllocationPlan plan, long now) {
    lostSince.keySet().retainAll(plan.lost());
    plan.lost().forEach(cidr -> lostSince.putIfAbsent(cidr, now));
    long grace = PoolSamples.TIMES.grace().toSeconds();
    memory.keySet().removeIf(cidr -> lostSince.getOrDefault(cidr, now) + grace < now);
  }

  /** What a plan may do by what it was made from. */
  private void check(AllocationPlan plan, long now) {
    ClusterState state = state(now);
    List<Cidr> taken = new ArrayList<>();
    state.blocks().forEach(block -> taken.add(block.cidr()));
    state.remembered().stream()
        .map(RememberedBlock::cidr)
        .filter(cidr -> !plan.forget().contains(cidr))
        .forEach(taken::add);
    for (NewBlock block : plan.create()) {
      assertThat(taken).noneMatch(block.cidr()::overlaps);
      taken.add(block.cidr());
      PoolVerdict verdict = plan.pools().get(block.pool()).verdict();
      assertThat(verdict.allocates()).isTrue();
      assertThat(verdict.acceptance().range().orElseThrow().contains(block.cidr())).isTrue();
      assertThat(verdict.layout().orElseThrow().reserved())
          .noneMatch(range -> range.contains(block.cidr()));
    }
    assertThat(plan.create().isEmpty() || !isSettling()).isTrue();
    assertThat(plan.states().containsValue(Block.State.CLAIMED)).isFalse();
    state.blocks().stream()
        .filter(block -> plan.states().get(block.cidr()) == Block.State.DRAINING)
        .forEach(block -> checkKeepsAnother(block, plan, state));
  }

  /** A node that is to give a block back keeps one of its family that it serves. */
  private static void checkKeepsAnother(Block draining, AllocationPlan plan, ClusterState state) {
    assertThat(state.blocks())
        .as(draining.cidr().toString())
        .anyMatch(
            block ->
                block.state() == Block.State.ACTIVE
                    && block.report().served()
                    && block.cidr().family() == draining.cidr().family()
                    && block.owner().node().equals(draining.owner().node())
                    && !plan.states().containsKey(block.cidr()));
  }

  private void write(AllocationPlan plan, long now) {
    SimulatedApi.Snapshot snapshot = api.history.get(seen);
    plan.pools()
        .forEach(
            (name, report) -> {
              Pool pool = snapshot.pools().get(name);
              report.verdict().acceptance().range().ifPresent(range -> accept(pool, range));
            });
    plan.create().stream()
        .filter(block -> holds(snapshot.pools().get(block.pool()), block.cidr()))
        .forEach(block -> api.send(() -> api.create(allocated(block, now))));
    snapshot.blocks().values().forEach(stored -> writeSpec(plan, stored));
    for (ReleaseStep step : plan.steps()) {
      SimulatedApi.Stored stored = snapshot.blocks().get(step.cidr());
      api.send(() -> follow(step, stored, plan.returned().contains(step.cidr()), now));
    }
    for (Cidr cidr : plan.refused().keySet()) {
      SimulatedApi.Stored stored = snapshot.blocks().get(cidr);
      api.send(() -> refuse(stored));
    }
    for (Cidr cidr : plan.delete()) {
      SimulatedApi.Stored stored = snapshot.blocks().get(cidr);
      api.send(() -> delete(stored, plan.returned().contains(cidr)));
    }
  }

  private static boolean holds(Pool pool, Cidr block) {
    return pool.accepted().filter(range -> range.contains(block)).isPresent();
  }

  private void accept(Pool seenPool, Cidr range) {
    if (!seenPool.accepted().equals(Optional.of(range))) {
      api.send(
          () -> {
            if (seenPool.equals(api.pools.get(seenPool.name()))) {
              api.pools.put(seenPool.name(), PoolSamples.accepted(seenPool, range.toString()));
            }
          });
    }
  }

  private Block allocated(NewBlock block, long now) {
    return new Block(
        block.cidr(),
        Owner.of(block.node()),
        block.pool(),
        wall(now),
        Block.State.ACTIVE,
        Block.Release.NONE,
        wall(now),
        BlockReport.NONE);
  }

  private void writeSpec(AllocationPlan plan, SimulatedApi.Stored stored) {
    Block block = stored.block();
    Block.State state = plan.states().getOrDefault(block.cidr(), block.state());
    ClusterNode node = plan.owners().get(block.cidr());
    Owner owner = node == null ? block.owner() : Owner.of(node);
    if (state != block.state() || !owner.equals(block.owner())) {
      api.send(
          () ->
              api.writeSpec(
                  stored,
                  now ->
                      new Block(
                          now.cidr(),
                          owner,
                          now.pool(),
                          now.created(),
                          state,
                          now.release(),
                          now.since(),
                          now.report())));
    }
  }

  private void follow(ReleaseStep step, SimulatedApi.Stored stored, boolean returned, long now) {
    boolean takes = step.to() == Block.Release.RELEASING;
    if (!takes || mayTake(stored, returned)) {
      api.writeStatus(
          stored,
          block ->
              new Block(
                  block.cidr(),
                  block.owner(),
                  block.pool(),
                  block.created(),
                  block.state(),
                  step.to(),
                  wall(now),
                  block.report()));
    }
  }

  private void delete(SimulatedApi.Stored stored, boolean returned) {
    if (mayTake(stored, returned)) {
      api.blocks.remove(stored.block().cidr());
    }
  }

  private void refuse(SimulatedApi.Stored stored) {
    if (api.isUnchanged(stored)) {
      api.blocks.remove(stored.block().cidr());
    }
  }

  /** Only as it was seen; and a block that was not given back, only where its node is not there. */
  private boolean mayTake(SimulatedApi.Stored stored, boolean returned) {
    Block block = stored.block();
    ClusterNode node = api.nodes.get(block.owner().node());
    boolean there = node != null && node.owns(block.owner());
    boolean may = api.isUnchanged(stored) && (returned || !there);
    if (may && there) {
      onRelease.accept(block.cidr());
    }
    return may;
  }
}
