// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class WritesTest {
  private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 1_000); // it may wrap
  private final Writes writes = new Writes(nanos::get);
  private final AtomicInteger tries = new AtomicInteger();

  @AfterEach
  void close() {
    writes.close();
  }

  @Test
  void aRefusedWriteRestsTwiceAsLongEachTimeAndOneMinuteAtMost() throws WriteFailed {
    long millis = 200;
    for (int i = 1; i <= 12; i++) {
      writes.submit("a", () -> fail(422));
      assertThat(writes.finish()).hasValue(Duration.ofMillis(Math.min(millis, 60_000)));
      writes.submit("a", () -> fail(422)); // rests
      writes.finish();
      assertThat(tries).hasValue(i);
      nanos.addAndGet(Duration.ofMillis(Math.min(millis, 60_000)).toNanos());
      millis *= 2;
    }
    assertThat(writes.refused()).hasSize(1);
    assertThat(Writes.summary(writes.refused())).isEqualTo("a: code 422");
    writes.submit("a", () -> {});
    assertThat(writes.finish()).isEmpty();
    assertThat(Writes.summary(writes.refused())).isEmpty();
  }

  @Test
  void aRefusedWriteHindersNoOther() throws WriteFailed {
    writes.submit("a", () -> fail(403));
    writes.settle();
    for (int i = 0; i < 3; i++) {
      writes.submit("a", () -> fail(403));
      writes.submit("b", tries::incrementAndGet);
      writes.finish();
    }
    assertThat(tries).hasValue(4);
  }

  @Test
  void anOutdatedWriteIsDecidedAgainAtOnceThenRestsAndIsRefusedInTheEnd() throws WriteFailed {
    for (long millis : new long[] {0, 200, 400, 800, 1_600}) {
      assertThat(Writes.summary(writes.refused())).isEmpty();
      writes.submit("a", () -> fail(409));
      assertThat(writes.finish()).hasValue(Duration.ofMillis(millis));
      nanos.addAndGet(Duration.ofMillis(millis).toNanos());
    }
    assertThat(Writes.summary(writes.refused())).isEqualTo("a: code 409");
  }

  @Test
  void whatIsNotWantedAnyMoreIsForgotten() throws WriteFailed {
    writes.submit("a", () -> fail(403));
    writes.finish();
    assertThat(writes.finish()).isEmpty();
    assertThat(writes.refused()).isEmpty();
  }

  @Test
  void aServerThatDoesNotAnswerEndsTheSeriesAndNothingOfItRests() {
    writes.submit("a", () -> fail(0));
    writes.settle();
    writes.submit("b", tries::incrementAndGet);
    assertThatThrownBy(writes::finish).isInstanceOf(WriteFailed.class).hasMessage("a: code 0");
    assertThat(tries).hasValue(1);
    assertThat(writes.refused()).isEmpty();
  }

  @Test
  void aWriteWhoseAnswerDoesNotComeInTimeRestsAndHindersNoOther() throws WriteFailed {
    writes.submit("a", this::timeOut);
    writes.settle();
    writes.submit("b", tries::incrementAndGet);
    assertThat(writes.finish()).hasValue(Duration.ofMillis(200));
    assertThat(tries).hasValue(2);
    assertThat(Writes.summary(writes.refused())).isEqualTo("a: no answer");

    writes.submit("a", this::timeOut); // rests
    writes.finish();
    assertThat(tries).hasValue(2);
  }

  @Test
  void afterThreeThatWereNotAnsweredInTimeTheSeriesEndsAndTheNextTriesTheOthers()
      throws WriteFailed {
    for (int i = 0; i < 5; i++) {
      writes.submit("a" + i, this::timeOut);
      writes.settle();
    }
    assertThatThrownBy(writes::finish).isInstanceOf(WriteFailed.class).hasMessage("a2: no answer");
    assertThat(tries).hasValue(3);

    for (int i = 0; i < 4; i++) {
      writes.submit("a" + i, tries::incrementAndGet);
    }
    writes.finish();
    assertThat(tries).hasValue(4); // the first three rest
  }

  @Test
  void anApiServerThatCannotBeReachedInTimeEndsTheSeries() {
    writes.submit("a", () -> fail(new HttpConnectTimeoutException("HTTP connect timed out")));
    writes.settle();
    writes.submit("b", tries::incrementAndGet);
    assertThatThrownBy(writes::finish).isInstanceOf(WriteFailed.class);
    assertThat(tries).hasValue(1);
  }

  @Test
  void aWriteThatBreaksIsRefusedAndHindersNoOther() throws WriteFailed {
    writes.submit(
        "a",
        () -> {
          throw withoutTrace(new IllegalStateException("broken"));
        });
    writes.submit("b", tries::incrementAndGet);
    writes.finish();
    assertThat(tries).hasValue(1);
    assertThat(Writes.summary(writes.refused())).contains("a: ", "broken");
  }

  @Test
  void aWriteThatEndsInAnErrorIsRefusedToldAndLeavesTheNextSeriesAlone() throws WriteFailed {
    writes.submit(
        "a",
        () -> {
          throw withoutTrace(new StackOverflowError("too deep"));
        });
    writes.submit("b", tries::incrementAndGet);
    assertThat(writes.finish()).hasValue(Duration.ofMillis(200));
    assertThat(Writes.summary(writes.refused())).contains("a: ", "StackOverflowError", "too deep");

    nanos.addAndGet(Duration.ofMillis(200).toNanos());
    writes.submit("a", tries::incrementAndGet);
    assertThat(writes.finish()).isEmpty();
    assertThat(writes.refused()).isEmpty();
    assertThat(tries).hasValue(2);
  }

  private void timeOut() {
    fail(new HttpTimeoutException("request timed out"));
  }

  private void fail(IOException cause) {
    tries.incrementAndGet();
    throw new KubernetesClientException("no answer", cause);
  }

  private void fail(int code) {
    tries.incrementAndGet();
    throw code == 0
        ? new KubernetesClientException("code 0")
        : new KubernetesClientException(
            "code " + code, code, new StatusBuilder().withCode(code).build());
  }

  /** What is logged of it is one line: a stack trace in a green run means a bug. */
  private static <T extends Throwable> T withoutTrace(T fault) {
    fault.setStackTrace(new StackTraceElement[0]);
    return fault;
  }
}
