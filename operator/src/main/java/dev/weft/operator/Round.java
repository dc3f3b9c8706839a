// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import static dev.weft.core.pool.AgentLiveness.Verdict.ALIVE;

import dev.weft.api.Annotations;
import dev.weft.api.IPAllocation;
import dev.weft.api.IPPool;
import dev.weft.core.net.Cidr;
import dev.weft.core.pool.AgentLiveness;
import dev.weft.core.pool.AgentPlatforms;
import dev.weft.core.pool.AllocationPlan;
import dev.weft.core.pool.AllocationPlanner;
import dev.weft.core.pool.Claim;
import dev.weft.core.pool.NewBlock;
import dev.weft.core.pool.ReleaseStep;
import dev.weft.core.pool.ReleaseTimes;
import dev.weft.core.pool.Waiting;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeCondition;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * One look at the whole cluster: reads the caches, decides, writes what differs. Level-triggered:
 * it never asks what happened, so a restart, a missed event and a change are one path. To be called
 * by one thread at a time.
 */
final class Round {
  private final ClusterCaches caches;
  private final Output output;
  private final ReleaseTimes times;
  private final Supplier<List<Cidr>> serviceRanges;
  private final Agents agents;
  private final AgentLiveness liveness;
  private final Clock clock;
  private final LongSupplier nanoTime;

  private final Overlay<IPPool> writtenPools = new Overlay<>();
  private final Overlay<IPAllocation> writtenAllocations = new Overlay<>();
  private final Overlay<Node> writtenNodes = new Overlay<>();
  private final OwnerMemory memory = new OwnerMemory();
  private final Map<String, Set<String>> saidUnknown = new HashMap<>(); // by node, of lost agents
  private final AllocationWriter allocationWriter;
  private final PoolReports poolReports;
  private final StandingWarnings warnings;
  private Duration lookTime = Duration.ZERO;
  private boolean recalled;

  /**
   * @param times how long lost blocks are kept
   * @param serviceRanges what no pool may overlap
   * @param nanoTime time that never goes back
   */
  Round(
      ClusterCaches caches,
      Output output,
      ReleaseTimes times,
      Supplier<List<Cidr>> serviceRanges,
      Agents agents,
      Clock clock,
      LongSupplier nanoTime) {
    this.caches = caches;
    this.output = output;
    this.times = times;
    this.serviceRanges = serviceRanges;
    this.agents = agents;
    this.liveness = new AgentLiveness(agents.grace(), agents.answerTime());
    this.clock = clock;
    this.nanoTime = nanoTime;
    this.allocationWriter = new AllocationWriter(output, writtenAllocations, writtenNodes, memory);
    this.poolReports = new PoolReports(output, writtenPools, nanoTime);
    this.warnings = new StandingWarnings(output);
  }

  /**
   * What is known of agents.
   *
   * @param platforms which nodes one can run on
   * @param pods the nodes that one's pod is on, and whether it is Ready
   * @param grace how long a pod may be missing or not Ready before its agent is lost
   * @param answerTime how long a lost agent may leave uncontradicted what its blocks say
   */
  record Agents(
      AgentPlatforms platforms,
      Supplier<Map<String, Boolean>> pods,
      Duration grace,
      Duration answerTime) {}

  /** Where a round's results go. */
  record Output(ClusterWriter writer, Writes writes, Events events, ClusterMetrics metrics) {}

  /** How long the last look took, without the writes. */
  Duration lookTime() {
    return lookTime;
  }

  /** Takes the news that the watch told of an IPAllocation of this name. */
  void toldOfAllocation(String name) {
    writtenAllocations.told(name);
  }

