// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * When the Lease was last renewed by another than this process. Who takes a Lease that nobody
 * renewed for long cannot know what was lost meanwhile: the API server may have been restored. Nor
 * can one that could not read it for a while, until another has renewed it since.
 */
final class LeaseWatch implements AutoCloseable {
  private final KubernetesClient client;
  private final String namespace;
  private final String name;
  private final String identity;
  private final LongSupplier nanoTime;
  private final ScheduledExecutorService executor =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "lease");
            thread.setDaemon(true);
            return thread;
          });
  private volatile Optional<Reading> reading = Optional.empty();
  private volatile Duration tolerance = Duration.ZERO;
  private boolean following;

  /**
   * A Lease that another held.
   *
   * @param afterGap whether it was not renewed since a time in which it could not be read, or since
   *     it was an older one than before
   */
  private record Reading(Instant renewed, long atNanos, boolean afterGap) {}

  /**
   * @param identity what this process holds the Lease as
   * @param nanoTime time that never goes back
   */
  LeaseWatch(
      KubernetesClient client,
      String namespace,
      String name,
      String identity,
      LongSupplier nanoTime) {
    this.client = client;
    this.namespace = namespace;
    this.name = name;
    this.identity = identity;
    this.nanoTime = nanoTime;
  }

  /** Reads the Lease now, and, from the first time on, in this interval until it is closed. */
  void follow(Duration interval) {
    tolerance = interval.multipliedBy(3);
    read();
    if (!following) {
      following = true;
      executor.scheduleWithFixedDelay(
          this::readOrKeep, interval.toMillis(), interval.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  private void readOrKeep() {
    try {
      read();
    } catch (RuntimeException e) {
      // What was read before stays: it is older, and that is the safe side.
    }
  }

  private void read() {
    Lease lease = client.leases().inNamespace(namespace).withName(name).get();
    if (lease != null
        && lease.getSpec() != null
        && lease.getSpec().getRenewTime() != null
        && !identity.equals(lease.getSpec().getHolderIdentity())) {
      Instant renewed = lease.getSpec().getRenewTime().toInstant();
      boolean gap =
          isOverdue()
              || reading
                  .filter(
                      last ->
                          renewed.isBefore(last.renewed())
                              || last.afterGap() && !renewed.isAfter(last.renewed()))
                  .isPresent();
      reading = Optional.of(new Reading(renewed, nanoTime.getAsLong(), gap));
    }
  }

  private boolean isOverdue() {
    long now = nanoTime.getAsLong();
    return reading.filter(last -> now - last.atNanos() > tolerance.toNanos()).isPresent();
  }

  /** When another renewed it last; empty where it was never read with another's renewal. */
  Optional<Instant> renewed() {
    return reading.map(Reading::renewed);
  }

  /**
   * Whether it could not be read for three intervals, or was replaced by an older one, and no other
   * renewed it since; false where it was never read.
   */
  boolean hasGap() {
    return isOverdue() || reading.filter(Reading::afterGap).isPresent();
  }

  @Override
  public void close() {
    executor.shutdownNow();
  }
}
