// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import dev.weft.agent.thread.AgentThread;
import dev.weft.api.IPAllocation;
import dev.weft.api.IPAllocationSpec;
import dev.weft.core.net.Cidr;
import dev.weft.core.node.OwnBlock;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Claims the blocks that this node serves and whose allocations were lost, as by a restore of etcd:
 * creates the allocation again, with state Claimed, which the operator then accepts or refuses. One
 * that somebody else has by then is not created. Each is tried again with a pause that doubles,
 * from 1 s to 5 minutes, for as long as it is reported; one that was created, and is lost again
 * within its pause, waits for that too. None is claimed for a Node that the API server has not: its
 * claim would be nobody's.
 */
public final class ClaimWriter {
  private static final Logger LOG = LoggerFactory.getLogger(ClaimWriter.class);
  private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
  private static final Duration LAST_PAUSE = Duration.ofMinutes(5);
  private static final int CONFLICT = 409;

  private record Attempt(long atNanos, Duration pause) {
    /** How long until the next; zero: now. */
    Duration left(long nowNanos) {
      Duration left = pause.minusNanos(nowNanos - atNanos);
      return left.isNegative() ? Duration.ZERO : left;
    }

    Attempt next(long nowNanos) {
      Duration twice = pause.multipliedBy(2);
      return new Attempt(nowNanos, twice.compareTo(LAST_PAUSE) > 0 ? LAST_PAUSE : twice);
    }
  }

  private record Run(long atNanos, ScheduledFuture<?> future) {}

  private final KubernetesClient client;
  private final ClusterWatch watch;
  private final String nodeName;
  private final ScheduledExecutorService executor;
  private final LongSupplier nanoTime;

  /** The last attempt on each block, at least until its pause is over. */
  private final Map<Cidr, Attempt> attempts = new HashMap<>();

  private String nodeUid = "";
  private List<OwnBlock> lost = List.of();
  private Optional<Run> next = Optional.empty();

  /**
   * One that claims nothing yet.
   *
   * @param executor of one thread, on which the writing blocks
   * @param nanoTime time that never goes back
   */
  public ClaimWriter(
      KubernetesClient client,
      ClusterWatch watch,
      String nodeName,
      ScheduledExecutorService executor,
      LongSupplier nanoTime) {
    this.client = client;
    this.watch = watch;
    this.nodeName = nodeName;
    this.executor = executor;
    this.nanoTime = nanoTime;
  }

  /**
   * Takes which blocks are to be claimed from now on. Does not block.
   *
   * @param newNodeUid UID of this node's Node; empty where it is not known: then none is claimed
   */
  public synchronized void report(String newNodeUid, List<OwnBlock> newLost) {
    nodeUid = newNodeUid;
    lost = List.copyOf(newLost);
    Set<Cidr> reported = lost.stream().map(OwnBlock::cidr).collect(Collectors.toSet());
    long now = nanoTime.getAsLong();
    attempts
        .entrySet()
        .removeIf(
            entry -> !reported.contains(entry.getKey()) && entry.getValue().left(now).isZero());
    schedule();
  }

  /**
   * Schedules the next attempt, if there is one to come; what ends the wait for a name or a Node is
   * reported.
   */
  private synchronized void schedule() {
    long now = nanoTime.getAsLong();
    Optional<Duration> wait =
        claimable(lost, nodeUid).map(block -> left(block.cidr(), now)).min(Duration::compareTo);
    Optional<Long> due = wait.map(left -> now + left.toNanos());
    if (due.equals(next.map(Run::atNanos))) {
      return;
    }
    next.ifPresent(run -> run.future().cancel(false));
    next =
        wait.map(
            left ->
                new Run(
                    now + left.toNanos(),
                    executor.schedule(
                        AgentThread.STATUSES.containFailures(this::claimAll),
                        left.toNanos(),
                        TimeUnit.NANOSECONDS)));
  }

  private Stream<OwnBlock> claimable(List<OwnBlock> blocks, String uid) {
    return watch.hasNode(uid)
        ? blocks.stream().filter(block -> !watch.has(block.cidr()))
        : Stream.empty();
  }

  private Duration left(Cidr block, long nowNanos) {
    return Optional.ofNullable(attempts.get(block))
        .map(attempt -> attempt.left(nowNanos))
        .orElse(Duration.ZERO);
  }

  private void claimAll() {
    String uid;
    List<OwnBlock> blocks;
    synchronized (this) {
      next = Optional.empty();
      uid = nodeUid;
      blocks = lost;
    }
    try {
      claimable(blocks, uid)
          .filter(block -> isDue(block.cidr()))
          .forEach(block -> claim(block, uid));
    } finally {
      schedule();
    }
  }

  private synchronized boolean isDue(Cidr block) {
    long now = nanoTime.getAsLong();
    Attempt last = attempts.get(block);
    if (!left(block, now).isZero()) {
      return false;
    }
    attempts.put(block, last == null ? new Attempt(now, FIRST_PAUSE) : last.next(now));
    return true;
  }

  private void claim(OwnBlock block, String uid) {
    IPAllocation claim = new IPAllocation();
    claim.setMetadata(new ObjectMetaBuilder().withName(block.cidr().objectName()).build());
    claim.setSpec(
        new IPAllocationSpec(
            block.cidr().toString(), nodeName, uid, block.pool(), IPAllocationSpec.State.Claimed));
    try {
      client.resource(claim).create();
      LOG.warn("claimed {} of IPPool {}: its IPAllocation was lost", block.cidr(), block.pool());
    } catch (KubernetesClientException e) {
      if (e.getCode() != CONFLICT) {
        LOG.warn(
            "claim {} of IPPool {}: {}; trying again",
            block.cidr(),
            block.pool(),
            ApiConnection.rootMessage(e));
      }
    }
  }
}
