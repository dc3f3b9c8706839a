// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent;

import dev.weft.agent.reconcile.ReconcileReport;
import dev.weft.core.node.BlockUsage;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Supplier;

/**
 * Passes on the status that the node's allocations should have: after a run of the loop, and when
 * an ADD or DEL has changed a block's use. The two come from threads of their own, so each is
 * passed on with the lock held under which it was read: nothing older ever follows something newer.
 */
final class StatusReporter {
  private final Supplier<Optional<ReconcileReport>> report;
  private final Supplier<List<BlockUsage>> usage;
  private final BiConsumer<ReconcileReport, List<BlockUsage>> output;
  private List<BlockUsage> reported = List.of();

  /**
   * One that has reported nothing yet.
   *
   * @param report what the loop's last run found
   * @param usage how far each block is used now
   * @param output takes both; must not block
   */
  StatusReporter(
      Supplier<Optional<ReconcileReport>> report,
      Supplier<List<BlockUsage>> usage,
      BiConsumer<ReconcileReport, List<BlockUsage>> output) {
    this.report = report;
    this.usage = usage;
    this.output = output;
  }

  /** Reports how it is now. */
  synchronized void report() {
    report(usage.get());
  }

  /** Reports how it is now, if the use of a block has changed. */
  synchronized void reportUsage() {
    List<BlockUsage> now = usage.get();
    if (!now.equals(reported)) {
      report(now);
    }
  }

  private void report(List<BlockUsage> now) {
    reported = now;
    report.get().ifPresent(last -> output.accept(last, now));
  }
}
