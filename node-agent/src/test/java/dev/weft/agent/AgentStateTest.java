// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.agent.cni.Attachments;
import dev.weft.agent.cni.CniServer;
import dev.weft.core.net.Cidr;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class AgentStateTest {
  private static final Cidr BLOCK = Cidr.parse("10.244.1.0/24");
  private static final long LONG_AGO = System.nanoTime() - Duration.ofMinutes(1).toNanos();

  @Test
  void anAddThatComesWhileTheAgentStartsIsServedOnceTheNodeIsReady() throws Exception {
    AgentState state =
        new AgentState(new Attachments(), Optional::empty, peer -> "", Optional.empty());
    CompletableFuture<Optional<String>> answer = new CompletableFuture<>();
    Thread add = new Thread(() -> answer.complete(awaitReady(state)));
    assertThat(state.starting()).isTrue();
    add.start();
    Awaitility.await().until(() -> add.getState() == Thread.State.TIMED_WAITING);
    state.reconciled(ReportsTest.report());
    assertThat(answer).isNotDone();

    state.reconciled(ReportsTest.report(ReportsTest.served(BLOCK)));

    assertThat(answer.get(90, TimeUnit.SECONDS)).isEmpty();
    assertThat(state.starting()).isFalse();
  }

  @Test
  void anAgentThatIsUpForLongSaysAtOnceThatTheNodeHasNoBlock() {
    AgentState state =
        new AgentState(new Attachments(), Optional::empty, peer -> "", Optional.empty(), LONG_AGO);
    state.reconciled(ReportsTest.report());

    assertThat(state.starting()).isFalse();
    assertThat(awaitReady(state)).isPresent();
  }

  @Test
  void aStopWaitsLongerThanItsCallsAreWaitedForAndIsOverBeforeTheKubeletKills() {
    assertThat(AgentProgram.STOP_TIME)
        .isGreaterThan(CniServer.STOP_TIME)
        .isLessThan(Duration.ofSeconds(10)); // terminationGracePeriodSeconds in agent.yaml
  }

  private static Optional<String> awaitReady(AgentState state) {
    try {
      state.awaitReady();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    return state.notReady();
  }
}
