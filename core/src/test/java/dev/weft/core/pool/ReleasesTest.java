// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.pool;

import static dev.weft.core.pool.PoolSamples.TIMES;
import static dev.weft.core.pool.PoolSamples.at;
import static dev.weft.core.pool.PoolSamples.block;
import static dev.weft.core.pool.PoolSamples.node;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.node.Machine;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ReleasesTest {
  private static final ClusterNode NODE1 = node("node1", 1);
  private static final ClusterNode NODE2 = node("node2", 2);

  private static Releases of(List<ClusterNode> nodes, long now, Block... blocks) {
    return Releases.of(List.of(blocks), NodeIndex.of(nodes), TIMES, at(now));
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

  private static ReleaseStep step(String reason, Block.Release to, String message) {
    return new ReleaseStep(block1(to, 0).cidr(), to, reason, message);
  }
}
