// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.dataplane.NodeState;
import dev.weft.core.net.Cidr;
import dev.weft.core.node.BlockState;
import dev.weft.core.node.BlockUsage;
import dev.weft.core.node.Calculation;
import dev.weft.core.node.ClusterView;
import dev.weft.core.node.Endpoint;
import dev.weft.core.node.OwnBlock;
import dev.weft.core.node.Peers;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DrainedBlocksTest {
  private static final Cidr CIDR = Cidr.parse("10.244.1.0/24");
  private static final OwnBlock ACTIVE = OwnBlock.of(CIDR, List.of()).ofGeneration(1);
  private static final OwnBlock DRAINING = draining(2);
  private static final List<BlockUsage> EMPTY = List.of(new BlockUsage(CIDR, 250, 250));
  private static final List<BlockUsage> USED = List.of(new BlockUsage(CIDR, 250, 249));

  private DrainedBlocks drained = new DrainedBlocks();

  @Test
  void the_run_that_withholds_a_block_says_nothing_of_it_and_wants_another() {
    run(DRAINING, EMPTY);
    assertThat(drained.isDrained(DRAINING)).isFalse();
    assertThat(drained.isRunDue(EMPTY)).isTrue();

    run(DRAINING, EMPTY);
    assertThat(drained.isDrained(DRAINING)).isTrue();
    assertThat(drained.isRunDue(EMPTY)).isFalse();
  }

  @Test
  void what_is_not_written_down_is_not_withheld_yet() {
    drained.reconciled(report(true, DRAINING), false, EMPTY);
    run(DRAINING, EMPTY);
    assertThat(drained.isDrained(DRAINING)).as("it was written down by this run only").isFalse();

    run(DRAINING, EMPTY);
    assertThat(drained.isDrained(DRAINING)).isTrue();
    drained.reconciled(report(true, DRAINING), false, EMPTY);
    assertThat(drained.isDrained(DRAINING)).isFalse();
    assertThat(drained.isRunDue(EMPTY)).as("the loop runs until it can write").isFalse();
  }

  @Test
  void an_address_in_use_keeps_a_block_and_the_last_that_goes_asks_for_a_run() {
    run(DRAINING, USED);
    run(DRAINING, USED);
    assertThat(drained.isDrained(DRAINING)).isFalse();
    assertThat(drained.isRunDue(USED)).isFalse();

    assertThat(drained.isRunDue(EMPTY)).isTrue();
    assertThat(drained.isDrained(DRAINING)).as("the kernel was not read since").isFalse();
    run(DRAINING, EMPTY);
    assertThat(drained.isDrained(DRAINING)).isTrue();
  }

  @Test
  void a_pod_that_the_kernel_shows_takes_the_word_back() {
    run(DRAINING, EMPTY);
    run(DRAINING, EMPTY);
    run(DRAINING, USED);
    assertThat(drained.isDrained(DRAINING)).isFalse();
  }

  @Test
  void a_new_agent_finds_it_out_anew() {
    run(DRAINING, EMPTY);
    run(DRAINING, EMPTY);

    drained = new DrainedBlocks();
    drained.reconciled(report(false, DRAINING.ofGeneration(0)), true, EMPTY);
    drained.reconciled(report(false, DRAINING.ofGeneration(0)), true, EMPTY);
    assertThat(drained.isDrained(DRAINING.ofGeneration(0))).as("before the lists are in").isFalse();
    run(DRAINING, EMPTY);
    assertThat(drained.isDrained(DRAINING)).isFalse();
    run(DRAINING, EMPTY);
    assertThat(drained.isDrained(DRAINING)).isTrue();
  }

  @Test
  void another_generation_is_found_out_anew_though_no_run_saw_the_one_between() {
    run(DRAINING, EMPTY);
    run(DRAINING, EMPTY);

    OwnBlock again = draining(4);
    run(again, EMPTY);
    assertThat(drained.isDrained(again)).isFalse();
    assertThat(drained.isDrained(DRAINING)).as("of a generation that is over").isFalse();
    run(again, EMPTY);
    assertThat(drained.isDrained(again)).isTrue();
  }

  @Test
  void a_run_that_gave_addresses_again_ends_a_drain_also_of_the_same_generation() {
    run(DRAINING, EMPTY);
    run(DRAINING, EMPTY);

    run(ACTIVE, EMPTY);
    assertThat(drained.isRunDue(EMPTY)).isFalse();
    run(DRAINING, EMPTY);
    assertThat(drained.isDrained(DRAINING)).as("as after a restore of etcd").isFalse();
  }

  @ParameterizedTest
  @EnumSource(BlockState.class)
  void what_the_node_does_not_keep_is_drained_and_nothing_else(BlockState state) {
    OwnBlock block = ACTIVE.with(state, "why");
    run(block, EMPTY);
    run(block, EMPTY);

    assertThat(drained.isDrained(block))
        .isEqualTo(List.of(BlockState.DRAINING, BlockState.RELEASING).contains(state));
  }

  @Test
  void a_block_stays_drained_while_it_is_being_released() {
    run(DRAINING, EMPTY);
    run(DRAINING, EMPTY);
    run(DRAINING.with(BlockState.RELEASING, "released"), EMPTY);
    assertThat(drained.isDrained(DRAINING)).isTrue();
  }

  private void run(OwnBlock block, List<BlockUsage> usage) {
    drained.reconciled(report(true, block), true, usage);
  }

  private static OwnBlock draining(long generation) {
    return ACTIVE.ofGeneration(generation).with(BlockState.DRAINING, "it is Draining");
  }

  private static ReconcileReport report(boolean listed, OwnBlock block) {
    List<OwnBlock> blocks = List.of(block);
    return new ReconcileReport(
        new ClusterView(listed, blocks, Peers.UNKNOWN, Optional.empty(), List.of()),
        new Calculation(
            NodeState.EMPTY, blocks, List.of(), Endpoint.UNKNOWN, List.of(), Optional.empty()),
        blocks,
        List.of(),
        List.of());
  }
}
