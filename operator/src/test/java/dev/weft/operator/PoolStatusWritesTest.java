// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.api.IPPoolStatus;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How often a pool's status is written, of which every agent is told. */
class PoolStatusWritesTest {
  private final TestCluster cluster = new TestCluster();

  @AfterEach
  void close() {
    cluster.close();
  }

  @Test
  void threeHundredAllocationsCauseAPoolStatusEachFiveSecondsAndTheLastIsRight() {
    cluster.pool("default", "10.244.0.0/16", 25);
    cluster.operator();
    await().until(() -> cluster.poolCondition("default", "Ready").equals("True Allocating"));
    long before = statusWrites();
    long start = System.nanoTime();
    for (int i = 1; i <= 300; i++) {
      cluster.node("node" + i, "192.168.%d.%d".formatted(i / 250, i % 250 + 1));
      if (i % 10 == 0) { // so that the rounds follow
        int created = i;
        await()
            .pollInterval(Duration.ofMillis(5))
            .until(() -> cluster.allocations().size() >= created);
      }
    }
    await().until(() -> blocks().allocated() == 300 && blocks().free() == 212);
    long seconds = Duration.ofNanos(System.nanoTime() - start).toSeconds();
    assertThat(statusWrites() - before)
        .as("status writes in %d s", seconds)
        .isLessThanOrEqualTo(2 + seconds / 5);
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
