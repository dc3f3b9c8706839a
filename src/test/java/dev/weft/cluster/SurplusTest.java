// SPDX-License-Identifier: Apache-2.0
package dev.weft.cluster;

import static dev.weft.cluster.Cluster.TESTS;
import static dev.weft.cluster.Cluster.eventuallyAsserted;
import static dev.weft.cluster.Cluster.kubectl;
import static dev.weft.cluster.Cluster.pods;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A block that a node needs no more goes back while pods talk: 10 minutes after its last pod, which
 * is no setting. An installation of its own, with small blocks.
 */
@Tag("long")
@ExtendWith(Witness.class)
class SurplusTest {
  private static final Duration LONG = Duration.ofMinutes(5);

  /** How long a block is a surplus before it goes back, its hold, and what a slow machine needs. */
  private static final Duration RETURN = Duration.ofMinutes(15);

  /**
   * More pods than the 29 addresses of a block, or 30 of IPv6, and no more than two blocks have.
   */
  private static final int PODS = 32;

  private static String prefix;

  @BeforeAll
  static void installWithSmallBlocks() {
    boolean ipv6Only = Node.last().addresses().get(0).contains(":");
    prefix = ipv6Only ? "fd00:245:" : "10.245.";
    Installation.installWithPool(
        ipv6Only ? "fd00:245::/120" : "10.245.0.0/24", ipv6Only ? 123 : 27);
  }

  @Test
  void anEmptyBlockGoesBackAndIsThereAgainWhenItIsNeeded() {
    Node node = Node.last();
    List<String> first = smallBlocks(node);
    assertThat(first).hasSize(1);
    String readySince = Cluster.nodesReadySince();
    PacketStream.loses0While(
        "a surplus block comes, goes back and comes again",
        () -> {
          Cluster.apply("crowd.yaml", Map.of("NODE", node.name(), "COUNT", String.valueOf(PODS)));
          assertCrowdRuns();
          assertThat(smallBlocks(node)).hasSize(2).containsAll(first);
          note("blocks while the pods run");

          scale(0);
          long start = System.nanoTime();
          eventuallyAsserted(
              "the second block is gone",
              RETURN,
              () -> assertThat(smallBlocks(node)).isEqualTo(first));
          long seconds = (System.nanoTime() - start) / 1_000_000_000;
          Figures.note("a surplus block is gone after", seconds + " s");
          note("blocks when the surplus is gone");

          scale(PODS);
          assertCrowdRuns();
          assertThat(smallBlocks(node)).hasSize(2).containsAll(first);
        });
    assertThat(Cluster.nodesReadySince()).isEqualTo(readySince);
  }

  private static List<String> smallBlocks(Node node) {
    return node.blocks().stream().filter(block -> block.startsWith(prefix)).toList();
  }

  private static void scale(int pods) {
    kubectl("scale", "-n", TESTS, "deployment/crowd", "--replicas=" + pods);
  }

  private static void assertCrowdRuns() {
    eventuallyAsserted(
        "every pod of the crowd runs",
        LONG,
        () ->
            assertThat(Cluster.field("deployment/crowd", ".status.readyReplicas"))
                .isEqualTo(String.valueOf(PODS)));
    assertThat(pods("app=crowd")).hasSize(PODS);
    Cluster.assertNoAddressTwice();
  }

  private static void note(String what) {
    Figures.note(what, "\n" + kubectl("get", "ipallocations", "-o", "wide"));
  }
}
