// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.agent.Faults;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReconcileScheduleTest {
  private final FakeTimer timer = new FakeTimer();
  private final List<Long> runs = new ArrayList<>();
  private boolean succeeds = true;
  private Runnable duringRun = () -> {};
  private final ReconcileSchedule schedule =
      new ReconcileSchedule(
          Duration.ofMillis(100),
          Duration.ofMillis(500),
          Duration.ofMillis(1_000),
          Duration.ofMillis(10_000),
          timer,
          this::run);

  @Test
  void the_first_wake_runs_at_once() {
    schedule.wake();
    timer.advance(0);
    assertThat(runs).containsExactly(0L);
  }

  @Test
  void any_number_of_wakes_are_one_run_no_sooner_than_the_least_interval() {
    schedule.wake();
    timer.advance(0);
    schedule.wake();
    schedule.wake();
    timer.advance(99);
    assertThat(runs).containsExactly(0L);
    timer.advance(1);
    assertThat(runs).containsExactly(0L, 100L);
    timer.advance(500);
    assertThat(runs).hasSize(2);
  }

  @Test
  void a_longer_run_is_followed_by_a_longer_pause_so_that_a_storm_of_wakes_takes_a_tenth() {
    wakeAfterARunOf(30);
    timer.advance(269);
    assertThat(runs).containsExactly(0L);
    timer.advance(1);
    assertThat(runs).containsExactly(0L, 300L);
  }

  @Test
  void the_pause_after_a_long_run_has_a_bound() {
    wakeAfterARunOf(200);
    timer.advance(299);
    assertThat(runs).containsExactly(0L);
    timer.advance(1);
    assertThat(runs).containsExactly(0L, 500L);
  }

  @Test
  void a_run_that_takes_longer_than_the_bound_is_followed_at_once() {
    wakeAfterARunOf(2_000);
    timer.advance(0);
    assertThat(runs).containsExactly(0L, 2_000L);
  }

  @Test
  void a_wake_during_a_run_leads_to_another_run() {
    duringRun = schedule::wake;
    schedule.wake();
    timer.advance(0);
    duringRun = () -> {};
    timer.advance(100);
    assertThat(runs).containsExactly(0L, 100L);
  }

  @Test
  void without_a_wake_it_runs_after_the_longest_interval() {
    schedule.wake();
    timer.advance(0);
    timer.advance(9_999);
    assertThat(runs).hasSize(1);
    timer.advance(1);
    assertThat(runs).containsExactly(0L, 10_000L);
  }

  @Test
  void after_a_failure_it_runs_after_the_retry_interval() {
    succeeds = false;
    schedule.wake();
    timer.advance(0);
    timer.advance(1_000);
    assertThat(runs).containsExactly(0L, 1_000L);
  }

  @Test
  void a_run_that_ends_in_an_error_is_a_failed_run() {
    duringRun =
        () -> {
          throw Faults.withoutTrace(new StackOverflowError("of a test"));
        };
    schedule.wake();
    timer.advance(0);
    duringRun = () -> {};
    timer.advance(1_000);
    assertThat(runs).containsExactly(0L, 1_000L);
  }

  @Test
  void a_wake_after_a_pause_runs_at_once_and_takes_the_place_of_the_next_run() {
    schedule.wake();
    timer.advance(5_000);
    schedule.wake();
    timer.advance(0);
    timer.advance(9_999);
    assertThat(runs).containsExactly(0L, 5_000L);
  }

  @Test
  void closed_it_runs_no_more() {
    schedule.wake();
    timer.advance(0);
    schedule.close();
    schedule.wake();
    timer.advance(20_000);
    assertThat(runs).hasSize(1);
  }

  private void wakeAfterARunOf(long millis) {
    duringRun = () -> timer.pass(millis);
    schedule.wake();
    timer.advance(0);
    schedule.wake();
  }

  private boolean run() {
    runs.add(timer.nanoTime() / 1_000_000);
    duringRun.run();
    return succeeds;
  }

  /** Time that stands still until a test moves it. */
  private static final class FakeTimer implements Scheduler {
    private record Task(long at, Runnable action) {}

    private final List<Task> tasks = new ArrayList<>();
    private long now;

    @Override
    public long nanoTime() {
      return now;
    }

    @Override
    public Runnable after(Duration delay, Runnable action) {
      Task task = new Task(now + delay.toNanos(), action);
      tasks.add(task);
      return () -> tasks.remove(task);
    }

    /** In a run. */
    void pass(long millis) {
      now += millis * 1_000_000;
    }

    void advance(long millis) {
      long end = now + millis * 1_000_000;
      while (true) {
        Task next =
            tasks.stream()
                .filter(task -> task.at() <= end)
                .min(Comparator.comparingLong(Task::at))
                .orElse(null);
        if (next == null) {
          break;
        }
        tasks.remove(next);
        now = Math.max(now, next.at());
        next.action().run();
      }
      now = Math.max(now, end);
    }
  }
}
