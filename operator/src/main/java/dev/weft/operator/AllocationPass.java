// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import dev.weft.api.IPAllocation;
import dev.weft.api.IPPool;
import dev.weft.core.net.Cidr;
import dev.weft.core.pool.AgentPlatforms;
import dev.weft.core.pool.AllocationPlan;
import dev.weft.core.pool.AllocationPlanner;
import dev.weft.core.pool.Block;
import dev.weft.core.pool.NewBlock;
import dev.weft.core.pool.ReleaseStep;
import dev.weft.core.pool.ReleaseTimes;
import dev.weft.core.pool.Waiting;
import io.fabric8.kubernetes.api.model.Node;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * An allocation pass over the whole cluster, since allocation needs an order: reads the caches,
 * decides, and writes allocations, their states, releases and deletions, and of pools the range in
 * force and the finalizer, where they differ. Level-triggered: what happened plays no part, so a
 * restart, a missed event and a change are one path. To be called by one thread at a time.
 */
final class AllocationPass {
  private final ClusterCaches caches;
  private final Output output;
  private final ReleaseTimes times;
  private final Supplier<List<Cidr>> serviceCidrs;
  private final AgentPlatforms platforms;
  private final NodeNetworks networks;
  private final Clock clock;

  private final Overlay<IPPool> writtenPools = new Overlay<>();
  private final Overlay<IPAllocation> writtenAllocations = new Overlay<>();
  private final Overlay<Node> writtenNodes = new Overlay<>();
  private final BlockMemory memory = new BlockMemory();
  private final ReleaseHistory history = new ReleaseHistory();
  private final Settling settling;
  private final AllocationWriter allocationWriter;
  private final StandingWarnings warnings;
  private final ReportedEndpoints endpoints = new ReportedEndpoints();
  private Duration decisionTime = Duration.ZERO;
  private boolean served; // any node was, at any time: nodes report it later than agents

  /**
   * @param times how long lost blocks are kept
   * @param serviceCidrs what no pool may overlap
   * @param platforms which nodes an agent can run on
   * @param networks decides which nodes' networks are available
   * @param settling whether nothing new is allocated for now
   */
  AllocationPass(
      ClusterCaches caches,
      Output output,
      ReleaseTimes times,
      Supplier<List<Cidr>> serviceCidrs,
      AgentPlatforms platforms,
      NodeNetworks networks,
      Settling settling,
      Clock clock) {
    this.caches = caches;
    this.output = output;
    this.times = times;
    this.serviceCidrs = serviceCidrs;
    this.platforms = platforms;
    this.networks = networks;
    this.settling = settling;
    this.clock = clock;
    this.allocationWriter =
        new AllocationWriter(output, writtenAllocations, writtenNodes, memory, history);
    this.warnings = new StandingWarnings(output.events(), output.writes()::submit);
  }

  /**
   * Where a pass's results go.
   *
   * @param results takes what was decided, after the pass's own writes
   */
  record Output(
      ClusterWriter writer,
      Writes writes,
      Events events,
      ClusterMetrics metrics,
      Consumer<PassResult> results) {}

  /** How long the last decision took, without the writes. */
  Duration decisionTime() {
    return decisionTime;
  }

  /** Takes that the watch reported an IPAllocation of this name. */
  void allocationObserved(String name) {
    writtenAllocations.observed(name);
  }

