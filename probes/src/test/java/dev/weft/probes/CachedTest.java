// SPDX-License-Identifier: Apache-2.0
package dev.weft.probes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

class CachedTest {
  private final AtomicInteger made = new AtomicInteger();

  @Test
  void an_answer_that_takes_long_to_make_is_kept_ten_times_as_long() {
    Cached cached = new Cached(this::makeSlowly);
    long end = System.nanoTime() + 1_000_000_000L;
    while (System.nanoTime() < end) {
      cached.get();
    }
    assertThat(made.get()).as("made in a second, each in 10 ms").isBetween(1, 10);
  }

  @Test
  void it_is_made_again_when_its_time_is_over() {
    Cached cached = new Cached(this::makeSlowly);
    cached.get();
    while (made.get() == 1) {
      cached.get();
    }
    assertThat(cached.get().text()).isEqualTo("2");
  }

  private HttpAnswer makeSlowly() {
    long end = System.nanoTime() + 10_000_000L;
    while (System.nanoTime() < end) {
      LockSupport.parkNanos(1_000_000L);
    }
    return HttpAnswer.text(200, String.valueOf(made.incrementAndGet()));
  }
}
