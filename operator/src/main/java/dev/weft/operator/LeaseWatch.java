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

/**
 * When the Lease was last renewed by another than this process. Who takes a Lease that nobody
 * renewed for long cannot know what was lost meanwhile: the API server may have been restored.
 */
final class LeaseWatch implements AutoCloseable {
  private final KubernetesClient client;
  private final String namespace;
  private final String name;
  private final String identity;
  private final ScheduledExecutorService executor =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "lease");
            thread.setDaemon(true);
            return thread;
          });
  private volatile Optional<Instant> renewed = Optional.empty();
  private boolean following;

  /**
   * @param identity what this process holds the Lease as
   */
  LeaseWatch(KubernetesClient client, String namespace, String name, String identity) {
    this.client = client;
    this.namespace = namespace;
    this.name = name;
    this.identity = identity;
  }

  /** Reads the Lease now, and, from the first time on, in this interval until it is closed. */
  void follow(Duration interval) {
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
      renewed = Optional.of(lease.getSpec().getRenewTime().toInstant());
    }
  }

  /** When another renewed it last; empty where it was never read with another's renewal. */
  Optional<Instant> renewed() {
    return renewed;
  }

  @Override
  public void close() {
    executor.shutdownNow();
  }
}
