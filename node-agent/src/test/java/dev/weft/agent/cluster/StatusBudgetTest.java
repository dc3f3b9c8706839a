// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StatusBudgetTest {
  /** Shortly before the clock overflows. */
  private static final long START = Long.MAX_VALUE - seconds(1);

  private static final long CAPACITY = 200;

  private final StatusBudget budget = new StatusBudget();

  @ParameterizedTest
  @CsvSource({"0,1", "1,0", "99,100", "100,99", "179,180", "199,200", "200,199", "0,200"})
  void a_crossed_threshold_is_written_at_once(long before, long now) {
    budget.written(3, START);
    assertThat(budget.due(before, now, CAPACITY, 3, START)).isZero();
  }

  @ParameterizedTest
  @CsvSource({"1,2", "50,99", "100,150", "181,199"})
  void anything_else_waits_for_the_interval(long before, long now) {
    budget.written(3, START);
    assertThat(budget.due(before, now, CAPACITY, 3, START + seconds(2)))
        .isEqualTo(Duration.ofSeconds(3));
    assertThat(budget.due(before, now, CAPACITY, 3, START + seconds(5))).isZero();
  }

  private static long seconds(long seconds) {
    return Duration.ofSeconds(seconds).toNanos();
  }

  @Test
  void the_interval_grows_with_the_number_of_nodes() {
    assertThat(StatusBudget.interval(3)).isEqualTo(Duration.ofSeconds(5));
    assertThat(StatusBudget.interval(5_000)).isEqualTo(Duration.ofSeconds(250));
  }

  @Test
  void a_threshold_crossed_to_and_fro_uses_the_budget_up() {
    for (int i = 0; i < StatusBudget.BURST; i++) {
      assertThat(budget.due(0, 1, CAPACITY, 3, START)).isZero();
      budget.written(3, START);
    }
    assertThat(budget.due(0, 1, CAPACITY, 3, START)).isEqualTo(Duration.ofSeconds(5));
    assertThat(budget.due(0, 1, CAPACITY, 3, START + seconds(5))).isZero();
  }
}