  /**
   * Looks, decides and writes.
   *
   * @return when to look again though nothing happens; empty: never
   * @throws WriteFailed if the API server did not answer; another round mends it
   */
  Optional<Instant> run() throws WriteFailed {
    Instant now = clock.instant();
    long start = System.nanoTime();
    ClusterSnapshot seen =
        new ClusterSnapshot(
            writtenPools.over(caches.pools(), now),
            writtenAllocations.over(caches.allocations(), now),
            writtenNodes.over(caches.nodes(), now));
    if (!recalled) {
      memory.recall(NodeBlocks.orphans(seen));
      recalled = true;
    }
    AllocationPlan plan =
        AllocationPlanner.plan(
            seen.state(memory.claims(), serviceRanges.get(), agents.platforms()), times, now);
    memory.learn(seen.blocks(), plan.overlapping().keySet(), plan.owners().keySet());
    memory.forget(plan.forget());
    Optional<Instant> lostAt = memory.keepLost(plan.lost(), times.grace(), now);
    output.metrics().show(plan, seen.nodes().size());
    lookTime = Duration.ofNanos(System.nanoTime() - start);

    seen.pools().forEach(pool -> hold(pool, plan, now));
    output.writes().settle();
    plan.create().forEach(block -> give(block, seen, now));
    output.writes().settle();
    tellAllocations(seen, plan, now);
    Optional<Duration> nextReport = poolReports.write(seen, plan, now);
    tellNodes(seen, plan, now);
    noteBlocks(seen, now);
    warnings.say(
        Stream.concat(seen.warnings().stream(), waiting(seen, plan.waiting()).stream()).toList());
    Optional<Duration> nextTry = output.writes().finish();
    output.metrics().show(seen.warnings().size(), output.writes().refusedCount());
    Optional<Duration> agentLost = liveness.next(nanoTime.getAsLong());
    Stream<Instant> pauses =
        Stream.of(nextReport, nextTry, agentLost)
            .flatMap(Optional::stream)
            .map(clock.instant()::plus);
    return Stream.of(plan.wakeAt().stream(), lostAt.stream(), pauses)
        .flatMap(Function.identity())
        .min(Comparator.naturalOrder());
  }

  /** A pool is held before it has a block, and let go after its last. */
  private void hold(IPPool pool, AllocationPlan plan, Instant now) {
    boolean wanted = plan.pools().get(pool.getMetadata().getName()).allocated() > 0;
    boolean held = pool.hasFinalizer(ClusterWriter.FINALIZER);
    if (wanted == held || wanted && pool.isMarkedForDeletion()) {
      return;
    }
    output
        .writes()
        .submit(
            (wanted ? "hold" : "let go") + " IPPool " + pool.getMetadata().getName(),
            () -> {
              if (!wanted && output.writer().hasBlocks(pool)) {
                throw new Outdated("the pool has blocks");
              }
              output
                  .writer()
                  .hold(pool, wanted)
                  .ifPresent(written -> writtenPools.put(written, now));
            });
  }

