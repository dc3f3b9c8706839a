// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.api.IPAllocationSpec.State;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A block that a node needs no more goes back. */
class SurplusTest {
  private static final String FIRST = "10-244-0-0-24";
  private static final String SECOND = "10-244-1-0-24";

  private final TestCluster cluster = new TestCluster();
  private final TestAgent agent = new TestAgent(cluster.client);
  private final ManualTime time = new ManualTime();
  private int lastNode = 1;

  @AfterEach
  void close() {
    cluster.close();
  }

  @Test
  void anEmptySurplusGoesBackAfterTenMinutesAndIsReusedLast() {
    nodeWithTwoBlocks("10.244.0.0/22");
    agent.serves(FIRST, 100);
    agent.serves(SECOND, 0);
    anotherNode("10.244.2.0/24");
    time.pass(Duration.ofSeconds(599));
    agent.serves(FIRST, 101); // makes a pass
    anotherPass();
    assertThat(cluster.state(SECOND)).isEqualTo(State.Active);
    time.pass(Duration.ofSeconds(2));
    agent.serves(FIRST, 100);
    await().until(() -> cluster.state(SECOND) == State.Draining);
    agent.drained(SECOND);
    time.passUntil(
        Duration.ofSeconds(1),
        () -> {
          agent.serves(FIRST, 99 + time.clocks().wall().instant().getEpochSecond() % 2);
          return cluster.allocation(SECOND) == null;
        });
    anotherNode("10.244.3.0/24"); // not the lower one that was just released
    anotherNode("10.244.1.0/24");
  }

  @Test
  void aSurplusIsKeptWhereTheRestFillsAgain() {
    nodeWithTwoBlocks("10.244.0.0/16");
    agent.serves(FIRST, 100);
    agent.serves(SECOND, 0);
    anotherPass();
    time.pass(Duration.ofMinutes(10));
    agent.serves(FIRST, 101); // makes a pass
    await().until(() -> cluster.state(SECOND) == State.Draining);
    agent.serves(FIRST, 200);
    await().until(() -> cluster.state(SECOND) == State.Active);
    assertThat(cluster.owners()).containsEntry("10.244.1.0/24", "node1");
  }

  private void nodeWithTwoBlocks(String range) {
    cluster.pool("default", range, 24);
    cluster.node("node1", "192.168.1.11");
    cluster.operator(time);
    await().until(() -> cluster.owners().size() == 1);
    agent.servesUnderPressure(FIRST);
    await()
        .until(
            () ->
                cluster
                    .owners()
                    .equals(Map.of("10.244.0.0/24", "node1", "10.244.1.0/24", "node1")));
  }

  /** Lets a node come, which gets this block. */
  private void anotherNode(String block) {
    lastNode++;
    String node = "node" + lastNode;
    cluster.node(node, "192.168.1." + (10 + lastNode));
    await().until(() -> cluster.owners().containsValue(node));
    assertThat(cluster.owners()).containsEntry(block, node);
  }

  /** Lets a node come and go, and a pass see it. */
  private void anotherPass() {
    String node = "passing" + time.clocks().wall().instant().getEpochSecond();
    cluster.node(node, "");
    await().until(() -> cluster.events().contains("Node " + node + " BadAddress"));
    cluster.deleteNode(node);
  }
}
