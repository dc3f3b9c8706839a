// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.reconcile;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.concurrent.TimeUnit;

/** How often the loop runs, how long, and how often in vain. */
public final class ReconcileMetrics {
  private final Timer duration;
  private final Counter failures;

  /** Registers the meters. */
  public ReconcileMetrics(MeterRegistry registry) {
    duration =
        Timer.builder("weft.agent.reconcile.duration")
            .description("Runs of the reconcile loop and how long they took")
            .register(registry);
    failures =
        Counter.builder("weft.agent.reconcile.failures")
            .description("Runs of the reconcile loop after which something was not as it should be")
            .register(registry);
  }

  void ran(long nanos, boolean succeeded) {
    duration.record(nanos, TimeUnit.NANOSECONDS);
    if (!succeeded) {
      failures.increment();
    }
  }
}