  private void give(NewBlock block, ClusterSnapshot seen, Instant now) {
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
              memory.learn(block);
              output
                  .events()
                  .normal(
                      seen.nodes().get(node),
                      block.origin() == NewBlock.Origin.RESTORED
                          ? "BlockRestored"
                          : "BlockAssigned",
                      (block.origin() == NewBlock.Origin.RESTORED
                              ? "%s of IPPool %s again: its IPAllocation had been deleted"
                              : "%s of IPPool %s")
                          .formatted(block.cidr(), block.pool()));
            });
  }

  private void tellAllocations(ClusterSnapshot seen, AllocationPlan plan, Instant now) {
    Map<Cidr, ReleaseStep> steps =
        plan.steps().stream().collect(Collectors.toMap(ReleaseStep::cidr, Function.identity()));
    seen.allocations()
        .forEach(
            (cidr, allocation) ->
                allocationWriter.tell(
                    allocation,
                    plan.owners().get(cidr),
                    steps.get(cidr),
                    plan.overlapping().get(cidr),
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

  /**
   * Says on each node that has a served block whether its network is there: that it is not only
   * once the blocks of a lost agent have told so, and the agent did not contradict.
   */
  private void tellNodes(ClusterSnapshot seen, AllocationPlan plan, Instant now) {
    Map<String, List<IPAllocation>> served = new HashMap<>();
    plan.owners().entrySet().stream()
        .filter(held -> seen.isServed(held.getKey()))
        .forEach(
            held ->
                served
                    .computeIfAbsent(held.getValue().name(), name -> new ArrayList<>())
                    .add(seen.allocations().get(held.getKey())));
    long nanos = nanoTime.getAsLong();
    Map<String, AgentLiveness.Verdict> verdicts =
        liveness.look(
            served.entrySet().stream()
                .map(entry -> watched(seen.nodes().get(entry.getKey()), entry.getValue()))
                .toList(),
            agents.pods().get(),
            nanos);
    saidUnknown.keySet().removeIf(name -> !verdicts.getOrDefault(name, ALIVE).isLost());
    served.forEach(
        (name, allocations) -> {
          Node node = seen.nodes().get(name);
          AgentLiveness.Verdict verdict = verdicts.get(name);
          if (verdict.isLost()) {
            NodeCondition lost = NodeConditions.lost(verdict, name, now);
            allocations.forEach(allocation -> tellUnknown(allocation, name, lost, now));
            if (liveness.isSilent(name, nanos) && !NodeConditions.saysLost(node)) {
              tellNode(node, lost, now);
            }
          }
          boolean answered = verdict.isLost() && !isUncontradicted(allocations);
          if ((verdict == ALIVE || answered) && !NodeConditions.saysReady(node)) {
            tellNode(node, NodeConditions.ready(now), now);
          }
        });
    seen.nodes().values().stream()
        .filter(NodeConditions::saysLost)
        .filter(node -> !served.containsKey(node.getMetadata().getName()))
        .forEach(node -> tellNode(node, NodeConditions.withoutBlock(now), now));
  }

  private static AgentLiveness.Watched watched(Node node, List<IPAllocation> served) {
    return new AgentLiveness.Watched(
        node.getMetadata().getName(),
        NodeConditions.isNodeReady(node),
        NodeConditions.saysLost(node),
        isUncontradicted(served));
  }

  private static boolean isUncontradicted(List<IPAllocation> served) {
    return served.stream().allMatch(AllocationStatuses::saysLost);
  }

  private void tellNode(Node node, NodeCondition condition, Instant now) {
    boolean lost = condition.getStatus().equals("True");
    output
        .writes()
        .submit(
            "write the status of Node " + node.getMetadata().getName(),
            () -> {
              output
                  .writer()
                  .condition(node, condition)
                  .ifPresent(written -> writtenNodes.put(written, now));
              if (lost) {
                output.events().warning(node, condition.getReason(), condition.getMessage());
              } else if (NodeConditions.saysLost(node)) {
                output.events().normal(node, condition.getReason(), condition.getMessage());
              }
            });
  }

  /** Once for each time that an agent is lost: one that lives, and is not Ready, may answer. */
  private void tellUnknown(IPAllocation allocation, String node, NodeCondition lost, Instant now) {
    Set<String> said = saidUnknown.computeIfAbsent(node, name -> ConcurrentHashMap.newKeySet());
    String name = allocation.getMetadata().getName();
    if (said.contains(name)) {
      return;
    }
    AllocationStatuses.unknown(allocation, lost, now)
        .ifPresent(
            condition ->
                output
                    .writes()
                    .submit(
                        "write the status of IPAllocation " + name,
                        () -> {
                          output
                              .writer()
                              .conditionForAgent(allocation, condition)
                              .ifPresent(written -> writtenAllocations.put(written, now));
                          said.add(name);
                        }));
  }

  private void noteBlocks(ClusterSnapshot seen, Instant now) {
    Map<String, String> wanted = NodeBlocks.wanted(memory.claims(), seen);
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
