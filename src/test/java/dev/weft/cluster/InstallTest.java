// SPDX-License-Identifier: Apache-2.0
package dev.weft.cluster;

import static dev.weft.cluster.Cluster.SOON;
import static dev.weft.cluster.Cluster.SYSTEM;
import static dev.weft.cluster.Cluster.eventuallyAsserted;
import static dev.weft.cluster.Cluster.kubectl;
import static dev.weft.cluster.Cluster.nodes;
import static dev.weft.cluster.Cluster.words;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;

/** From nothing to nodes that are Ready, and what kubectl then tells. */
@Tag("cluster")
@Tag("smoke")
@Order(10)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@ExtendWith(Witness.class)
class InstallTest {
  @Test
  @Order(1)
  void helmInstallMakesEveryNodeReady() {
    assumeFalse(Installation.installed(), "Weft is installed already");
    long start = System.nanoTime();
    Installation.install();
    eventuallyAsserted("every node is Ready", SOON, Cluster::assertNodesReady);
    long millis = (System.nanoTime() - start) / 1_000_000;
    Figures.note("helm install to all nodes Ready", millis / 1000.0 + " s");
    Installation.rolledOut();
    Installation.tests();
  }

  @Test
  @Order(2)
  void everyNodeHasABlockAndThePoolTellsHowManyItGaveOut() {
    eventuallyAsserted(
        "every block is Ready and Programmed",
        SOON,
        () -> {
          List<String> lines =
              kubectl(
                      "get",
                      "ipallocations",
                      "-o",
                      "jsonpath={range .items[*]}{.spec.node} {.status.phase}"
                          + " {.status.conditions[?(@.type==\"Programmed\")].status}{\"\\n\"}{end}")
                  .lines()
                  .toList();
          assertThat(lines).allMatch(line -> line.endsWith(" Ready True"));
          assertThat(lines.stream().map(line -> line.split(" ")[0]).collect(Collectors.toSet()))
              .containsExactlyInAnyOrderElementsOf(nodes());
        });
    eventuallyAsserted(
        "every pool is Ready and has given each node a block",
        SOON,
        () ->
            assertThat(
                    kubectl(
                            "get",
                            "ippools",
                            "-o",
                            "jsonpath={range .items[*]}{.status.blocks.allocated}"
                                + " {.status.conditions[?(@.type==\"Ready\")].status}{\"\\n\"}{end}")
                        .lines())
                .isNotEmpty()
                .containsOnly(nodes().size() + " True"));
  }

  @Test
  @Order(3)
  void theTableOfAllocationsTellsWhatIsInUse() {
    for (Node node : Node.all()) {
      eventuallyAsserted(
          "USED of the blocks of " + node.name() + " is what it has",
          SOON,
          () -> assertThat(node.used()).isNotEmpty().containsOnly(String.valueOf(node.ports())));
    }
    eventuallyAsserted(
        "no node is degraded",
        SOON,
        () ->
            assertThat(
                    words(
                        kubectl(
                            "get",
                            "ipallocations",
                            "-o",
                            "jsonpath={.items[*].status.conditions[?(@.type==\"Degraded\")].status}")))
                .containsOnly("False"));
    List<String> lines = kubectl("get", "ipallocations", "-o", "wide").lines().toList();
    assertThat(words(lines.get(0)))
        .containsExactly(
            "NAME",
            "NODE",
            "CIDR",
            "POOL",
            "USED",
            "FREE",
            "PHASE",
            "AGE",
            "STATE",
            "ROUTING",
            "ENDPOINT",
            "PROGRAMMED",
            "DEGRADED");
    for (Node node : Node.all()) {
      for (String cidr : node.blocks()) {
        assertThat(lines)
            .filteredOn(line -> words(line).contains(cidr))
            .singleElement()
            .satisfies(
                line -> {
                  assertThat(words(line).get(1)).isEqualTo(node.name());
                  assertThat(words(line).get(6)).isEqualTo("Ready");
                  assertThat(line).contains(node.addresses());
                  assertThat(words(line)).as("programmed, not degraded").endsWith("True", "False");
                });
      }
    }
    Figures.note("kubectl get ippools -o wide", "\n" + kubectl("get", "ippools", "-o", "wide"));
    Figures.note("kubectl get ipallocations -o wide", "\n" + String.join("\n", lines));
  }

  @Test
  @Order(4)
  void everyNodesNetworkIsAvailableForAReason() {
    eventuallyAsserted(
        "NetworkUnavailable is False on every node",
        SOON,
        () ->
            assertThat(
                    kubectl(
                            "get",
                            "nodes",
                            "-o",
                            "jsonpath={range .items[*].status.conditions[?(@.type==\"NetworkUnavailable\")]}"
                                + "{.status} {.reason} {.message}{\"\\n\"}{end}")
                        .lines())
                .hasSize(nodes().size())
                .containsOnly(
                    "False WeftBlockReady Weft serves a block of addresses on this node"));
  }

  @Test
  @Order(5)
  void noProgramWasStartedTwice() {
    assertThat(
            words(
                kubectl(
                    "get",
                    "pods",
                    "-n",
                    SYSTEM,
                    "-o",
                    "jsonpath={.items[*].status.containerStatuses[*].restartCount}")))
        .containsOnly("0");
  }
}
