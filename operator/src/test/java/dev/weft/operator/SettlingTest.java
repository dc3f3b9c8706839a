// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.net.Cidr;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class SettlingTest {
  private static final Duration TIME = Duration.ofMinutes(5);
  private static final Cidr ONE = Cidr.parse("10.244.1.0/24");
  private static final Cidr TWO = Cidr.parse("10.244.2.0/24");

  private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 1_000); // it may wrap
  private final Settling settling = new Settling(TIME, nanos::get);

  @Test
  void nothingIsWaitedForBeforeAnythingIsLost() {
    settling.observe(Set.of());
    assertThat(settling.left()).isEmpty();
  }

  @Test
  void anUnknownLossIsWaitedForTheWholeTime() {
    settling.begin("test");
    settling.observe(Set.of());
    assertThat(settling.left()).contains(TIME);
    pass(TIME.minusSeconds(1));
    assertThat(settling.left()).contains(Duration.ofSeconds(1));
    pass(Duration.ofSeconds(1));
    assertThat(settling.left()).isEmpty();
  }

  @Test
  void aKnownLossIsWaitedForUntilTheLastIsThereAgain() {
    settling.observe(Set.of(ONE, TWO));
    settling.observe(Set.of(TWO));
    assertThat(settling.left()).contains(TIME);
    settling.observe(Set.of());
    assertThat(settling.left()).isEmpty();
  }

  @Test
  void aKnownLossIsWaitedForNoLongerThanTheTime() {
    settling.observe(Set.of(ONE));
    pass(TIME);
    settling.observe(Set.of(ONE));
    assertThat(settling.left()).isEmpty();
  }

  @Test
  void aFurtherLossIsWaitedForAnew() {
    settling.observe(Set.of(ONE));
    pass(TIME);
    settling.observe(Set.of(ONE, TWO));
    assertThat(settling.left()).contains(TIME);
    pass(TIME);
    settling.observe(Set.of(ONE));
    assertThat(settling.left()).isEmpty();
  }

  @Test
  void ofBothTheLongerIsWaitedFor() {
    settling.observe(Set.of(ONE));
    pass(Duration.ofMinutes(1));
    settling.begin("test");
    settling.observe(Set.of());
    assertThat(settling.left()).contains(TIME);
    pass(TIME.minusMinutes(1));
    settling.observe(Set.of(TWO));
    pass(Duration.ofMinutes(1));
    assertThat(settling.left()).contains(TIME.minusMinutes(1));
  }

  @Test
  void aSettleTimeOfZeroWaitsForNothing() {
    Settling none = new Settling(Duration.ZERO, nanos::get);
    none.begin("test");
    none.observe(Set.of(ONE));
    assertThat(none.left()).isEmpty();
  }

  private void pass(Duration time) {
    nanos.addAndGet(time.toNanos());
  }
}
