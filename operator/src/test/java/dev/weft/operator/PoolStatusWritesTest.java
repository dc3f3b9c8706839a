// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.api.IPPoolStatus;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How often a pool's status is written: every agent gets each write. */
class PoolStatusWritesTest {
  private final TestCluster cluster = new TestCluster();

  @AfterEach
  void close() {
    cluster.close();
  }

  @Test
  void threeHundredAllocationsCauseOnePoolStatusAfterFiveSecondsAndTheLastIsRight() {
    ManualTime time = new ManualTime();
    cluster.pool("default", "10.244.0.0/16", 25);
    cluster.operator(time);
    await().until(() -> cluster.poolCondition("default", "Ready").equals("True Allocating"));
    await() // the operator writes spec.state, a generation that is observed too
        .until(
            () ->
                cluster
                    .pool("default")
                    .getMetadata()
                    .getGeneration()
                    .equals(cluster.pool("default").getStatus().observedGeneration()));
    long before = statusWrites();
    for (int i = 1; i <= 300; i++) {
      cluster.node("node" + i, "192.168.%d.%d".formatted(i / 250, i % 250 + 1));
      if (i % 10 == 0) { // so that the passes follow
        int created = i;
        await()
            .pollInterval(Duration.ofMillis(5))
            .until(() -> cluster.allocations().size() >= created);
      }
    }
    time.pass(Duration.ofMillis(4900));
    cluster.node("late", "192.168.9.1"); // its pass comes after the results of all others
    await().until(() -> cluster.allocations().size() == 301);
    assertThat(statusWrites()).isEqualTo(before);
    time.pass(Duration.ofMillis(100));
    await().until(() -> statusWrites() == before + 1);
    assertThat(blocks().allocated()).isBetween(300L, 301L);
    time.passUntil(
        Duration.ofSeconds(5), () -> blocks().allocated() == 301 && blocks().free() == 211);
  }

  private IPPoolStatus.Blocks blocks() {
    return cluster.pool("default").getStatus().blocks();
  }

  private long statusWrites() {
    return cluster.writes().stream()
        .filter(write -> write.startsWith("PATCH") && write.endsWith("/ippools/default/status"))
        .count();
  }
}
