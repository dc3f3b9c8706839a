// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import dev.weft.api.Annotations;
import dev.weft.api.IPAllocation;
import dev.weft.api.IPPool;
import dev.weft.core.net.Cidr;
import dev.weft.core.pool.AgentPlatforms;
import dev.weft.core.pool.AllocationPlan;
import dev.weft.core.pool.AllocationPlanner;
import dev.weft.core.pool.Claim;
import dev.weft.core.pool.NewBlock;
import dev.weft.core.pool.ReleaseStep;
import dev.weft.core.pool.ReleaseTimes;
import dev.weft.core.pool.Waiting;
import io.fabric8.kubernetes.api.model.Node;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
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
 * decides, and writes claims, releases, deletions and pools' finalizers where they differ.
 * Level-triggered: what happened plays no part, so a restart, a missed event and a change are one
 * path. To be called by one thread at a time.
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
  private final ClaimStore claims = new ClaimStore();
  private final AllocationWriter allocationWriter;
  private final StandingWarnings warnings;
  private Duration decisionTime = Duration.ZERO;
  private boolean recalled;

  /**
   * @param times how long lost blocks are kept
   * @param serviceCidrs what no pool may overlap
   * @param platforms which nodes an agent can run on
   * @param networks decides which nodes' networks are available
   */
  AllocationPass(
      ClusterCaches caches,
      Output output,
      ReleaseTimes times,
      Supplier<List<Cidr>> serviceCidrs,
      AgentPlatforms platforms,
      NodeNetworks networks,
      Clock clock) {
    this.caches = caches;
    this.output = output;
    this.times = times;
    this.serviceCidrs = serviceCidrs;
    this.platforms = platforms;
    this.networks = networks;
    this.clock = clock;
    this.allocationWriter = new AllocationWriter(output, writtenAllocations, writtenNodes, claims);
    this.warnings = new StandingWarnings(output);
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
    if (!recalled) {
      claims.addMissing(NodeBlocks.orphans(seen));
      recalled = true;
    }
    AllocationPlan plan =
        AllocationPlanner.plan(seen.state(claims.all(), serviceCidrs.get(), platforms), times, now);
    claims.observe(seen.blocks(), plan.overlapping().keySet(), plan.owners().keySet());
    claims.remove(plan.forget());
    Optional<Instant> lostAt = claims.expire(plan.lost(), times.grace(), now);
    output.metrics().show(plan, seen.nodes().size());
    decisionTime = Duration.ofNanos(System.nanoTime() - start);

    seen.pools().forEach(pool -> finalizer(pool, plan, now));
    output.writes().settle();
    Map<String, IPPool> pools = writtenPools.over(caches.allPools(), now);
    plan.create().stream()
        .filter(block -> hasFinalizer(pools.get(block.pool())))
        .forEach(block -> create(block, seen, now));
    output.writes().settle();
    writeAllocations(seen, plan, now);
    noteBlocks(seen, now);
    warnings.report(
        Stream.concat(seen.warnings().stream(), waiting(seen, plan.waiting()).stream()).toList());
    output.writes().settle();
    output.results().accept(PassResult.of(seen, plan, networks.observe(seen, plan, now)));
    Optional<Duration> nextTry = output.writes().finish();
    output.metrics().invalid(seen.warnings().size());
    Stream<Instant> pauses =
        Stream.of(nextTry, networks.next()).flatMap(Optional::stream).map(clock.instant()::plus);
    return Stream.of(plan.wakeAt().stream(), lostAt.stream(), pauses)
        .flatMap(Function.identity())
        .min(Comparator.naturalOrder());
  }

  /** Whether a pool has the finalizer; null: it is gone. */
  private static boolean hasFinalizer(IPPool pool) {
    return pool != null && pool.hasFinalizer(ClusterWriter.FINALIZER);
  }

  /** A pool has the finalizer before it has a block, and until its last is gone. */
  private void finalizer(IPPool pool, AllocationPlan plan, Instant now) {
    String name = pool.getMetadata().getName();
    boolean inUse = plan.pools().get(name).allocated() > 0;
    boolean present = hasFinalizer(pool);
    if (inUse && !present && !pool.isMarkedForDeletion()) {
      output
          .writes()
          .submit(
              "add the finalizer of IPPool " + name,
              () ->
                  output
                      .writer()
                      .addFinalizer(pool)
                      .ifPresent(written -> writtenPools.put(written, now)));
    } else if (present && !inUse) {
      output
          .writes()
          .submit(
              "remove the finalizer of IPPool " + name,
              () -> {
                if (output.writer().hasBlocks(pool)) {
                  throw new Outdated("the pool has blocks");
                }
                output
                    .writer()
                    .removeFinalizer(pool)
                    .ifPresent(written -> writtenPools.put(written, now));
              });
    }
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
              claims.put(block);
              output
                  .events()
                  .normal(
                      seen.nodes().get(node),
                      block.origin() == NewBlock.Origin.RESTORED
                          ? "BlockRestored"
                          : "BlockAllocated",
                      (block.origin() == NewBlock.Origin.RESTORED
                              ? "%s of IPPool %s again: its IPAllocation had been deleted"
                              : "%s of IPPool %s")
                          .formatted(block.cidr(), block.pool()));
            });
  }

  private void writeAllocations(ClusterSnapshot seen, AllocationPlan plan, Instant now) {
    Map<Cidr, ReleaseStep> steps =
        plan.steps().stream().collect(Collectors.toMap(ReleaseStep::cidr, Function.identity()));
    seen.allocations()
        .forEach(
            (cidr, allocation) ->
                allocationWriter.write(
                    allocation,
                    Optional.ofNullable(plan.owners().get(cidr)),
                    Optional.ofNullable(steps.get(cidr)),
                    now));
    Set<Cidr> delete = Set.copyOf(plan.delete());
    seen.blocks().stream()
        .filter(block -> delete.contains(block.cidr()))
        .forEach(
            block ->
                allocationWriter.delete(
                    seen.allocations().get(block.cidr()),
                    new Claim(block.cidr(), block.owner(), block.pool()),
                    now));
  }

  private void noteBlocks(ClusterSnapshot seen, Instant now) {
    Map<String, String> wanted = NodeBlocks.wanted(claims.all(), seen);
    for (Node node : seen.nodes().values()) {
      String name = node.getMetadata().getName();
      String blocks = wanted.getOrDefault(name, "");
      if (!blocks.equals(NodeBlocks.of(node))) {
        output
            .writes()
            .submit(
                "annotate Node " + name,
                () ->
                    output
                        .writer()
                        .annotate(node, Map.of(Annotations.BLOCKS, blocks))
                        .ifPresent(written -> writtenNodes.put(written, now)));
      }
    }
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
