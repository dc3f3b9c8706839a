// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.reconcile;

import dev.weft.agent.dataplane.Dataplane;
import dev.weft.agent.dataplane.DataplaneException;
import dev.weft.core.dataplane.Change;
import dev.weft.core.node.Blocker;
import dev.weft.core.node.OwnBlock;
import dev.weft.core.node.PeerReport;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the reconciler, and logs what it did: a line for each step, and for each trouble one when it
 * comes and one when it has gone.
 */
public final class ReconcileLoop {
  private static final Logger LOG = LoggerFactory.getLogger(ReconcileLoop.class);

  /** How many steps of one run are logged one by one. */
  private static final int LOGGED_STEPS = 20;

  /** What every block goes through at its begin or end: no trouble. */
  private static final Set<String> PASSING = Set.of(Blocker.NO_ENDPOINT, Blocker.RELEASING);

  private final Reconciler reconciler;
  private final ReconcileMetrics metrics;
  private final Consumer<ReconcileReport> observer;
  private Set<String> troubles = Set.of();

  /**
   * Reconciles nothing before the first {@link #run}.
   *
   * @param observer notified of each run that could read the kernel's state
   */
  public ReconcileLoop(
      Reconciler reconciler, ReconcileMetrics metrics, Consumer<ReconcileReport> observer) {
    this.reconciler = reconciler;
    this.metrics = metrics;
    this.observer = observer;
  }

  /**
   * Runs once; throws only by a fault of the agent.
   *
   * @return whether everything is as it should be
   */
  public boolean run() {
    long start = System.nanoTime();
    boolean succeeded = false;
    try {
      ReconcileReport report = reconciler.reconcileOnce();
      logSteps(report.changes());
      logTroubles(troubles(report));
      observer.accept(report);
      succeeded = report.failures().isEmpty();
    } catch (DataplaneException e) {
      logTroubles(Set.of("read the node's network: " + e.getMessage()));
    } finally {
      metrics.ran(System.nanoTime() - start, succeeded);
    }
    return succeeded;
  }

  private static Set<String> troubles(ReconcileReport report) {
    Set<String> troubles = new HashSet<>();
    report.failures().stream()
        .map(Dataplane.Failure::error)
        .forEach(error -> troubles.add(error.getMessage()));
    for (OwnBlock block : report.blocks()) {
      if (!block.isAllocatable()) {
        troubles.add("block %s: %s".formatted(block.cidr(), block.message()));
      }
    }
    for (PeerReport peer : report.calculation().peers()) {
      peer.blocker()
          .filter(blocker -> !PASSING.contains(blocker.reason()))
          .ifPresent(
              blocker ->
                  troubles.add(
                      "no route to block %s of node %s: %s"
                          .formatted(peer.peer().block(), peer.peer().node(), blocker.message())));
    }
    return troubles;
  }

  private static void logSteps(List<Change<?>> changes) {
    changes.stream().limit(LOGGED_STEPS).forEach(change -> LOG.info("{}", change.describe()));
    if (changes.size() > LOGGED_STEPS) {
      LOG.info("and {} steps more", changes.size() - LOGGED_STEPS);
    }
  }

  private void logTroubles(Set<String> now) {
    now.stream().filter(text -> !troubles.contains(text)).sorted().forEach(LOG::warn);
    troubles.stream()
        .filter(text -> !now.contains(text))
        .sorted()
        .forEach(text -> LOG.info("over: {}", text));
    troubles = now;
  }
}
