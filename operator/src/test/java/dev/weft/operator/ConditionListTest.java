// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Condition;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConditionListTest {
  private static final Instant FIRST = Instant.parse("2026-01-01T00:00:00.2Z");
  private static final Instant LATER = Instant.parse("2026-01-01T00:01:00Z");

  @Test
  void aTimeIsRoundedUpAndStaysUntilTheStatusTurns() {
    List<Condition> first = new ConditionList(null, FIRST).set("Ready", "True", "A", "a").list();
    assertThat(first.get(0).getLastTransitionTime()).isEqualTo("2026-01-01T00:00:01Z");
    List<Condition> same = new ConditionList(first, LATER).set("Ready", "True", "B", "b").list();
    assertThat(same.get(0).getLastTransitionTime()).isEqualTo("2026-01-01T00:00:01Z");
    assertThat(same.get(0).getReason()).isEqualTo("B");
    List<Condition> turned = new ConditionList(same, LATER).set("Ready", "False", "C", "c").list();
    assertThat(turned.get(0).getLastTransitionTime()).isEqualTo("2026-01-01T00:01:00Z");
  }

  @Test
  void onlyWhatWasAddedIsListed() {
    List<Condition> before =
        new ConditionList(null, FIRST)
            .set("Programmed", "True", "A", "a")
            .set("Releasing", "Unknown", "B", "b")
            .list();
    assertThat(new ConditionList(before, LATER).keep("Releasing").keep("Overlapping").list())
        .containsExactly(before.get(1));
  }
}
