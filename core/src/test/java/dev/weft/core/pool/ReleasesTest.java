// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import static dev.weft.core.pool.PoolSamples.TIMES;
import static dev.weft.core.pool.PoolSamples.at;
import static dev.weft.core.pool.PoolSamples.block;
import static dev.weft.core.pool.PoolSamples.drained;
import static dev.weft.core.pool.PoolSamples.draining;
import static dev.weft.core.pool.PoolSamples.node;
import static dev.weft.core.pool.PoolSamples.releasing;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.node.Machine;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ReleasesTest {
  private static final ClusterNode NODE1 = node("node1", 1);
  private static final ClusterNode NODE2 = node("node2", 2);

  private static Releases of(List<ClusterNode> nodes, long now, Block... blocks) {
    return Releases.of(List.of(blocks), NodeIndex.of(nodes), Set.of(), TIMES, at(now));
  }

  private static Block block1(Block.Release release, long since) {
    return block("10.244.1.0/24", NODE1, "default", release, since);
  }

  @Test
  void aBlockOfANodeThatIsThereIsNotReleased() {
    Releases releases = of(List.of(NODE1), 100, block1(Block.Release.NONE, 0));
    assertThat(releases.steps()).isEmpty();
    assertThat(releases.delete()).isEmpty();
    assertThat(releases.wakeAt()).isEmpty();
    assertThat(releases.owners()).containsValue(NODE1);
  }

  @Test
  void eachStepReportsWhichNodeAndForHowLong() {
    assertThat(of(List.of(NODE2), 100, block1(Block.Release.NONE, 0)).steps())
        .containsExactly(
            step(
                "NodeGone",
                Block.Release.GRACE,
                "node node1 is gone; the block is released after 10m"));
    assertThat(of(List.of(NODE2), 700, block1(Block.Release.GRACE, 100)).steps())
        .containsExactly(
            step("GraceOver", Block.Release.RELEASING, "node node1 did not come back within 10m"));
    assertThat(of(List.of(NODE1), 700, block1(Block.Release.GRACE, 100)).steps())
        .containsExactly(step("NodeBack", Block.Release.NONE, "node node1 is back"));
  }

  @Test
  void aReplacedAndAnUnknownNodeAreReportedAsSuch() {
    ClusterNode other = node("node1", "new-uid", 50, new Machine("other", "boot-1"));
    assertThat(of(List.of(other), 100, block1(Block.Release.NONE, 0)).steps())
        .containsExactly(
            step(
                "NodeReplaced",
                Block.Release.GRACE,
                "the node node1 of today is another one (UID new-uid, the block's is node1-uid);"
                    + " the block is released after 10m"));
    ClusterNode unknown = node("node1", "node1-uid", 1, Machine.UNKNOWN);
    assertThat(of(List.of(NODE2), 100, block("10.244.1.0/24", unknown, "default")).steps())
        .containsExactly(
            step(
                "NodeUnknown",
                Block.Release.GRACE,
                "there is no node node1 with UID node1-uid; the block is released after 10m"));
  }

  @Test
  void timeAloneChangesTheAnswerAtTheEndOfGraceAndOfHold() {
    assertThat(of(List.of(NODE2), 100, block1(Block.Release.NONE, 0)).wakeAt()).hasValue(at(700));
    assertThat(of(List.of(NODE2), 699, block1(Block.Release.GRACE, 100)).wakeAt())
        .hasValue(at(700));
    assertThat(of(List.of(NODE2), 700, block1(Block.Release.GRACE, 100)).wakeAt())
        .hasValue(at(730));
    assertThat(of(List.of(NODE2), 729, block1(Block.Release.RELEASING, 700)).wakeAt())
        .hasValue(at(730));
    assertThat(of(List.of(NODE2), 730, block1(Block.Release.RELEASING, 700)).wakeAt())
        .isEqualTo(Optional.empty());
  }

  @Test
  void ofSeveralBlocksTheEarliestTimeCounts() {
    Releases releases =
        of(
            List.of(node("node3", 3)),
            200,
            block1(Block.Release.GRACE, 150),
            block("10.244.2.0/24", NODE2, "default", Block.Release.GRACE, 100));
    assertThat(releases.wakeAt()).hasValue(at(700));
  }

  private static Releases returned(List<ClusterNode> nodes, long now, Block block) {
    return Releases.of(List.of(block), NodeIndex.of(nodes), Set.of(block.cidr()), TIMES, at(now));
  }

  @Test
  void aBlockThatIsGivenBackIsReleasedWithoutGraceAndDeletedAfterTheHold() {
    Block given = drained(draining(block1(Block.Release.NONE, 0)));
    Releases releases = returned(List.of(NODE1), 100, given);
    assertThat(releases.steps())
        .containsExactly(
            step(
                "Drained",
                Block.Release.RELEASING,
                "node node1 gave the block back: no pod has an address of it"));
    assertThat(releases.wakeAt()).hasValue(at(130));
    assertThat(releases.delete()).isEmpty();

    Releases during = returned(List.of(NODE1), 129, releasing(given, 100));
    assertThat(during.steps()).isEmpty();
    assertThat(during.delete()).isEmpty();
    assertThat(during.wakeAt()).hasValue(at(130));
    Releases after = returned(List.of(NODE1), 130, releasing(given, 100));
    assertThat(after.steps()).isEmpty();
    assertThat(after.delete()).containsExactly(given.cidr());
  }

  @Test
  void aBlockThatIsNotGivenBackAnyMoreIsTakenBackFromItsRelease() {
    Block given = releasing(draining(block1(Block.Release.NONE, 0)), 100);
    Releases releases = of(List.of(NODE1), 100_000, given);
    assertThat(releases.steps())
        .containsExactly(step("DrainCancelled", Block.Release.NONE, "node node1 keeps the block"));
    assertThat(releases.delete()).isEmpty();
    assertThat(releases.wakeAt()).isEmpty();
  }

  @Test
  void aBlockInItsGraceHasItsNodeBackFirstThoughItIsGivenBack() {
    Block given = drained(draining(block1(Block.Release.GRACE, 100)));
    assertThat(returned(List.of(NODE1), 200, given).steps())
        .containsExactly(step("NodeBack", Block.Release.NONE, "node node1 is back"));
  }

  @Test
  void aBlockThatWasGivenBackIsDeletedThoughItsNodeGoesDuringTheHold() {
    Block given = releasing(drained(draining(block1(Block.Release.NONE, 0))), 100);
    assertThat(returned(List.of(NODE2), 129, given).delete()).isEmpty();
    assertThat(returned(List.of(NODE2), 130, given).delete()).containsExactly(given.cidr());
  }

  @Test
  void aListWithoutAnyNodeReleasesNothingThatIsGivenBack() {
    Block given = drained(draining(block1(Block.Release.NONE, 0)));
    assertThat(returned(List.of(), 100, given).steps()).isEmpty();
    assertThat(returned(List.of(), 900, releasing(given, 100)).delete()).isEmpty();
  }

  @Test
  void aClockThatJumpsBackDuringAHoldMakesItLongerAndTakesNothingBack() {
    Block given = releasing(drained(draining(block1(Block.Release.NONE, 0))), 3_600);
    for (long now : new long[] {0, 3_599, 3_600, 3_629}) {
      Releases releases = returned(List.of(NODE1), now, given);
      assertThat(releases.steps()).isEmpty();
      assertThat(releases.delete()).isEmpty();
      assertThat(releases.wakeAt()).hasValue(at(3_630));
    }
    assertThat(returned(List.of(NODE1), 3_630, given).delete()).hasSize(1);
  }

  @Test
  void aClockThatJumpsForwardDuringAHoldEndsIt() {
    Block given = releasing(drained(draining(block1(Block.Release.NONE, 0))), 100);
    assertThat(returned(List.of(NODE1), 1_000_000, given).delete()).hasSize(1);
    assertThat(of(List.of(NODE1), 1_000_000, given).delete()).as("cancelled meanwhile").isEmpty();
  }

  private static ReleaseStep step(String reason, Block.Release to, String message) {
    return new ReleaseStep(block1(to, 0).cidr(), to, reason, message);
  }
}
