// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import static dev.weft.core.pool.AgentLiveness.Verdict.ALIVE;
import static dev.weft.core.pool.AgentLiveness.Verdict.MISSING;
import static dev.weft.core.pool.AgentLiveness.Verdict.NOT_READY;
import static dev.weft.core.pool.AgentLiveness.Verdict.STILL_LOST;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.pool.AgentLiveness.Verdict;
import dev.weft.core.pool.AgentLiveness.Watched;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AgentLivenessTest {
  private static final Watched NODE = new Watched("node1", true, false);
  private static final Watched SAID_LOST = new Watched("node1", true, true);
  private static final Map<String, Boolean> READY = Map.of("node1", true, "node2", true);
  private static final Map<String, Boolean> UNREADY = Map.of("node1", false, "node2", true);
  private static final Map<String, Boolean> GONE = Map.of("node2", true);

  private final AgentLiveness liveness = new AgentLiveness(Duration.ofMinutes(5));

  private Verdict at(int seconds, Watched node, Map<String, Boolean> pods) {
    return liveness.look(List.of(node), pods, nanos(seconds)).get("node1");
  }

  private static long nanos(int seconds) {
    return Long.MAX_VALUE - 100_000_000_000L + Duration.ofSeconds(seconds).toNanos();
  }

  @Test
  void anAgentIsLostAfterFiveMinutesWithoutABreak() {
    assertThat(at(0, NODE, READY)).isEqualTo(ALIVE);
    assertThat(at(10, NODE, UNREADY)).isEqualTo(ALIVE);
    assertThat(liveness.next(nanos(100))).contains(Duration.ofSeconds(210));
    assertThat(at(309, NODE, GONE)).isEqualTo(ALIVE);
    assertThat(at(310, NODE, GONE)).isEqualTo(MISSING);
    assertThat(at(311, SAID_LOST, UNREADY)).isEqualTo(NOT_READY);
    assertThat(liveness.next(nanos(311))).isEmpty();
    assertThat(at(312, SAID_LOST, READY)).isEqualTo(ALIVE);
  }

  @Test
  void aRolloutFlipsNothing() {
    for (int second = 0; second < 3000; second += 100) {
      assertThat(at(second, NODE, GONE)).isEqualTo(ALIVE);
      assertThat(at(second + 50, NODE, UNREADY)).isEqualTo(ALIVE);
      assertThat(at(second + 99, NODE, READY)).isEqualTo(ALIVE);
    }
  }

  @Test
  void aNodeThatIsNotReadyItselfIsLeftAlone() {
    Watched down = new Watched("node1", false, false);
    assertThat(at(0, NODE, UNREADY)).isEqualTo(ALIVE);
    assertThat(at(200, down, UNREADY)).isEqualTo(ALIVE);
    assertThat(at(201, NODE, UNREADY)).isEqualTo(ALIVE);
    assertThat(at(500, NODE, UNREADY)).isEqualTo(ALIVE);
    assertThat(at(501, NODE, UNREADY)).isEqualTo(NOT_READY);
    assertThat(at(502, new Watched("node1", false, true), UNREADY)).isEqualTo(STILL_LOST);
  }

  @Test
  void whereNoAgentWasEverAPodNobodyIsLost() {
    assertThat(at(0, NODE, Map.of())).isEqualTo(ALIVE);
    assertThat(at(9999, NODE, Map.of())).isEqualTo(ALIVE);
    assertThat(liveness.next(nanos(9999))).isEmpty();
    assertThat(at(10_000, NODE, GONE)).isEqualTo(ALIVE);
    assertThat(at(10_300, NODE, Map.of())).isEqualTo(MISSING);
  }

  @Test
  void afterARestartWhatWasSaidStaysUntilTheAgentIsSeen() {
    assertThat(at(0, SAID_LOST, Map.of())).isEqualTo(STILL_LOST);
    assertThat(at(1, SAID_LOST, UNREADY)).isEqualTo(STILL_LOST);
    assertThat(at(2, SAID_LOST, READY)).isEqualTo(ALIVE);
  }
}
