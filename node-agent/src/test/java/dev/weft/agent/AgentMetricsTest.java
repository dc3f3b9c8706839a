// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.agent.cni.Attachments;
import dev.weft.agent.cni.CniMetrics;
import dev.weft.agent.reconcile.ReconcileMetrics;
import dev.weft.agent.reconcile.ReconcileReport;
import dev.weft.core.net.Cidr;
import dev.weft.core.node.OwnBlock;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class AgentMetricsTest {
  @Test
  void the_resident_set_is_read_in_bytes_whatever_a_page_is() {
    assertThat(
            AgentMetrics.rssBytes("VmHWM:\t   50000 kB\nVmRSS:\t   41234 kB\nRssAnon:\t  9 kB\n"))
        .isEqualTo(41_234L * 1024);
  }

  @Test
  void a_scrape_while_the_loop_reports_has_each_count_once() throws Exception {
    AgentMetrics metrics = new AgentMetrics();
    ReconcileReport report = ReportsTest.report(ReportsTest.served(Cidr.parse("10.244.1.0/24")));
    metrics.reconciled(report);
    Thread loop =
        new Thread(
            () -> {
              for (int i = 0; i < 20_000; i++) {
                metrics.reconciled(report);
              }
            });
    loop.start();
    while (loop.isAlive()) {
      assertThat(metrics.registry().scrape()).containsOnlyOnce("weft_agent_blocks{");
    }
    loop.join();

    metrics.reconciled(ReportsTest.report());
    assertThat(metrics.registry().scrape()).contains("weft_agent_blocks{state=\"Active\"} 0.0");
  }

  @Test
  void everything_that_an_operator_looks_for_is_in_the_scrape() {
    AgentMetrics metrics = new AgentMetrics();
    Attachments attachments = new Attachments();
    attachments.setBlocks(List.of(OwnBlock.of(Cidr.parse("10.244.1.0/24"), List.of())));
    new ReconcileMetrics(metrics.registry());
    new CniMetrics(attachments).bindTo(metrics.registry());
    metrics.states(Optional::empty, () -> Optional.of("away"), Optional::empty);
    metrics.degraded(() -> true);

    assertThat(metrics.registry().scrape())
        .contains("weft_agent_ready 1.0")
        .contains("weft_agent_api_connected 0.0")
        .contains("weft_agent_blocks_persisted 1.0")
        .contains("weft_agent_degraded 1.0")
        .contains("weft_agent_reconcile_duration_seconds_count 0")
        .contains("weft_agent_reconcile_failures_total 0.0")
        .contains("weft_agent_peer_routes 0.0")
        .contains("weft_addresses_free{block=\"10.244.1.0/24\"} 253.0")
        .contains("jvm_memory_used_bytes")
        .contains("process_resident_memory_bytes");
  }
}