  /**
   * Reads, decides and writes.
   *
   * @return when to run again though nothing happens; empty: never
   * @throws WriteFailed if the API server did not answer; another pass tries again
   */
  Optional<Instant> run() throws WriteFailed {
    Instant now = clock.instant();
    long start = System.nanoTime();
    ClusterSnapshot seen =
        new ClusterSnapshot(
            writtenPools.over(caches.allPools(), now),
            writtenAllocations.over(caches.allAllocations(), now),
            writtenNodes.over(caches.allNodes(), now));
    Decided decided = decide(seen, now);
    AllocationPlan plan = decided.plan();
    Set<Cidr> kept = new HashSet<>(plan.owners().keySet());
    kept.removeAll(plan.returned());
    memory.observe(seen.blocks(), plan.overlapping().keySet(), kept);
    memory.remove(plan.forget());
    history.surplus(plan.surplus(), now);
    Optional<Instant> lostAt = memory.expire(plan.lost(), times.grace(), now);
    output.metrics().show(plan, seen.nodes().size());
    decisionTime = Duration.ofNanos(System.nanoTime() - start);

    Set<String> inUse = inUse(seen, plan);
    seen.pools().forEach(pool -> prepare(pool, decided, inUse.contains(name(pool)), now));
    output.writes().settle();
    Map<String, IPPool> pools = writtenPools.over(caches.allPools(), now);
    plan.create().stream()
        .filter(block -> isReady(pools.get(block.pool()), block.cidr()))
        .forEach(block -> create(block, seen, now));
    output.writes().settle();
    writeAllocations(seen, plan, pools, now);
    boolean moreWarnings =
        warnings.report(
            Stream.concat(seen.warnings().stream(), waiting(seen, plan.waiting()).stream())
                .toList());
    output.writes().settle();
    output
        .results()
        .accept(
            PassResult.of(
                seen, plan, endpoints.refused(seen, plan), networks.observe(seen, plan, now)));
    Optional<Duration> nextTry = output.writes().finish();
    output.metrics().invalid(seen.warnings().size());
    Stream<Instant> pauses =
        Stream.of(nextTry, networks.next()).flatMap(Optional::stream).map(clock.instant()::plus);
    Stream<Instant> settled = decided.settling().map(now::plus).stream();
    Stream<Instant> warn = moreWarnings ? Stream.of(now) : Stream.empty();
    return Stream.of(plan.wakeAt().stream(), lostAt.stream(), settled, pauses, warn)
        .flatMap(Function.identity())
        .min(Comparator.naturalOrder());
  }

  /**
   * What was decided.
   *
   * @param settling how long nothing new is allocated from then on; empty: that is not so
   */
  private record Decided(AllocationPlan plan, Optional<Duration> settling) {}

  /**
   * Decides; once more where that shows a loss, since nothing new is allocated then, or its end. In
   * a cluster in which no node was ever served nothing can be lost.
   */
  private Decided decide(ClusterSnapshot seen, Instant now) {
    Optional<Duration> before = settlingLeft(seen);
    AllocationPlan plan = plan(seen, before.isPresent(), now);
    settling.observe(plan.missing());
    Optional<Duration> after = settlingLeft(seen);
    return new Decided(
        before.isPresent() == after.isPresent() ? plan : plan(seen, after.isPresent(), now), after);
  }

  private Optional<Duration> settlingLeft(ClusterSnapshot seen) {
    served = served || seen.wasServed();
    return served ? settling.left() : Optional.empty();
  }

  private AllocationPlan plan(ClusterSnapshot seen, boolean settles, Instant now) {
    return AllocationPlanner.plan(
        seen.state(memory.all(), serviceCidrs.get(), platforms, history.history(), settles),
        times,
        now);
  }

  /** The pools that nodes have blocks of, or get, be it by a claim. */
  private static Set<String> inUse(ClusterSnapshot seen, AllocationPlan plan) {
    Stream<String> claimed =
        seen.blocks().stream().filter(block -> isAccepted(block, plan.states())).map(Block::pool);
    Stream<String> allocated =
        plan.pools().entrySet().stream()
            .filter(pool -> pool.getValue().allocated() > 0)
            .map(Map.Entry::getKey);
    return Stream.concat(claimed, allocated).collect(Collectors.toUnmodifiableSet());
  }

  private static boolean isAccepted(Block block, Map<Cidr, Block.State> states) {
    return block.state() == Block.State.CLAIMED && states.get(block.cidr()) == Block.State.ACTIVE;
  }

  /**
   * Whether blocks of a pool may be created, or become a node's: the range in force holds it, by
   * which agents know it, and the finalizer keeps the pool.
   */
  private static boolean isReady(IPPool pool, Cidr block) {
    return pool != null
        && pool.hasFinalizer(ClusterWriter.FINALIZER)
        && ResourceMapper.pool(pool).accepted().filter(range -> range.contains(block)).isPresent();
  }

