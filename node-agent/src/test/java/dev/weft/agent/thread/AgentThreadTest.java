// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.thread;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.agent.Faults;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(180)
class AgentThreadTest {
  @Test
  void workThatAnErrorEndsBeginsAgainAndIsCounted() throws Exception {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    AgentThread.bindTo(registry);
    double before = restarts(registry);
    AtomicInteger runs = new AtomicInteger();

    Thread thread =
        AgentThread.WARM_UP.start(
            () -> {
              if (runs.incrementAndGet() == 1) {
                throw Faults.withoutTrace(new NoClassDefFoundError("of a test"));
              }
            });
    thread.join();

    assertThat(runs).hasValue(2);
    assertThat(restarts(registry)).isEqualTo(before + 1);
  }

  @Test
  void workThatIsInterruptedEnds() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    Thread thread =
        AgentThread.WARM_UP.start(
            () -> {
              begun.countDown();
              new CountDownLatch(1).await();
            });
    begun.await();

    thread.interrupt();

    thread.join();
  }

  @Test
  void aGuardedRunThrowsNothing() {
    long before = AgentThread.WARM_UP.restarts();

    AgentThread.WARM_UP
        .containFailures(
            () -> {
              throw Faults.withoutTrace(new AssertionError("of a test"));
            })
        .run();

    assertThat(AgentThread.WARM_UP.restarts()).isEqualTo(before + 1);
  }

  private static double restarts(SimpleMeterRegistry registry) {
    return registry
        .get("weft.agent.thread.restarts")
        .tag("thread", "warm-up")
        .functionCounter()
        .count();
  }
}
