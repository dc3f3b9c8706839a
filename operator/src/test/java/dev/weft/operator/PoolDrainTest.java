// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.api.Conditions;
import dev.weft.api.IPAllocationSpec.State;
import dev.weft.api.IPAllocationStatus;
import dev.weft.api.IPPoolSpec;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How a pool is drained: its blocks go back one by one, and each drain can be cancelled. */
class PoolDrainTest {
  private static final String OLD = "10-244-0-0-24";
  private static final String NEW = "10-245-0-0-24";
  private static final Predicate<String> RELEASE =
      request ->
          request.startsWith("PATCH")
              && request.contains("/ipallocations/" + OLD)
              && request.contains("\"Drained\"");
  private static final Predicate<String> DELETION =
      request -> request.startsWith("DELETE") && request.contains(OLD);

  private final TestCluster cluster = new TestCluster();
  private final TestAgent agent = new TestAgent(cluster.client);
  private final AtomicReference<Predicate<String>> awaited = new AtomicReference<>();
  private int lastNode = 1;

  @AfterEach
  void close() {
    cluster.close();
  }

  @Test
  void aNodeGetsItsNewBlockFirstAndGivesItsOldOneBackOnceTheNewOneIsServed() {
    poolsAndNode();
    cluster.operator();
    awaitOld();
    cluster.declare("a", IPPoolSpec.State.Draining);
    await().until(() -> cluster.owners().containsKey("10.245.0.0/24"));
    anotherPass();
    assertThat(cluster.state(OLD)).isEqualTo(State.Active);
    agent.serves(NEW, 1);
    await().until(() -> cluster.state(OLD) == State.Draining);
    await().until(() -> cluster.events().contains("IPAllocation " + OLD + " Draining"));
    await().until(() -> cluster.poolCondition("a", "Drained").equals("False BlocksInUse"));
    assertThat(cluster.poolMessage("a", "Drained")).contains("1 blocks are left, of node1");
    agent.drained(OLD);
    await().until(() -> cluster.allocation(OLD) == null);
    await().until(() -> cluster.poolCondition("a", "Drained").equals("True NoBlocks"));
    await().until(() -> cluster.pool("a").getFinalizers().isEmpty());
    await()
        .untilAsserted(
            () ->
                assertThat(cluster.events())
                    .contains(
                        "IPAllocation " + OLD + " Drained",
                        "IPAllocation " + OLD + " Released",
                        "IPPool a NoBlocks"));
    assertThat(cluster.warnings()).noneMatch(event -> event.startsWith("IPPool a "));
    assertThat(cluster.poolCondition("a", "Ready")).isEqualTo("False Draining");
    assertThat(cluster.range("a")).isEqualTo("10.244.0.0/16");
  }

  @Test
  void whatAnAgentSaidOfAnOlderGenerationReleasesNothing() {
    cluster.operator("--release-hold=1h");
    drainOld();
    agent.drained(OLD, generation() - 1);
    anotherPass();
    assertThat(releasing()).isEmpty();
    agent.drained(OLD, generation());
    await().until(() -> releasing().equals("True Drained"));
    assertThat(cluster.allocation(OLD).getStatus().phase())
        .isEqualTo(IPAllocationStatus.Phase.Releasing);
    assertThat(TestCluster.condition(cluster.allocation(OLD).getStatus().conditions(), "Drained"))
        .startsWith("True");
  }

  @Test
  void aBlockThatWasGivenBackIsDeletedAfterTheHoldAndNotBefore() {
    ManualTime time = new ManualTime();
    cluster.operator(time, "--release-hold=30s");
    drainOld();
    agent.drained(OLD);
    await().until(() -> releasing().equals("True Drained"));
    time.pass(Duration.ofSeconds(29));
    anotherPass();
    assertThat(cluster.allocation(OLD)).isNotNull();
    time.pass(Duration.ofSeconds(2)); // times in conditions are rounded up to a second
    anotherPass();
    await().until(() -> cluster.allocation(OLD) == null);
  }

  @Test
  void aReleaseThatComesAfterTheAgentSaidOtherwiseIsTooLate() {
    cluster.operator(this::meet);
    drainOld();
    awaited.set(RELEASE);
    agent.drained(OLD);
    await().until(() -> awaited.get() == null);
    anotherPass();
    assertThat(releasing()).isEmpty();
    agent.drained(OLD);
    await().until(() -> cluster.allocation(OLD) == null);
  }

  @Test
  void aDeletionThatComesAfterTheAgentSaidOtherwiseIsTooLate() {
    cluster.operator(this::meet);
    drainOld();
    awaited.set(DELETION);
    agent.drained(OLD);
    await().until(() -> releasing().equals("False DrainCancelled"));
    assertThat(cluster.state(OLD)).isEqualTo(State.Draining);
    agent.drained(OLD);
    await().until(() -> cluster.allocation(OLD) == null);
  }

  @Test
  void aDrainIsCancelledWhileItsBlockIsInUse() {
    cluster.operator();
    drainOld();
    cluster.declare("a", IPPoolSpec.State.Active);
    await().until(() -> cluster.state(OLD) == State.Active);
    await().until(() -> cluster.events().contains("IPAllocation " + OLD + " DrainCancelled"));
    await().until(() -> cluster.poolCondition("a", "Ready").equals("True Allocating"));
    assertThat(cluster.poolCondition("a", "Drained")).isEmpty();
  }