  /**
   * Writes of a pool what other decisions need: the range in force; and the finalizer, before it
   * has a block and until its last is gone, also where that may be lost.
   */
  private void prepare(IPPool pool, Decided decided, boolean inUse, Instant now) {
    String name = name(pool);
    Optional<Cidr> range = decided.plan().pools().get(name).verdict().acceptance().range();
    List<PoolWrite> writes = new ArrayList<>();
    if (!range.equals(ResourceMapper.pool(pool).accepted())) {
      writes.add(one -> output.writer().range(one, range));
    }
    boolean present = pool.hasFinalizer(ClusterWriter.FINALIZER);
    if (inUse && !present && !pool.isMarkedForDeletion()) {
      writes.add(output.writer()::addFinalizer);
    } else if (present && !inUse && decided.settling().isEmpty()) {
      writes.add(this::removeFinalizer);
    }
    if (!writes.isEmpty()) {
      output.writes().submit("prepare IPPool " + name, () -> write(pool, writes, now));
    }
  }

  private static String name(IPPool pool) {
    return pool.getMetadata().getName();
  }

  /** One write of a pool; empty: it is gone. */
  private interface PoolWrite {
    Optional<IPPool> write(IPPool pool);
  }

  private void write(IPPool pool, List<PoolWrite> writes, Instant now) {
    Optional<IPPool> current = Optional.of(pool);
    for (PoolWrite write : writes) {
      current = current.flatMap(write::write);
      current.ifPresent(written -> writtenPools.put(written, now));
    }
  }

  private Optional<IPPool> removeFinalizer(IPPool pool) {
    if (output.writer().hasBlocks(pool)) {
      throw new Outdated("the pool has blocks");
    }
    return output.writer().removeFinalizer(pool);
  }

  private void create(NewBlock block, ClusterSnapshot seen, Instant now) {
    String node = block.node().name();
    output
        .writes()
        .submit(
            "claim %s for node %s".formatted(block.cidr(), node),
            () -> {
              IPAllocation claim = AllocationStatuses.claim(block);
              Optional<IPAllocation> there = output.writer().claim(claim);
              there.ifPresent(allocation -> writtenAllocations.put(allocation, now));
              if (there.filter(other -> other.getSpec().equals(claim.getSpec())).isEmpty()) {
                throw new Outdated("another has it");
              }
              memory.put(block.remembered());
              history.allocated(block.cidr());
              if (!block.first()) {
                output
                    .events()
                    .normal(
                        seen.nodes().get(node),
                        "BlockAllocated",
                        "%s of IPPool %s".formatted(block.cidr(), block.pool()));
              }
            });
  }

  private void writeAllocations(
      ClusterSnapshot seen, AllocationPlan plan, Map<String, IPPool> pools, Instant now) {
    Map<Cidr, ReleaseStep> steps =
        plan.steps().stream().collect(Collectors.toMap(ReleaseStep::cidr, Function.identity()));
    for (Block block : seen.blocks()) {
      Cidr cidr = block.cidr();
      if (plan.refused().containsKey(cidr)) {
        Node node = seen.nodes().get(block.owner().node());
        allocationWriter.refuse(seen.allocations().get(cidr), node, plan.refused().get(cidr));
        continue;
      }
      boolean early = isAccepted(block, plan.states()) && !isReady(pools.get(block.pool()), cidr);
      allocationWriter.write(
          seen.allocations().get(cidr),
          new AllocationWriter.Decision(
              Optional.ofNullable(plan.owners().get(cidr)),
              early ? Optional.empty() : Optional.ofNullable(plan.states().get(cidr)),
              Optional.ofNullable(steps.get(cidr)),
              rule(cidr, plan)),
          now);
    }
    Set<Cidr> delete = Set.copyOf(plan.delete());
    seen.blocks().stream()
        .filter(block -> delete.contains(block.cidr()))
        .forEach(
            block ->
                allocationWriter.delete(
                    seen.allocations().get(block.cidr()),
                    block.remembered(),
                    rule(block.cidr(), plan),
                    now));
  }

  private static AllocationWriter.ReleaseRule rule(Cidr block, AllocationPlan plan) {
    return plan.returned().contains(block)
        ? AllocationWriter.ReleaseRule.GIVEN_BACK
        : AllocationWriter.ReleaseRule.NODE_GONE;
  }

  private static List<Warning> waiting(ClusterSnapshot seen, List<Waiting> waiting) {
    Map<String, String> reasons =
        waiting.stream()
            .collect(Collectors.toMap(Waiting::node, Waiting::reason, (a, b) -> a + "; " + b));
    return reasons.entrySet().stream()
        .map(one -> new Warning(seen.nodes().get(one.getKey()), "NoBlock", one.getValue()))
        .toList();
  }
}
