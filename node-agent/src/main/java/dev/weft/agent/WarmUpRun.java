// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent;

import dev.weft.agent.cni.WarmUp;
import dev.weft.agent.thread.AgentThread;
import java.time.Duration;

/** Makes the first ADD as fast as any, in the background. */
final class WarmUpRun {
  private static final Duration TIME = Duration.ofMillis(200);

  private final Runnable rehearsal;
  private final Runnable onDone;

  /** Set by the thread of the warm-up, read by the reconcile loop. */
  private volatile boolean done;

  /**
   * Not begun.
   *
   * @param rehearsal makes the dataplane's first ADD as fast as any
   * @param onDone called when it is done
   */
  WarmUpRun(Runnable rehearsal, Runnable onDone) {
    this.rehearsal = rehearsal;
    this.onDone = onDone;
  }

  void start() {
    AgentThread.WARM_UP.start(this::run);
  }

  /** Whether it is done; one that failed is, and the first ADDs are slow. */
  boolean isDone() {
    return done;
  }

  private void run() {
    try {
      rehearsal.run();
      WarmUp.run(TIME);
    } catch (RuntimeException | Error e) {
      AgentThread.WARM_UP.failed(e);
    } finally {
      done = true;
      onDone.run();
    }
  }
}
