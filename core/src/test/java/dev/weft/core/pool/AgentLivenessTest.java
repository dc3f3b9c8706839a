// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import static dev.weft.core.pool.AgentLiveness.Verdict.ALIVE;
import static dev.weft.core.pool.AgentLiveness.Verdict.MISSING;
import static dev.weft.core.pool.AgentLiveness.Verdict.NOT_READY;
import static dev.weft.core.pool.AgentLiveness.Verdict.STILL_LOST;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.pool.AgentLiveness.Observed;
import dev.weft.core.pool.AgentLiveness.Verdict;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AgentLivenessTest {
  private static final Observed NODE = new Observed("node1", true, false, false);
  private static final Observed ASKED = new Observed("node1", true, false, true);
  private static final Observed REPORTED_LOST = new Observed("node1", true, true, true);
  private static final Observed ANSWERED = new Observed("node1", true, true, false);
  private static final Map<String, Boolean> READY = Map.of("node1", true, "node2", true);
  private static final Map<String, Boolean> UNREADY = Map.of("node1", false, "node2", true);
  private static final Map<String, Boolean> GONE = Map.of("node2", true);

  private final AgentLiveness liveness =
      new AgentLiveness(Duration.ofMinutes(5), Duration.ofMinutes(1));
  private int lastSecond = -1;
  private Observed lastNode;
  private Map<String, Boolean> lastPods;

  /** What an observation at this second finds, after one every 30 seconds that found the same. */
  private Verdict at(int second, Observed node, Map<String, Boolean> pods) {
    if (lastSecond >= 0) {
      for (int before = lastSecond + 30; before < second; before += 30) {
        observe(before, lastNode, lastPods);
      }
    }
    lastSecond = second;
    lastNode = node;
    lastPods = pods;
    return observe(second, node, pods);
  }

  private Verdict observe(int second, Observed node, Map<String, Boolean> pods) {
    return liveness.observe(List.of(node), pods, nanos(second)).get("node1");
  }

  private boolean isSilent(int second) {
    return liveness.isSilent("node1", nanos(second));
  }

  private static long nanos(int seconds) {
    return Long.MAX_VALUE - 100_000_000_000L + Duration.ofSeconds(seconds).toNanos();
  }

  @Test
  void anAgentIsLostAfterFiveMinutesWithoutABreak() {
    assertThat(at(0, NODE, READY)).isEqualTo(ALIVE);
    assertThat(at(10, NODE, UNREADY)).isEqualTo(ALIVE);
    assertThat(liveness.next(nanos(20))).contains(Duration.ofSeconds(30));
    assertThat(liveness.next(nanos(301))).contains(Duration.ofSeconds(9));
    assertThat(at(309, NODE, GONE)).isEqualTo(ALIVE);
    assertThat(at(310, NODE, GONE)).isEqualTo(MISSING);
    assertThat(at(311, REPORTED_LOST, UNREADY)).isEqualTo(NOT_READY);
    assertThat(at(312, REPORTED_LOST, READY)).isEqualTo(ALIVE);
    assertThat(liveness.next(nanos(312))).isEmpty();
  }

  @Test
  void aLostAgentIsSilentOnceItsBlocksSaidSoForAMinuteWithoutABreak() {
    at(0, NODE, UNREADY);
    assertThat(at(300, NODE, UNREADY)).isEqualTo(NOT_READY);
    at(400, NODE, UNREADY);
    assertThat(isSilent(400)).isFalse();
    assertThat(at(401, ASKED, UNREADY)).isEqualTo(NOT_READY);
    at(460, ASKED, UNREADY);
    assertThat(isSilent(460)).isFalse();
    assertThat(liveness.next(nanos(460))).contains(Duration.ofSeconds(1));
    at(461, ASKED, UNREADY);
    assertThat(isSilent(461)).isTrue();
    at(462, NODE, UNREADY);
    assertThat(isSilent(462)).isFalse();
    at(463, ASKED, UNREADY);
    assertThat(isSilent(463)).isFalse();
  }

  @Test
  void anAgentThatAnswersTakesBackWhatItsNodeSays() {
    assertThat(at(0, REPORTED_LOST, UNREADY)).isEqualTo(STILL_LOST);
    assertThat(at(10, ANSWERED, UNREADY)).isEqualTo(ALIVE);
    assertThat(at(20, ANSWERED, GONE)).isEqualTo(ALIVE);
    assertThat(at(300, ANSWERED, GONE)).isEqualTo(MISSING);
    assertThat(isSilent(300)).isFalse();
  }

  @Test
  void aNodeThatIsReadyAgainBeginsItsSilenceAnew() {
    at(0, ASKED, UNREADY);
    at(360, ASKED, UNREADY);
    assertThat(isSilent(360)).isTrue();
    at(370, new Observed("node1", false, false, true), UNREADY);
    assertThat(at(380, ASKED, UNREADY)).isEqualTo(ALIVE);
    assertThat(isSilent(380)).isFalse();
    assertThat(at(680, ASKED, UNREADY)).isEqualTo(NOT_READY);
    assertThat(isSilent(680)).isFalse();
  }

  @Test
  void aLeaderThatSleptForMoreThanAMinuteKnowsOfNoTimeThatPassed() {
    at(0, NODE, UNREADY);
    at(290, NODE, UNREADY);
    assertThat(observe(350, NODE, UNREADY)).isEqualTo(NOT_READY);
    assertThat(observe(411, NODE, UNREADY)).isEqualTo(ALIVE);
    lastSecond = 411;
    assertThat(at(710, NODE, UNREADY)).isEqualTo(ALIVE);
    assertThat(at(711, ASKED, UNREADY)).isEqualTo(NOT_READY);
    observe(771, ASKED, UNREADY);
    assertThat(isSilent(771)).isTrue();
    assertThat(observe(832, REPORTED_LOST, UNREADY)).isEqualTo(STILL_LOST);
    assertThat(isSilent(832)).isFalse();
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
    Observed down = new Observed("node1", false, false, false);
    assertThat(at(0, NODE, UNREADY)).isEqualTo(ALIVE);
    assertThat(at(200, down, UNREADY)).isEqualTo(ALIVE);
    assertThat(at(201, NODE, UNREADY)).isEqualTo(ALIVE);
    assertThat(at(500, NODE, UNREADY)).isEqualTo(ALIVE);
    assertThat(at(501, NODE, UNREADY)).isEqualTo(NOT_READY);
    assertThat(at(502, new Observed("node1", false, true, true), UNREADY)).isEqualTo(STILL_LOST);
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
    assertThat(at(0, REPORTED_LOST, Map.of())).isEqualTo(STILL_LOST);
    assertThat(at(1, REPORTED_LOST, UNREADY)).isEqualTo(STILL_LOST);
    assertThat(at(2, REPORTED_LOST, READY)).isEqualTo(ALIVE);
  }

  @Test
  void onlyAnAgentJustFoundNotReadyOrMissingIsLost() {
    assertThat(Verdict.values()).filteredOn(Verdict::isLost).containsExactly(NOT_READY, MISSING);
  }

  @Test
  void whereNoAgentIsAwayNoTimeChangesAVerdict() {
    at(0, NODE, READY);
    assertThat(liveness.next(nanos(0))).isEmpty();
  }

  @Test
  void aTimeThatHasComeIsCheckedAgainHalfAMinuteLater() {
    at(0, NODE, UNREADY);
    at(300, NODE, UNREADY);
    assertThat(liveness.next(nanos(300))).contains(Duration.ofSeconds(30));
  }

  @Test
  void aNodeThatIsGoneIsForgotten() {
    at(0, NODE, UNREADY);
    liveness.observe(List.of(), UNREADY, nanos(30));
    assertThat(liveness.next(nanos(30))).isEmpty();
    assertThat(observe(60, NODE, UNREADY)).isEqualTo(ALIVE);
    assertThat(liveness.next(nanos(60))).contains(Duration.ofSeconds(30));
  }
}
