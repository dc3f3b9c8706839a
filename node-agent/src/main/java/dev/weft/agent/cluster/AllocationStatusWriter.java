// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import dev.weft.agent.thread.AgentThread;
import dev.weft.api.IPAllocation;
import dev.weft.api.IPAllocationStatus;
import dev.weft.core.net.Cidr;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes the status of this node's allocations by server-side apply, in the background: what the
 * API server has is compared with what it should have, and written where it differs, addresses and
 * who has them within their {@link StatusBudget}. A failure is logged once for each text and tried
 * again.
 */
public final class AllocationStatusWriter {
  /** The field manager of everything an agent applies. */
  static final String FIELD_MANAGER = "weft-agent";

  private static final Logger LOG = LoggerFactory.getLogger(AllocationStatusWriter.class);
  private static final Duration RETRY = Duration.ofSeconds(2);

  /** How long the watch may take to report a write of our own. */
  private static final Duration ECHO = Duration.ofSeconds(5);

  private record Applied(String uid, IPAllocationStatus status, long atNanos) {}

  private final KubernetesClient client;
  private final ClusterWatch watch;
  private final ScheduledExecutorService executor;
  private final Clock clock;
  private final Map<Cidr, StatusBudget> budgets = new HashMap<>();
  private final Map<Cidr, Applied> applied = new HashMap<>();
  private List<BlockStatus> statuses = List.of();
  private volatile int nodes = 1;
  private boolean pending;
  private String trouble = "";

  /**
   * A writer that has written nothing yet.
   *
   * @param executor of one thread, on which the writing blocks
   * @param clock what conditions are dated by; it may jump
   */
  public AllocationStatusWriter(
      KubernetesClient client, ClusterWatch watch, ScheduledExecutorService executor, Clock clock) {
    this.client = client;
    this.watch = watch;
    this.executor = executor;
    this.clock = clock;
  }

  /** How many nodes the cluster has, as was reported last. */
  public int nodes() {
    return nodes;
  }

  /**
   * Takes the status that the allocations should have from now on. Does not block.
   *
   * @param nodes how many nodes the cluster has
   */
  public synchronized void report(List<BlockStatus> newStatuses, int nodes) {
    this.statuses = List.copyOf(newStatuses);
    this.nodes = nodes;
    schedule(Duration.ZERO);
  }

  private synchronized void schedule(Duration delay) {
    if (!pending || delay.isZero()) {
      pending = true;
      executor.schedule(this::writeOrRetry, delay.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  private void writeOrRetry() {
    try {
      writeAll();
    } catch (RuntimeException | Error e) {
      AgentThread.STATUSES.failed(e);
      schedule(RETRY);
    }
  }

  private void writeAll() {
    List<BlockStatus> wanted;
    int count;
    synchronized (this) {
      pending = false;
      wanted = statuses;
      count = nodes;
    }
    Optional<Duration> next = Optional.empty();
    for (BlockStatus status : wanted) {
      Optional<Duration> wait = write(status, count);
      next =
          next.isEmpty() || wait.isPresent() && wait.get().compareTo(next.get()) < 0 ? wait : next;
    }
    next.ifPresent(this::schedule);
  }

  /**
   * Writes one status where it is due.
   *
   * @return when to compare again, if that is known
   */
  private Optional<Duration> write(BlockStatus block, int count) {
    Optional<IPAllocation> found = watch.own(block.block());
    if (found.isEmpty()) {
      return Optional.empty();
    }
    IPAllocation object = found.get();
    IPAllocationStatus is = lastKnown(block.block(), object);
    object = withStatus(object, is);
    IPAllocationStatus wanted = StatusDocument.wanted(object, block, clock.instant());
    StatusBudget budget = budgets.computeIfAbsent(block.block(), any -> new StatusBudget());
    if (StatusDocument.sameAtOnce(is, wanted)) {
      if (StatusDocument.same(is, wanted)) {
        return Optional.empty();
      }
      Duration due =
          budget.due(
              StatusDocument.used(is), block.used(), block.capacity(), count, System.nanoTime());
      if (!due.isZero()) {
        return Optional.of(due);
      }
    }
    return apply(object, wanted, block.block(), budget, count);
  }

  private Optional<Duration> apply(
      IPAllocation object, IPAllocationStatus wanted, Cidr block, StatusBudget budget, int count) {
    IPAllocation patch = ResourceMapper.identity(object, new IPAllocation());
    patch.getMetadata().setResourceVersion(null);
    patch.setStatus(wanted);
    try {
      client
          .resource(patch)
          .subresource("status")
          .patch(
              new PatchContext.Builder()
                  .withPatchType(PatchType.SERVER_SIDE_APPLY)
                  .withFieldManager(FIELD_MANAGER)
                  .withForce(true)
                  .build());
    } catch (KubernetesClientException e) {
      failed("write the status of IPAllocation " + block.objectName(), e);
      return Optional.of(RETRY);
    }
    trouble = "";
    applied.put(block, new Applied(object.getMetadata().getUid(), wanted, System.nanoTime()));
    budget.written(count, System.nanoTime());
    return Optional.empty();
  }

  /** What the API server has: what was just applied, until the watch has reported it. */
  private IPAllocationStatus lastKnown(Cidr block, IPAllocation object) {
    Applied own = applied.get(block);
    boolean fresh =
        own != null
            && own.uid().equals(object.getMetadata().getUid())
            && System.nanoTime() - own.atNanos() < ECHO.toNanos();
    return fresh ? own.status() : object.getStatus();
  }

  private static IPAllocation withStatus(IPAllocation object, IPAllocationStatus status) {
    IPAllocation copy = ResourceMapper.identity(object, new IPAllocation());
    copy.setStatus(status);
    return copy;
  }

  private void failed(String what, KubernetesClientException e) {
    String text = what + ": " + ApiConnection.rootMessage(e);
    if (!text.equals(trouble)) {
      LOG.warn("{}; trying again", text);
    }
    trouble = text;
  }
}
