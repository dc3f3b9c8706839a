// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.api.Conditions;
import dev.weft.api.IPAllocation;
import dev.weft.api.IPAllocationSpec;
import dev.weft.api.IPAllocationStatus;
import dev.weft.api.IPPool;
import dev.weft.api.IPPoolSpec;
import dev.weft.core.pool.AgentLiveness;
import dev.weft.core.pool.AgentPlatforms;
import dev.weft.core.pool.AllocationPlan;
import dev.weft.core.pool.AllocationPlanner;
import dev.weft.core.pool.History;
import dev.weft.core.pool.ReleaseTimes;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import java.lang.ref.Reference;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PassResultTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  @Test
  void itKeepsNoNodeInMemoryThatTheCacheHasReplaced() {
    Node node = node();
    PassResult result = pass(node);
    assertThat(result.networks()).containsOnlyKeys("node1");
    WeakReference<Node> replaced = new WeakReference<>(node);
    node = null;
    await()
        .until(
            () -> {
              System.gc();
              return replaced.get() == null;
            });
    Reference.reachabilityFence(result);
  }

  private static PassResult pass(Node node) {
    ClusterSnapshot seen =
        new ClusterSnapshot(
            Map.of("default", pool()),
            Map.of("10-244-0-0-24", allocation()),
            Map.of("node1", node));
    AllocationPlan plan =
        AllocationPlanner.plan(
            seen.state(List.of(), List.of(), AgentPlatforms.LINUX, History.NONE, false),
            new ReleaseTimes(Duration.ofMinutes(10), Duration.ofSeconds(30)),
            NOW);
    NodeNetworks networks =
        new NodeNetworks(
            new AgentLiveness(Duration.ofMinutes(5), AgentLiveness.ANSWER_TIME),
            Map::of,
            System::nanoTime);
    return PassResult.of(seen, plan, Map.of(), networks.observe(seen, plan, NOW));
  }

  private static IPPool pool() {
    IPPool pool = new IPPool();
    pool.setMetadata(metadata("default"));
    pool.setSpec(
        new IPPoolSpec("10.244.0.0/16", 24, List.of(), null, null, null, null, null, null));
    return pool;
  }

  private static IPAllocation allocation() {
    IPAllocation allocation = new IPAllocation();
    allocation.setMetadata(metadata("10-244-0-0-24"));
    allocation.setSpec(
        new IPAllocationSpec("10.244.0.0/24", "node1", "uid-node1", "default", null));
    allocation.setStatus(
        new IPAllocationStatus(
            IPAllocationStatus.Phase.Ready,
            null,
            null,
            List.of(
                new ConditionBuilder()
                    .withType(Conditions.PROGRAMMED)
                    .withStatus("True")
                    .withReason("Programmed")
                    .build())));
    return allocation;
  }

  private static Node node() {
    return new NodeBuilder()
        .withMetadata(metadata("node1"))
        .withNewStatus()
        .addNewAddress("192.168.1.11", "InternalIP")
        .endStatus()
        .build();
  }

  private static ObjectMeta metadata(String name) {
    return new ObjectMetaBuilder().withName(name).withUid("uid-" + name).build();
  }
}
