// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReadinessTest {
  private static final String EXHAUSTED =
      """
      - metadata: {name: small, generation: 1}
        status:
          observedGeneration: 1
          conditions:
          - {type: Ready, status: "False", reason: Exhausted, message: none of 1 blocks is left}
          - {type: Exhausted, status: "True", reason: NoBlockLeft, message: none of 1 blocks is left}
      """;
  private static final String READY =
      """
      - metadata: {name: large, generation: 1}
        status:
          observedGeneration: 1
          conditions:
          - {type: Ready, status: "True", reason: Allocating, message: blocks are allocated}
      """;
  private static final String ONE_BLOCK =
      """
      - metadata: {name: 10-0-0-0-24}
        spec: {node: node1}
        status:
          conditions:
          - {type: Programmed, status: "False", reason: ForeignRoute, message: a route is there}
      """;

  @Test
  void isBlockedWhenNoPoolIsReadyAndANodeHasNoBlock() throws Exception {
    Readiness readiness = readiness(EXHAUSTED, ONE_BLOCK);

    assertThat(readiness.isBlocked(List.of("node1", "node2"))).isTrue();
    assertThat(readiness.isBlocked(List.of("node1"))).isFalse();
    assertThat(readiness.poolProblems())
        .containsExactly("IPPool small: Exhausted: none of 1 blocks is left");
  }

  @Test
  void isNotBlockedWhileAPoolIsReadyOrNotYetJudged() throws Exception {
    List<String> nodes = List.of("node1", "node2");

    assertThat(readiness(EXHAUSTED + READY, ONE_BLOCK).isBlocked(nodes)).isFalse();
    assertThat(
            readiness(EXHAUSTED.replace("generation: 1}", "generation: 2}"), "").isBlocked(nodes))
        .isFalse();
    assertThat(readiness("- metadata: {name: new, generation: 1}\n", "").isBlocked(nodes))
        .isFalse();
    assertThat(readiness("[]", "").isBlocked(nodes)).isFalse();
  }

  @Test
  void reportsWhatANodeCouldNotProgram() throws Exception {
    assertThat(readiness(READY, ONE_BLOCK).allocationProblems())
        .containsExactly("IPAllocation 10-0-0-0-24: ForeignRoute: a route is there");
    assertThat(readiness(READY, ONE_BLOCK).poolProblems()).isEmpty();
  }

  @Test
  void reportsTheOverlapOfAPoolThatIsReady() throws Exception {
    String overlap =
        READY
            + "    - {type: Overlapping, status: \"True\", reason: NodeAddresses, message: taken}\n";

    assertThat(readiness(overlap, "").poolProblems())
        .containsExactly("IPPool large: NodeAddresses: taken");
  }

  private static Readiness readiness(String pools, String allocations) throws Exception {
    return new Readiness(list(pools), list(allocations));
  }

  private static JsonNode list(String items) throws Exception {
    YAMLMapper yaml = new YAMLMapper();
    return yaml.createObjectNode().set("items", yaml.readTree(items.isEmpty() ? "[]" : items));
  }
}
