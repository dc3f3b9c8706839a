// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.agent.cluster.BlockStatus;
import dev.weft.agent.reconcile.DrainedBlocks;
import dev.weft.agent.reconcile.ReconcileReport;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.IpAddress;
import dev.weft.core.node.Attachment;
import dev.weft.core.node.BlockState;
import dev.weft.core.node.BlockUsage;
import dev.weft.core.node.OwnBlock;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class StatusReportsTest {
  private static final Cidr FIRST = Cidr.parse("10.244.1.0/24");
  private static final Cidr SECOND = Cidr.parse("10.244.2.0/24");
  private static final BlockUsage EMPTY = new BlockUsage(FIRST, 100, 100);
  private static final BlockUsage ONE_USED = new BlockUsage(FIRST, 100, 99);

  private final DrainedBlocks drained = new DrainedBlocks();

  @Test
  void a_status_says_endpoint_use_and_whether_the_block_is_programmed() {
    OwnBlock foreign = served(SECOND).with(BlockState.FOREIGN_ROUTE, "cni0 is there");

    List<BlockStatus> statuses =
        statuses(
            List.of(served(FIRST), foreign),
            List.of(new BlockUsage(FIRST, 100, 60), new BlockUsage(SECOND, 100, 100)));

    assertThat(statuses).extracting(BlockStatus::used).containsExactly(40L, 0L);
    assertThat(statuses).extracting(BlockStatus::programmed).containsExactly(true, false);
    assertThat(statuses.get(1).reason()).isEqualTo("ForeignRoute");
    assertThat(statuses.get(0).endpoint().addresses())
        .as("one address of each family")
        .containsExactly(IpAddress.parse("192.168.1.11"), IpAddress.parse("fd01::11"));
    assertThat(statuses).extracting(BlockStatus::drain).allMatch(drain -> drain.isEmpty());
  }

  @Test
  void pressure_is_a_matter_of_all_blocks_of_a_pool() {
    List<OwnBlock> blocks = List.of(served(FIRST).inPool("a"), served(SECOND).inPool("a"));
    BlockUsage full = new BlockUsage(FIRST, 100, 0);

    assertThat(statuses(blocks, List.of(full, new BlockUsage(SECOND, 100, 20))))
        .extracting(BlockStatus::pressure)
        .containsExactly(true, true);
    assertThat(statuses(blocks, List.of(full, new BlockUsage(SECOND, 100, 21))))
        .extracting(BlockStatus::pressure)
        .containsExactly(false, false);
  }

  @Test
  void a_pool_with_addresses_left_takes_no_pressure_from_another() {
    List<OwnBlock> blocks = List.of(served(FIRST).inPool("a"), served(SECOND).inPool("b"));

    assertThat(
            statuses(
                blocks, List.of(new BlockUsage(FIRST, 100, 5), new BlockUsage(SECOND, 100, 100))))
        .extracting(BlockStatus::pressure)
        .containsExactly(true, false);
  }

  @Test
  void a_withheld_block_has_no_pressure_and_counts_for_none() {
    List<OwnBlock> blocks =
        List.of(served(FIRST).with(BlockState.DRAINING, "it is Draining"), served(SECOND));

    assertThat(
            statuses(
                blocks, List.of(new BlockUsage(FIRST, 100, 100), new BlockUsage(SECOND, 100, 5))))
        .as("the free addresses of the first are nobody's")
        .extracting(BlockStatus::pressure)
        .containsExactly(false, true);
    assertThat(
            statuses(
                blocks, List.of(new BlockUsage(FIRST, 100, 0), new BlockUsage(SECOND, 100, 100))))
        .extracting(BlockStatus::pressure)
        .containsExactly(false, false);
  }

  @Test
  void a_draining_block_is_programmed_and_says_who_keeps_it() {
    OwnBlock draining = draining(4);
    drain(draining, ONE_USED, 2);

    BlockStatus status =
        statuses(
                List.of(draining),
                List.of(ONE_USED),
                List.of(ReportsTest.pod("blue", "10.244.1.7")))
            .get(0);

    assertThat(status.programmed()).isTrue();
    assertThat(status.reason()).isEqualTo("Draining");
    assertThat(status.message()).contains("no new pod gets an address", "it is Draining");
    assertThat(status.drain())
        .contains(new BlockStatus.Drain(4, false, "addresses in use: 1, by default/blue"));
  }

  @Test
  void an_empty_block_is_drained_only_once_a_further_run_has_found_it_empty() {
    OwnBlock draining = draining(4);
    drain(draining, EMPTY, 1);
    assertThat(statuses(List.of(draining), List.of(EMPTY)).get(0).drain())
        .contains(
            new BlockStatus.Drain(
                4, false, "it is being found out whether a pod has an address of it"));

    drain(draining, EMPTY, 1);
    BlockStatus.Drain drain =
        statuses(List.of(draining), List.of(EMPTY)).get(0).drain().orElseThrow();
    assertThat(drain.done()).isTrue();
    assertThat(drain.generation()).isEqualTo(4);
  }

  @Test
  void a_report_of_another_generation_is_drained_by_none_but_its_own() {
    drain(draining(4), EMPTY, 2);

    assertThat(statuses(List.of(draining(6)), List.of(EMPTY)).get(0).drain())
        .get()
        .extracting(BlockStatus.Drain::generation, BlockStatus.Drain::done)
        .containsExactly(6L, false);
  }

  @Test
  void of_many_pods_a_few_are_named_and_that_there_are_more() {
    OwnBlock draining = draining(2);
    List<Attachment> pods =
        IntStream.range(0, 12)
            .mapToObj(i -> ReportsTest.pod("p%02d".formatted(i), "10.244.1." + (i + 2)))
            .toList();

    assertThat(
            statuses(List.of(draining), List.of(new BlockUsage(FIRST, 100, 88)), pods)
                .get(0)
                .drain()
                .orElseThrow()
                .message())
        .contains("addresses in use: 12", "default/p00", "default/p09 and 2 more")
        .doesNotContain("p10");
  }

  @ParameterizedTest
  @EnumSource(
      value = BlockState.class,
      names = {"NODE_NETWORK", "FOREIGN_ROUTE", "FAILED"})
  void a_draining_block_that_the_node_cannot_serve_is_drained_too(BlockState served) {
    OwnBlock draining = draining(3);
    ReconcileReport view = ReportsTest.report(draining);
    ReconcileReport report =
        new ReconcileReport(
            view.view(),
            view.calculation(),
            List.of(draining.with(served, "in the way")),
            List.of(),
            List.of());
    drained.reconciled(report, true, List.of(EMPTY));
    drained.reconciled(report, true, List.of(EMPTY));

    BlockStatus status =
        StatusReports.of(report, List.of(EMPTY), List.of(), drained, Optional.empty()).get(0);

    assertThat(status.programmed()).isFalse();
    assertThat(status.drain()).get().extracting(BlockStatus.Drain::done).isEqualTo(true);
  }

  @Test
  void a_block_that_is_being_released_stays_drained() {
    OwnBlock releasing = served(FIRST).ofGeneration(4).with(BlockState.RELEASING, "released");
    drain(draining(4), EMPTY, 2);
    drain(releasing, EMPTY, 1);

    assertThat(statuses(List.of(releasing), List.of(EMPTY)).get(0).drain())
        .as("the operator takes a block back that is not drained any more")
        .get()
        .extracting(BlockStatus.Drain::done)
        .isEqualTo(true);
  }

  @Test
  void reserved_addresses_in_use_are_told_with_their_pods_and_count_as_used() {
    OwnBlock block = OwnBlock.of(FIRST, List.of(Cidr.parse("10.244.1.8/29")));

    BlockStatus status =
        statuses(
                List.of(block),
                List.of(new BlockUsage(FIRST, 247, 245)),
                List.of(
                    ReportsTest.pod("blue", "10.244.1.9"), ReportsTest.pod("red", "10.244.1.20")))
            .get(0);

    assertThat(status.programmed()).isTrue();
    assertThat(status.reason()).isEqualTo("ReservedInUse");
    assertThat(status.message())
        .contains("reserved addresses are in use by default/blue")
        .doesNotContain("red");
    assertThat(status.used()).isEqualTo(2);
  }

  @Test
  void reserved_addresses_that_no_pod_has_change_nothing() {
    OwnBlock block = OwnBlock.of(FIRST, List.of(Cidr.parse("10.244.1.8/29")));

    assertThat(
            statuses(List.of(block), List.of(EMPTY), List.of(ReportsTest.pod("red", "10.244.1.20")))
                .get(0)
                .reason())
        .isEqualTo("Active");
  }

  private void drain(OwnBlock block, BlockUsage usage, int runs) {
    for (int run = 0; run < runs; run++) {
      drained.reconciled(ReportsTest.report(block), true, List.of(usage));
    }
  }

  private List<BlockStatus> statuses(List<OwnBlock> blocks, List<BlockUsage> usage) {
    return statuses(blocks, usage, List.of());
  }

  private List<BlockStatus> statuses(
      List<OwnBlock> blocks, List<BlockUsage> usage, List<Attachment> pods) {
    return StatusReports.of(
        ReportsTest.report(blocks.toArray(OwnBlock[]::new)),
        usage,
        pods,
        drained,
        Optional.empty());
  }

  private static OwnBlock draining(long generation) {
    return served(FIRST).ofGeneration(generation).with(BlockState.DRAINING, "it is Draining");
  }

  private static OwnBlock served(Cidr block) {
    return ReportsTest.served(block);
  }
}
