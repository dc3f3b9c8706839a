// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.agent.dataplane.DataplaneException;
import dev.weft.agent.dataplane.DropReason;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DropMetricsTest {
  private final Map<DropReason, Long> counted = new EnumMap<>(DropReason.class);
  private int reads;
  private boolean refuses;
  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private long nowNanos = Long.MAX_VALUE;
  private final DropMetrics metrics = new DropMetrics(this::dropped, () -> nowNanos);

  @Test
  void aScrapeTellsEveryReasonAndAsksTheKernelOnce() {
    metrics.bindTo(registry);
    counted.put(DropReason.SOURCE, 7L);

    assertThat(registry.scrape())
        .contains("weft_antispoof_dropped_packets_total{reason=\"source\"} 7.0")
        .contains("weft_antispoof_dropped_packets_total{reason=\"reserved_mac\"} 0.0")
        .contains("weft_antispoof_dropped_packets_total{reason=\"bridge_bypass\"} 0.0");
    assertThat(reads).isOne();
  }

  @Test
  void itIsAskedAgainAfterASecondAndWhatItRefusesLeavesTheMetricAsItWas() {
    metrics.bindTo(registry);
    counted.put(DropReason.SOURCE, 7L);
    registry.scrape();
    counted.put(DropReason.SOURCE, 8L);
    nowNanos += 999_999_999L;
    assertThat(registry.scrape()).contains("{reason=\"source\"} 7.0");
    nowNanos += 1;
    assertThat(registry.scrape()).contains("{reason=\"source\"} 8.0");
    refuses = true;
    nowNanos += 2_000_000_000L;
    assertThat(registry.scrape()).contains("{reason=\"source\"} 8.0");
    assertThat(reads).isEqualTo(3);
  }

  private Map<DropReason, Long> dropped() throws DataplaneException {
    reads++;
    if (refuses) {
      throw new DataplaneException(DataplaneException.Reason.OTHER, "refused");
    }
    return Map.copyOf(counted);
  }
}
