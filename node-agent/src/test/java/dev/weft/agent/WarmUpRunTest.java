// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.agent.thread.AgentThread;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class WarmUpRunTest {
  private final AtomicInteger ends = new AtomicInteger();

  @Test
  void a_warm_up_that_fails_is_counted_and_done() {
    long before = AgentThread.WARM_UP.restarts();
    WarmUpRun warmUp =
        new WarmUpRun(
            () -> {
              throw Faults.withoutTrace(new NoClassDefFoundError("of a test"));
            },
            ends::incrementAndGet);
    assertThat(warmUp.isDone()).isFalse();

    warmUp.start();

    await().until(() -> ends.get() == 1);
    assertThat(warmUp.isDone()).isTrue();
    assertThat(AgentThread.WARM_UP.restarts()).isEqualTo(before + 1);
  }
}
