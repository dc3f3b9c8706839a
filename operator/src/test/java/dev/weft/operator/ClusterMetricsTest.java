// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.api.IPPool;
import dev.weft.api.IPPoolSpec;
import dev.weft.core.pool.AgentPlatforms;
import dev.weft.core.pool.AllocationPlan;
import dev.weft.core.pool.AllocationPlanner;
import dev.weft.core.pool.History;
import dev.weft.core.pool.ReleaseTimes;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ClusterMetricsTest {
  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final ClusterMetrics metrics = new ClusterMetrics(registry, () -> 0);

  @Test
  void aScrapeWhileAPassReportsHasEachPoolsBlocksOnce() throws InterruptedException {
    AllocationPlan plan = plan(Map.of("default", pool("10.244.0.0/16")));
    metrics.show(plan, 0);
    Thread passes =
        new Thread(
            () -> {
              for (int i = 0; i < 20_000; i++) {
                metrics.show(plan, 0);
              }
            });
    passes.start();
    while (passes.isAlive()) {
      assertThat(registry.scrape())
          .containsOnlyOnce("weft_pool_blocks{pool=\"default\",state=\"free\"} 256.0");
    }
    passes.join();
  }

  @Test
  void thePoolsBlocksAreThoseOfTheLastPassAndAPoolThatIsGoneHasNone() {
    metrics.show(plan(Map.of("default", pool("10.244.0.0/16"))), 0);
    metrics.show(plan(Map.of("default", pool("10.244.0.0/20"))), 0);
    assertThat(registry.scrape())
        .contains("weft_pool_blocks{pool=\"default\",state=\"total\"} 16.0");
    metrics.show(plan(Map.of()), 0);
    assertThat(registry.scrape()).doesNotContain("weft_pool_blocks{");
  }

  private static AllocationPlan plan(Map<String, IPPool> pools) {
    return AllocationPlanner.plan(
        new ClusterSnapshot(pools, Map.of(), Map.of())
            .state(List.of(), List.of(), AgentPlatforms.LINUX, History.NONE, false),
        new ReleaseTimes(Duration.ofMinutes(10), Duration.ofSeconds(30)),
        Instant.parse("2026-01-01T00:00:00Z"));
  }

  private static IPPool pool(String cidr) {
    IPPool pool = new IPPool();
    pool.setMetadata(new ObjectMetaBuilder().withName("default").withUid("uid-default").build());
    pool.setSpec(new IPPoolSpec(cidr, 24, List.of(), null, null, null, null, null, null));
    return pool;
  }
}
