// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.net.Cidr;
import java.time.Instant;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ReleaseHistoryTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final Cidr ONE = Cidr.parse("10.244.1.0/24");
  private static final Cidr TWO = Cidr.parse("10.244.2.0/24");

  private final ReleaseHistory history = new ReleaseHistory();

  @Test
  void theFirstReleasedComesFirstAndWhatIsReleasedAgainLast() {
    history.released(ONE);
    history.released(TWO);
    assertThat(history.history().released()).containsExactly(ONE, TWO);
    history.released(ONE);
    assertThat(history.history().released()).containsExactly(TWO, ONE);
    history.allocated(TWO);
    assertThat(history.history().released()).containsExactly(ONE);
  }

  @Test
  void ofMoreThanItKeepsTheFirstReleasedAreForgotten() {
    Cidr range = Cidr.parse("10.0.0.0/8");
    for (int i = 0; i <= 4096; i++) {
      history.released(range.sub(24, i));
    }
    assertThat(history.history().released())
        .hasSize(4096)
        .startsWith(range.sub(24, 1))
        .endsWith(range.sub(24, 4096));
  }

  @Test
  void aSurplusBeginsWhenItIsFirstOneAndAnewAfterItWasNone() {
    history.surplus(Set.of(ONE), NOW);
    history.surplus(Set.of(ONE, TWO), NOW.plusSeconds(60));
    assertThat(history.history().surplusSince())
        .containsEntry(ONE, NOW)
        .containsEntry(TWO, NOW.plusSeconds(60));
    history.surplus(Set.of(TWO), NOW.plusSeconds(70));
    history.surplus(Set.of(ONE, TWO), NOW.plusSeconds(80));
    assertThat(history.history().surplusSince())
        .containsEntry(ONE, NOW.plusSeconds(80))
        .containsEntry(TWO, NOW.plusSeconds(60));
  }

  @Test
  void aClockThatGoesBackMakesASurplusNoLonger() {
    history.surplus(Set.of(ONE), NOW);
    history.surplus(Set.of(ONE), NOW.minusSeconds(3600));
    assertThat(history.history().surplusSince()).containsEntry(ONE, NOW.minusSeconds(3600));
  }
}
