// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.SocketTimeoutException;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends writes to the API server, several at a time. One that is refused hinders no other: it rests
 * for 0.2 s, twice as long after each further refusal, 60 s at most, and is passed over meanwhile.
 * One that was decided from what has changed since (409) may be decided again at once, then it
 * rests too, and counts as refused from the fifth time in a row on. One whose answer does not come
 * in time rests as one that is refused; after three of those, or where the server cannot be reached
 * at all, the rest of the series is not tried. Keeps one entry for each write that rests, as long
 * as it is submitted in each series.
 */
final class Writes implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Writes.class);

  /** How many are sent at a time. */
  static final int AT_ONCE = 16;

  private static final int CONFLICT = 409;
  private static final int OUTDATED_UNTIL_REFUSED = 5; // times in a row
  private static final int MAX_TIMEOUTS = 3; // in a series: each takes a client's whole patience
  private static final int MAX_CAUSES = 16; // they may form a ring
  private static final Duration FIRST_REST = Duration.ofMillis(200);
  private static final Duration LONGEST_REST = Duration.ofSeconds(60);

  /**
   * A write that did not succeed.
   *
   * @param times how often in a row
   * @param outdated whether only what it was decided from had changed
   * @param dueNanos when it may be tried again
   */
  private record Resting(int times, boolean outdated, String message, long dueNanos) {
    boolean isRefused() {
      return !outdated || times >= OUTDATED_UNTIL_REFUSED;
    }
  }

  private final ExecutorService threads =
      Executors.newFixedThreadPool(
          AT_ONCE,
          task -> {
            Thread thread = new Thread(task, "write");
            thread.setDaemon(true);
            return thread;
          });
  private final LongSupplier nanoTime;
  private final List<Future<?>> running = new ArrayList<>();
  private final Set<String> submitted = ConcurrentHashMap.newKeySet();
  private final Map<String, Resting> resting = new ConcurrentHashMap<>();
  private final Map<String, String> refusedNow = new ConcurrentHashMap<>();
  private final AtomicInteger timeouts = new AtomicInteger(); // of this series
  private volatile String unanswered = "";

  /**
   * @param nanoTime time that never goes back
   */
  Writes(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /**
   * Starts a write, unless it rests.
   *
   * @param what what it does to which object: the same text for the same write in each series
   */
  void submit(String what, Runnable write) {
    submitted.add(what);
    Resting before = resting.get(what);
    if (before != null && before.dueNanos() - nanoTime.getAsLong() > 0) {
      return;
    }
    running.add(threads.submit(() -> run(what, write)));
  }

  private void run(String what, Runnable write) {
    if (!unanswered.isEmpty()) {
      return;
    }
    try {
      write.run();
      resting.remove(what);
    } catch (Outdated e) {
      rest(what, e.getMessage(), true);
    } catch (KubernetesClientException e) {
      failed(what, e);
    } catch (RuntimeException | Error e) {
      LOG.error("{}", what, e);
      rest(what, String.valueOf(e), false);
    }
  }

  private void failed(String what, KubernetesClientException e) {
    if (e.getCode() > 0) {
      rest(what, e.getMessage(), e.getCode() == CONFLICT);
      return;
    }
    boolean late = isTimeout(e); // such as an admission webhook's: others may be answered
    if (late) {
      rest(what, e.getMessage(), false);
    }
    if (!late || timeouts.incrementAndGet() >= MAX_TIMEOUTS) {
      unanswered = what + ": " + e.getMessage();
    }
  }

  private static boolean isTimeout(Throwable e) {
    return Stream.iterate(e, Objects::nonNull, Throwable::getCause)
        .limit(MAX_CAUSES)
        .anyMatch(
            cause ->
                (cause instanceof SocketTimeoutException
                        || cause instanceof HttpTimeoutException
                        || cause instanceof TimeoutException)
                    && !(cause instanceof HttpConnectTimeoutException));
  }

  private void rest(String what, String message, boolean outdated) {
    Resting before = resting.get(what);
    boolean again = before != null && before.outdated() == outdated;
    int times = again ? before.times() + 1 : 1;
    int doublings = outdated ? times - 2 : times - 1;
    Duration rest =
        doublings < 0 ? Duration.ZERO : FIRST_REST.multipliedBy(1L << Math.min(9, doublings));
    rest = rest.compareTo(LONGEST_REST) > 0 ? LONGEST_REST : rest;
    Resting now = new Resting(times, outdated, message, nanoTime.getAsLong() + rest.toNanos());
    resting.put(what, now);
    if (now.isRefused()) {
      refusedNow.put(what, message);
    }
  }

  /** Waits for all that were started. */
  void settle() {
    for (Future<?> write : running) {
      try {
        write.get();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("stopped while writing", e);
      } catch (ExecutionException e) {
        throw new IllegalStateException("a write broke", e.getCause());
      }
    }
    running.clear();
  }

  /**
   * Ends a series of writes, and forgets the rest of those that were not submitted in it.
   *
   * @return how long until a write that rests may be tried again; empty: none rests
   * @throws WriteFailed if the server did not answer
   */
  Optional<Duration> finish() throws WriteFailed {
    settle();
    String away = unanswered;
    unanswered = "";
    timeouts.set(0);
    if (away.isEmpty()) {
      resting.keySet().retainAll(submitted);
    }
    submitted.clear();
    if (!refusedNow.isEmpty()) {
      LOG.warn("{}; each is tried again by itself", summary(refusedNow));
      refusedNow.clear();
    }
    if (!away.isEmpty()) {
      throw new WriteFailed(away);
    }
    long now = nanoTime.getAsLong();
    return resting.values().stream()
        .map(one -> Duration.ofNanos(Math.max(0, one.dueNanos() - now)))
        .min(Duration::compareTo);
  }

  /** Which writes are refused, and why. */
  Map<String, String> refused() {
    return resting.entrySet().stream()
        .filter(entry -> entry.getValue().isRefused())
        .collect(Collectors.toMap(Map.Entry::getKey, entry -> entry.getValue().message()));
  }

  /** One message on writes that are refused; empty: none. */
  static String summary(Map<String, String> refusals) {
    return new TreeMap<>(refusals)
        .entrySet().stream()
            .findFirst()
            .map(
                first ->
                    (refusals.size() == 1
                            ? ""
                            : "%d writes are refused, such as: ".formatted(refusals.size()))
                        + "%s: %s".formatted(first.getKey(), first.getValue()))
            .orElse("");
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
