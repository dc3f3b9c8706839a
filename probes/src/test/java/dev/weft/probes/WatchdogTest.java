// SPDX-License-Identifier: Apache-2.0
package dev.weft.probes;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class WatchdogTest {
  private Optional<String> stuck = Optional.empty();

  @Test
  void only_a_condition_that_lasts_ends_the_process() {
    Watchdog watchdog = new Watchdog(() -> stuck, 3);
    assertThat(watchdog.check()).isFalse();
    stuck = Optional.of("the loop stands still");
    assertThat(watchdog.check()).isFalse();
    assertThat(watchdog.check()).isFalse();
    stuck = Optional.empty();
    assertThat(watchdog.check()).isFalse();
    stuck = Optional.of("the loop stands still");
    assertThat(watchdog.check()).isFalse();
    assertThat(watchdog.check()).isFalse();
    assertThat(watchdog.check()).isTrue();
  }

  @Test
  void a_condition_that_cannot_be_read_is_stuck() {
    Watchdog watchdog =
        new Watchdog(
            () -> {
              throw new StackOverflowError();
            },
            1);
    assertThat(watchdog.check()).isTrue();
  }

  @Test
  void parts_are_stuck_one_by_one() {
    Liveness all =
        Liveness.all(List.of(() -> stuck, Optional::empty, () -> Optional.of("two workers ended")));
    assertThat(all.stuck()).contains("two workers ended");
    stuck = Optional.of("the loop stands still");
    assertThat(all.stuck()).contains("the loop stands still; two workers ended");
    assertThat(Liveness.all(List.of(Optional::empty)).stuck()).isEmpty();
  }

  @Test
  void a_stuck_process_ends_with_a_status_of_its_own_even_where_its_stop_hangs() throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Stuck.class.getName())
            .redirectErrorStream(true)
            .start();
    try {
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).as(output).isTrue();
      assertThat(process.exitValue()).as(output).isEqualTo(Watchdog.EXIT_STATUS);
      assertThat(output).contains("the loop stands still", "exit status 4", "the stop hangs");
    } finally {
      process.destroyForcibly();
    }
  }

  /** A program that neither goes on nor stops. */
  static final class Stuck {
    private Stuck() {}

    public static void main(String[] arguments) throws Exception {
      Runtime.getRuntime().addShutdownHook(new Thread(Stuck::hang));
      Watchdog.start(
          new Watchdog(() -> Optional.of("the loop stands still"), 2),
          Duration.ofMillis(10),
          Duration.ofSeconds(3));
      Thread.currentThread().join();
    }

    private static void hang() {
      System.out.println("the stop hangs");
      try {
        Thread.currentThread().join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
