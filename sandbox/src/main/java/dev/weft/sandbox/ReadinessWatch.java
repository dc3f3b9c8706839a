// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** Waits for a sandbox's nodes, and reports why they are not ready while it does. */
final class ReadinessWatch {
  /** A condition may be a moment old while the operator goes on: it must hold this long. */
  private static final long HOLD_NANOS = Duration.ofSeconds(2).toNanos();

  private static final long INTERVAL_NANOS = Duration.ofSeconds(1).toNanos();

  private final Sandbox sandbox;
  private final Consumer<String> progress;
  private long lastCheck = System.nanoTime();
  private long blockedSince;
  private boolean blocked;
  private List<String> reported = List.of();

  /**
   * Makes one.
   *
   * @param progress gets each reason once, when it appears
   */
  ReadinessWatch(Sandbox sandbox, Consumer<String> progress) {
    this.sandbox = sandbox;
    this.progress = progress;
  }

  /**
   * Waits for a condition.
   *
   * @throws SandboxException with the reasons, when it takes two minutes or cannot become true
   */
  void await(String what, BooleanSupplier condition) {
    try {
      Sandbox.await(
          what,
          () -> {
            boolean holds = condition.getAsBoolean();
            if (!holds && System.nanoTime() - lastCheck >= INTERVAL_NANOS) {
              check(what);
              lastCheck = System.nanoTime();
            }
            return holds;
          });
    } catch (SandboxTimeout e) {
      throw new SandboxException(lines(e.getMessage(), reasons()), e);
    }
  }

  private void check(String what) {
    Readiness readiness;
    try {
      readiness = Readiness.read(sandbox.api());
    } catch (SandboxException e) {
      progress.accept("waiting for " + what + "\n  " + e.getMessage());
      return;
    }
    List<String> nodes = sandbox.nodes().stream().map(SandboxNode::name).toList();
    if (!readiness.isBlocked(nodes)) {
      blocked = false;
    } else if (!blocked) {
      blocked = true;
      blockedSince = System.nanoTime();
    } else if (System.nanoTime() - blockedSince >= HOLD_NANOS) {
      throw new SandboxException(lines("no IPPool can serve every node", readiness.poolProblems()));
    }
    report(what, readiness);
  }

  private void report(String what, Readiness readiness) {
    List<String> problems = new ArrayList<>(readiness.poolProblems());
    problems.addAll(readiness.allocationProblems());
    if (!problems.equals(reported)) {
      reported = problems;
      progress.accept(lines("waiting for " + what, problems));
    }
  }

  /** What operator and agents report; of an agent that does not answer, nothing. */
  private List<String> reasons() {
    Readiness readiness = Readiness.read(sandbox.api());
    List<String> reasons = new ArrayList<>(readiness.poolProblems());
    reasons.addAll(readiness.allocationProblems());
    for (SandboxNode node : sandbox.nodes()) {
      ExecResult answer = node.askAgent("/readyz");
      if (!answer.ok()) {
        String text = (answer.stdout() + answer.stderr()).strip().replace("\n", "; ");
        reasons.add(node.name() + ": " + text);
      }
    }
    return reasons;
  }

  private static String lines(String first, List<String> more) {
    List<String> all = new ArrayList<>(List.of(first));
    all.addAll(more);
    return String.join("\n  ", all);
  }
}
