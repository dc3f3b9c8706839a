// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.NonDeletingOperation;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LeaseWatchTest {
  private static final Instant RENEWED = Instant.parse("2026-01-01T00:00:00Z");
  private static final Duration NEVER = Duration.ofDays(1);
  private static final Duration OFTEN = Duration.ofMillis(20);

  private final TestCluster cluster = new TestCluster();
  private final AtomicLong nanoTime = new AtomicLong();
  private final LeaseWatch watch =
      new LeaseWatch(cluster.client, "default", "weft-operator", "me", nanoTime::get);

  @AfterEach
  void close() {
    watch.close();
    cluster.close();
  }

  @Test
  void withoutALeaseNobodyRenewedIt() {
    watch.follow(NEVER);
    assertThat(watch.renewed()).isEmpty();
  }

  @Test
  void whatAnotherRenewedIsReadAtOnceAndFollowed() {
    lease("another", RENEWED);
    watch.follow(OFTEN);
    assertThat(watch.renewed()).contains(RENEWED);
    lease("another", RENEWED.plusSeconds(5));
    await().until(() -> watch.renewed().equals(Optional.of(RENEWED.plusSeconds(5))));
  }

  @Test
  void itsOwnRenewalsDoNotCount() {
    lease("another", RENEWED);
    watch.follow(NEVER);
    lease("me", RENEWED.plusSeconds(60));
    watch.follow(NEVER);
    assertThat(watch.renewed()).contains(RENEWED);
  }

  @Test
  void anApiServerThatRefusesKeepsWhatWasReadAndTheReadingGoesOn() {
    lease("another", RENEWED);
    watch.follow(OFTEN);
    cluster.refuse("/leases/", 403);
    assertThatThrownBy(() -> watch.follow(NEVER)).isInstanceOf(KubernetesClientException.class);
    assertThat(watch.renewed()).contains(RENEWED);
    cluster.refuse("", 0);
    lease("another", RENEWED.plusSeconds(5));
    await().until(() -> watch.renewed().equals(Optional.of(RENEWED.plusSeconds(5))));
  }

  @Test
  void aTimeWithoutAReadingIsAGapUntilAnotherRenewsTheLease() {
    watch.follow(NEVER);
    nanoTime.set(NEVER.toNanos() * 9);
    assertThat(watch.hasGap()).as("of a Lease that there is not").isFalse();
    lease("another", RENEWED);
    watch.follow(NEVER);
    nanoTime.addAndGet(NEVER.toNanos() * 3);
    assertThat(watch.hasGap()).isFalse();
    nanoTime.incrementAndGet();
    assertThat(watch.hasGap()).isTrue();
    watch.follow(NEVER);
    assertThat(watch.hasGap()).as("not renewed since").isTrue();
    watch.follow(NEVER);
    assertThat(watch.hasGap()).as("not renewed since").isTrue();
    lease("another", RENEWED.plusSeconds(5));
    watch.follow(NEVER);
    assertThat(watch.hasGap()).isFalse();
  }

  @Test
  void anOlderLeaseIsAGapUntilAnotherRenewsIt() {
    lease("another", RENEWED);
    watch.follow(NEVER);
    lease("another", RENEWED.minusSeconds(5));
    watch.follow(NEVER);
    assertThat(watch.hasGap()).isTrue();
    watch.follow(NEVER);
    assertThat(watch.hasGap()).as("not renewed since").isTrue();
    lease("another", RENEWED.minusSeconds(4));
    watch.follow(NEVER);
    assertThat(watch.hasGap()).isFalse();
  }

  private void lease(String holder, Instant renewed) {
    Lease lease =
        new LeaseBuilder()
            .withNewMetadata()
            .withName("weft-operator")
            .withNamespace("default")
            .endMetadata()
            .withNewSpec()
            .withHolderIdentity(holder)
            .withRenewTime(renewed.atZone(ZoneOffset.UTC))
            .endSpec()
            .build();
    cluster.client.resource(lease).createOr(NonDeletingOperation::update);
  }
}