  @Test
  void aDrainIsCancelledWhileItsBlockIsReleased() {
    cluster.operator("--release-hold=1h");
    drainOld();
    agent.drained(OLD);
    await().until(() -> releasing().equals("True Drained"));
    String uid = cluster.allocation(OLD).getMetadata().getUid();
    agent.serves(NEW, 200); // else the old block is an empty surplus, and goes on going back
    cluster.declare("a", IPPoolSpec.State.Active);
    await().until(() -> releasing().equals("False DrainCancelled"));
    assertThat(cluster.state(OLD)).isEqualTo(State.Active);
    assertThat(cluster.allocation(OLD).getStatus().phase())
        .isEqualTo(IPAllocationStatus.Phase.Pending);
    anotherPass();
    assertThat(cluster.allocation(OLD).getMetadata().getUid()).isEqualTo(uid);
  }

  @Test
  void aBlockIsKeptWhereTheNewOneIsLostBeforeTheEnd() {
    cluster.operator("--release-hold=1h");
    drainOld();
    agent.drained(OLD);
    await().until(() -> releasing().equals("True Drained"));
    cluster.deleteAllocation(NEW);
    await().until(() -> cluster.state(OLD) == State.Active);
    await().until(() -> releasing().equals("False DrainCancelled"));
  }

  @Test
  void aPoolWithoutAnotherKeepsItsBlocksAndSaysSo() {
    cluster.pool("a", "10.244.0.0/16", 24);
    cluster.node("node1", "192.168.1.11");
    cluster.operator();
    awaitOld();
    agent.serves(OLD, 1);
    cluster.declare("a", IPPoolSpec.State.Draining);
    await().until(() -> cluster.poolCondition("a", "Drained").equals("False NoOtherPool"));
    assertThat(cluster.poolMessage("a", "Drained")).contains("node1", "add a pool");
    assertThat(cluster.state(OLD)).isEqualTo(State.Active);
    cluster.pool("b", "10.245.0.0/16", 24);
    await().until(() -> cluster.poolCondition("a", "Drained").equals("False OtherBlockNotServed"));
    agent.serves(NEW, 0);
    await().until(() -> cluster.poolCondition("a", "Drained").equals("False BlocksInUse"));
  }

  @Test
  void twoPoolsThatDrainIntoEachOtherKeepTheirBlocks() {
    cluster.operator();
    drainOld();
    cluster.declare("b", IPPoolSpec.State.Draining);
    await().until(() -> cluster.state(OLD) == State.Active);
    for (String pool : new String[] {"a", "b"}) {
      await().until(() -> cluster.poolCondition(pool, "Drained").equals("False NoOtherPool"));
    }
    assertThat(cluster.state(NEW)).isEqualTo(State.Active);
    assertThat(cluster.owners())
        .isEqualTo(Map.of("10.244.0.0/24", "node1", "10.245.0.0/24", "node1"));
    cluster.declare("b", IPPoolSpec.State.Active);
    await().until(() -> cluster.state(OLD) == State.Draining);
  }

  @Test
  void aPoolThatIsDeletedWhileItDrainsIsGoneInTheEnd() {
    cluster.operator();
    drainOld();
    cluster.deletePool("a");
    await().until(() -> cluster.poolCondition("a", "Ready").equals("False InUse"));
    await().until(() -> cluster.poolCondition("a", "Drained").equals("False BlocksInUse"));
    agent.drained(OLD);
    await().until(() -> cluster.pool("a") == null);
    assertThat(cluster.owners()).isEqualTo(Map.of("10.245.0.0/24", "node1"));
  }

  @Test
  void aPoolThatIsDeletedDrainsByItself() {
    poolsAndNode();
    cluster.operator();
    awaitOld();
    cluster.deletePool("a");
    await().until(() -> cluster.owners().containsKey("10.245.0.0/24"));
    agent.serves(NEW, 1);
    await().until(() -> cluster.state(OLD) == State.Draining);
    agent.drained(OLD);
    await().until(() -> cluster.pool("a") == null);
  }

  @Test
  void aBlockOfANodeThatIsGoneWhileItDrainsIsReleasedToo() {
    cluster.operator("--grace-period=1s");
    drainOld();
    anotherPass(); // or no node is left, which is not believed
    cluster.deleteNode("node1");
    await().until(() -> cluster.poolCondition("a", "Drained").equals("True NoBlocks"));
    assertThat(cluster.allocation(OLD)).isNull();
  }

  private void poolsAndNode() {
    cluster.pool("a", "10.244.0.0/16", 24);
    cluster.pool("b", "10.245.0.0/16", 24);
    cluster.node("node1", "192.168.1.11");
  }

  private void awaitOld() {
    await().until(() -> cluster.owners().containsKey("10.244.0.0/24"));
  }

  /** Until the node gives back its block of pool a. */
  private void drainOld() {
    poolsAndNode();
    awaitOld();
    agent.serves(OLD, 1);
    cluster.declare("a", IPPoolSpec.State.Draining);
    await().until(() -> cluster.owners().containsKey("10.245.0.0/24"));
    agent.serves(NEW, 1);
    await().until(() -> cluster.state(OLD) == State.Draining);
  }

  /** Lets a node come, whose block is written by a pass that began after everything before. */
  private void anotherPass() {
    lastNode++;
    String node = "node" + lastNode;
    cluster.node(node, "192.168.1." + (10 + lastNode));
    await().until(() -> cluster.owners().containsValue(node));
  }

  /** Before the first such write arrives the agent reports an address in use after all. */
  private void meet(String request) {
    Predicate<String> write = awaited.get();
    if (write != null && write.test(request) && awaited.compareAndSet(write, null)) {
      agent.serves(OLD, 1);
    }
  }

  private long generation() {
    return cluster.allocation(OLD).getMetadata().getGeneration();
  }

  private String releasing() {
    return cluster.allocationCondition(OLD, Conditions.RELEASING);
  }
}
