// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.agent.reconcile.ReconcileReport;
import dev.weft.core.net.Cidr;
import dev.weft.core.node.BlockState;
import dev.weft.core.node.BlockUsage;
import dev.weft.core.node.ClusterView;
import dev.weft.core.node.OwnBlock;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LostAllocationsTest {
  private static final Cidr BLOCK = Cidr.parse("10.244.1.0/24");
  private static final BlockUsage EMPTY = new BlockUsage(BLOCK, 250, 250);
  private static final BlockUsage USED = new BlockUsage(BLOCK, 250, 249);

  @ParameterizedTest
  @EnumSource(BlockState.class)
  void what_was_deleted_is_claimed_and_what_was_given_back_only_while_pods_have_addresses(
      BlockState state) {
    ReconcileReport report = ReportsTest.report(in(state));

    assertThat(LostAllocations.of(report, List.of(EMPTY)))
        .hasSize(state == BlockState.DELETED ? 1 : 0);
    assertThat(LostAllocations.of(report, List.of(USED)))
        .hasSize(Set.of(BlockState.DELETED, BlockState.GIVEN_BACK).contains(state) ? 1 : 0);
  }

  @Test
  void nothing_is_claimed_before_every_list_is_in() {
    ReconcileReport report = ReportsTest.report(in(BlockState.DELETED));
    ClusterView remembered =
        new ClusterView(
            false,
            report.blocks(),
            report.view().peers(),
            report.view().masquerade(),
            report.view().nodeAddresses());

    assertThat(
            LostAllocations.of(
                new ReconcileReport(
                    remembered, report.calculation(), report.blocks(), List.of(), List.of()),
                List.of(USED)))
        .isEmpty();
  }

  private static OwnBlock in(BlockState state) {
    return ReportsTest.served(BLOCK).with(state, "why");
  }
}
