// SPDX-License-Identifier: Apache-2.0
package dev.weft.probes;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class CachedTest {
  private static final Duration COST = Duration.ofMillis(10);

  private long nowNanos = Long.MAX_VALUE - COST.toNanos();
  private int made;

  @Test
  void an_answer_that_takes_long_to_make_is_kept_ten_times_as_long() {
    Cached cached = cached(Duration.ZERO, COST);
    assertThat(cached.get().text()).isEqualTo("1");

    pass(COST.multipliedBy(10).minusNanos(1));
    assertThat(cached.get().text()).isEqualTo("1");

    pass(Duration.ofNanos(1));
    assertThat(cached.get().text()).isEqualTo("2");
  }

  @Test
  void an_answer_that_costs_little_is_kept_for_the_least_time() {
    Duration least = Duration.ofMillis(200);
    Cached cached = cached(least, Duration.ofMillis(1));
    cached.get();

    pass(least.minusNanos(1));
    assertThat(cached.get().text()).isEqualTo("1");

    pass(Duration.ofNanos(1));
    assertThat(cached.get().text()).isEqualTo("2");
  }

  @Test
  void the_least_time_does_not_shorten_that_of_an_answer_that_takes_long() {
    Cached cached = cached(COST, COST);
    cached.get();

    pass(COST.multipliedBy(10).minusNanos(1));
    assertThat(cached.get().text()).isEqualTo("1");
  }

  private Cached cached(Duration least, Duration cost) {
    return new Cached(
        least,
        () -> {
          pass(cost);
          made++;
          return HttpAnswer.text(200, String.valueOf(made));
        },
        () -> nowNanos);
  }

  private void pass(Duration time) {
    nowNanos += time.toNanos();
  }
}
