// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.api.Addresses;
import dev.weft.api.Annotations;
import dev.weft.api.Conditions;
import dev.weft.api.IPAllocation;
import dev.weft.api.IPAllocationStatus;
import dev.weft.api.IPPool;
import dev.weft.api.IPPoolSpec;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.LabelSelectorBuilder;
import io.fabric8.kubernetes.api.model.LabelSelectorRequirement;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.NonDeletingOperation;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class WeftOperatorTest {
  private static final String BLOCK = "10-244-0-0-24";

  private final TestCluster cluster = new TestCluster();

  @AfterEach
  void close() {
    cluster.close();
  }

  @Test
  void nodesGetTheLowestBlocksThatAreNotReserved() {
    cluster.pool("default", "10.244.0.0/16", 24, "10.244.0.0/24");
    threeNodes();
    cluster.operator();
    awaitOwners(
        Map.of("10.244.1.0/24", "node1", "10.244.2.0/24", "node2", "10.244.3.0/24", "node3"));
    await()
        .ignoreExceptions()
        .untilAsserted(
            () -> assertThat(cluster.pool("default").getStatus().blocks().free()).isEqualTo(252));
    assertThat(cluster.pool("default").getStatus().blocks().total()).isEqualTo(255);
    assertThat(cluster.pool("default").getStatus().nodePrefixLength()).isEqualTo(24);
    assertThat(cluster.poolCondition("default", "Ready")).isEqualTo("True Allocating");
    assertThat(cluster.pool("default").getFinalizers()).containsExactly("weft.dev/blocks");
    assertThat(cluster.allocation("10-244-1-0-24").getMetadata().getAnnotations())
        .containsEntry(Annotations.SYSTEM_UUID, "machine-node1")
        .containsEntry(Annotations.BOOT_ID, "boot-1");
    await()
        .untilAsserted(
            () ->
                assertThat(cluster.events())
                    .noneMatch(event -> event.endsWith(" BlockAllocated"))
                    .containsOnlyOnce("IPPool default Allocating"));
  }

  @Test
  void onePoolOfEachFamilyMakesADualStackCluster() {
    cluster.pool("four", "10.244.0.0/16", null);
    cluster.pool("six", "fd00:244::/48", null, "fd00:244::/64");
    address(cluster.node("node1", "192.168.1.11"), "fd00:1::11");
    cluster.operator();
    awaitOwners(Map.of("10.244.0.0/24", "node1", "fd00:244:0:1::/64", "node1"));
    assertThat(cluster.allocation("fd00-244-0-1---64").getSpec().pool()).isEqualTo("six");
  }

  @Test
  void aNodeWithoutAnInternalIpOfAPoolsFamilyGetsItsBlockWithTheAddress() {
    cluster.pool("four", "10.244.0.0/16", null);
    cluster.pool("six", "fd00:244::/48", null);
    Node node = cluster.node("node1", "192.168.1.11");
    cluster.operator();
    awaitOwners(Map.of("10.244.0.0/24", "node1"));
    await().until(() -> cluster.events().contains("Node node1 NoBlock"));
    await().until(() -> cluster.poolCondition("six", "Ready").equals("False NoNodeAddress"));
    assertThat(message("six")).contains("1 node without an InternalIP of its family (node1)");
    await().until(() -> cluster.poolCondition("four", "Ready").equals("True Allocating"));

    address(node, "fd00:1::11");
    awaitOwners(Map.of("10.244.0.0/24", "node1", "fd00:244::/64", "node1"));
    await().until(() -> cluster.poolCondition("six", "Ready").equals("True Allocating"));
    cluster.node("node2", "192.168.1.12");
    await().until(() -> message("six").contains("but not to 1 node without"));
    assertThat(cluster.poolCondition("six", "Ready")).isEqualTo("True Allocating");
  }

  @Test
  void aPoolOfARangeThatCanNeverBePodsAllocatesNothing() {
    cluster.dropRules();
    cluster.pool("multicast", "224.0.0.0/16", 24);
    cluster.node("node1", "192.168.1.11");
    cluster.operator();
    await().until(() -> cluster.poolCondition("multicast", "Ready").equals("False Invalid"));
    assertThat(message("multicast")).contains("224.0.0.0/4", "can never be pods'");
    await().until(() -> cluster.events().contains("Node node1 NoBlock"));
    assertThat(cluster.owners()).isEmpty();
  }

  @Test
  void aNodeThatNoAgentCanRunOnGetsNoBlockAndNoEvent() {
    cluster.pool("default", "10.244.0.0/16", 24);
    label(cluster.node("windows", "192.168.1.8"), "kubernetes.io/os", "windows");
    label(cluster.node("arm", "192.168.1.9"), "kubernetes.io/arch", "arm64");
    label(cluster.node("node1", "192.168.1.11"), "kubernetes.io/arch", "amd64");
    cluster.operator("--architectures=amd64");
    awaitOwners(Map.of("10.244.0.0/24", "node1"));
    await().until(() -> cluster.events().contains("IPPool default Allocating"));
    assertThat(cluster.events()).noneMatch(event -> event.matches("Node (windows|arm) .*"));
  }

  @Test
  void noBlockIsAllocatedFromAPoolBeforeItHasTheFinalizer() {
    AtomicInteger refusals = new AtomicInteger();
    cluster.refuse(
        write ->
            write.matches("(?s)PATCH \\S+/ippools/default .*finalizers.*")
                && refusals.incrementAndGet() <= 3);
    cluster.pool("default", "10.244.0.0/16", 24);
    cluster.node("node1", "192.168.1.11");
    cluster.operator();
    awaitOwners(Map.of("10.244.0.0/24", "node1"));
    List<String> writes = cluster.writes();
    assertThat(refusals).hasValueGreaterThanOrEqualTo(4);
    assertThat(writes.indexOf("POST /apis/weft.dev/v1alpha1/ipallocations"))
        .isGreaterThan(writes.lastIndexOf("PATCH /apis/weft.dev/v1alpha1/ippools/default"));
  }

  @Test
  void whatADeadAgentReportedDoesNotOutliveIt() {
    nodeWithAgent("--agent-grace=1s");
    agentPod(false);
    await().until(() -> cluster.networkUnavailable("node1").equals("True WeftAgentNotReady"));
    await().until(() -> condition(BLOCK, Conditions.PROGRAMMED).startsWith("Unknown WeftAgent"));
    await().until(() -> cluster.events().contains("Node node1 WeftAgentNotReady"));
    assertThat(cluster.allocation(BLOCK).getStatus().phase())
        .isEqualTo(IPAllocationStatus.Phase.Ready);

    agentReports(BLOCK, Conditions.PROGRAMMED); // it lives, and is not Ready: no quarrel
    await().until(() -> cluster.networkUnavailable("node1").equals("False WeftBlockReady"));
    cluster.node("node2", "192.168.1.12");
    await().until(() -> cluster.owners().size() == 2);
    assertThat(condition(BLOCK, Conditions.PROGRAMMED)).startsWith("True");
  }

  @Test
  void whatAnAgentReportedDoesNotOutliveItsPod() {
    nodeWithAgent("--agent-grace=1s");
    cluster.client.pods().inNamespace("weft-system").withName("weft-agent-1").delete();
    agentPodOn("node2", true);
    await().until(() -> cluster.networkUnavailable("node1").equals("True WeftAgentMissing"));
    await().until(() -> condition(BLOCK, Conditions.PROGRAMMED).startsWith("Unknown WeftAgent"));
  }

  @Test
  void anAgentThatIsNotReadyAndAnswersKeepsItsNodeOpen() {
    ManualTime time = new ManualTime();
    Duration step = Duration.ofMillis(500);
    cluster.pool("default", "10.244.0.0/16", 24);
    ready(cluster.node("node1", "192.168.1.11"));
    agentPod(true);
    cluster.operator(time, "--agent-grace=1s", "--lease-namespace=weft-system");
    awaitOwners(Map.of("10.244.0.0/24", "node1"));
    agentReports(BLOCK, Conditions.PROGRAMMED);
    await().until(() -> cluster.networkUnavailable("node1").equals("False WeftBlockReady"));
    ready(cluster.node("node2", "192.168.1.12"));
    agentPodOn("node2", true);
    await().until(() -> cluster.owners().size() == 2);
    agentReports("10-244-1-0-24", Conditions.PROGRAMMED);
    await().until(() -> cluster.networkUnavailable("node2").equals("False WeftBlockReady"));

    agentPod(false);
    time.passUntil(
        step, () -> condition(BLOCK, Conditions.PROGRAMMED).startsWith("Unknown WeftAgent"));
    agentReports(BLOCK, Conditions.PROGRAMMED, Conditions.PRESSURE);
    await().until(() -> cluster.owners().size() == 3); // a pass has the answer
    agentPodOn("node2", false);
    time.passUntil(
        step, () -> cluster.networkUnavailable("node2").equals("True WeftAgentNotReady"));
    assertThat(cluster.networkUnavailable("node1")).isEqualTo("False WeftBlockReady");
    assertThat(cluster.events()).doesNotContain("Node node1 WeftAgentNotReady");
    assertThat(cluster.writes()).containsOnlyOnce("PATCH /api/v1/nodes/node1/status");
  }

  @Test
  void anAgentThatAnsweredAndThenDiesUnseenIsProbedAgain() {
    cluster.pool("default", "10.244.0.0/16", 24);
    ready(cluster.node("node1", "192.168.1.11"));
    agentPod(true);
    cluster.operator(
        new AgentTimes(Duration.ofSeconds(3), Duration.ofSeconds(5)),
        "--leader-elect=false",
        "--agent-grace=1s",
        "--lease-namespace=weft-system");
    awaitOwners(Map.of("10.244.0.0/24", "node1"));
    agentReports(BLOCK, Conditions.PROGRAMMED);
    agentPod(false);
    await().until(() -> condition(BLOCK, Conditions.PROGRAMMED).startsWith("Unknown WeftAgent"));
    agentReports(BLOCK, Conditions.PROGRAMMED); // and never again
    await().until(() -> cluster.networkUnavailable("node1").equals("True WeftAgentNotReady"));
  }

  @Test
  void aNodeThatHasNoServedBlockAnyMoreIsOpenAgain() {
    nodeWithAgent("--agent-grace=1s");
    agentPod(false);
    await().until(() -> cluster.networkUnavailable("node1").equals("True WeftAgentNotReady"));
    cluster.client.resources(IPAllocation.class).withName(BLOCK).delete();
    await().until(() -> cluster.networkUnavailable("node1").equals("False WeftNoBlock"));
  }

  @Test
  void aRestartedOperatorKeepsTheReportOfALostAgentUntilItIsReady() {
    WeftOperator first = nodeWithAgent("--agent-grace=1s");
    agentPod(false);
    await().until(() -> cluster.networkUnavailable("node1").equals("True WeftAgentNotReady"));
    first.close();
    cluster.operator("--agent-grace=1h", "--lease-namespace=weft-system");
    cluster.node("node2", "192.168.1.12");
    await().until(() -> cluster.owners().size() == 2);
    assertThat(cluster.networkUnavailable("node1")).isEqualTo("True WeftAgentNotReady");
    agentPod(true);
    await().until(() -> cluster.networkUnavailable("node1").equals("False WeftBlockReady"));
  }

  @Test
  void whereAgentsAreNoPodsNoneIsMissed() {
    poolForSelectedNodes();
    ready(cluster.node("node1", "192.168.1.11"));
    otherNode();
    cluster.operator("--agent-grace=0s", "--lease-namespace=weft-system");
    awaitOwners(Map.of("10.244.0.0/24", "node1"));
    agentReports(BLOCK, Conditions.PROGRAMMED);
    await().until(() -> cluster.networkUnavailable("node1").equals("False WeftBlockReady"));
    cluster.node("node2", "192.168.1.12");
    await().until(() -> cluster.owners().size() == 2);
    assertThat(cluster.networkUnavailable("node1")).isEqualTo("False WeftBlockReady");
  }

  @Test
  void whereItMayNotSeeTheAgentsPodsTheOperatorWorksAndTriesAgain() {
    cluster.refuse("/pods?", 403); // lists and watches
    WeftOperator operator = nodeWithAgent("--agent-grace=1s");
    assertThat(operator.readiness().status()).isEqualTo(200);
    cluster.refuse("", 0);
    agentPod(false);
    await().until(() -> cluster.networkUnavailable("node1").equals("True WeftAgentNotReady"));
  }

  private WeftOperator nodeWithAgent(String... options) {
    cluster.pool("default", "10.244.0.0/16", 24);
    ready(cluster.node("node1", "192.168.1.11"));
    agentPod(true);
    List<String> all = new ArrayList<>(List.of(options));
    all.add("--lease-namespace=weft-system");
    WeftOperator operator = cluster.operator(all.toArray(String[]::new));
    awaitOwners(Map.of("10.244.0.0/24", "node1"));
    agentReports(BLOCK, Conditions.PROGRAMMED);
    await().until(() -> cluster.networkUnavailable("node1").equals("False WeftBlockReady"));
    return operator;
  }

  private void agentPod(boolean ready) {
    agentPodOn("node1", ready);
  }

  private void agentPodOn(String node, boolean ready) {
    cluster
        .client
        .resource(
            new PodBuilder()
                .withNewMetadata()
                .withName(node.replace("node", "weft-agent-"))
                .withNamespace("weft-system")
                .addToLabels("app.kubernetes.io/name", "weft")
                .addToLabels("app.kubernetes.io/component", "agent")
                .endMetadata()
                .withNewSpec()
                .withNodeName(node)
                .endSpec()
                .withNewStatus()
                .addNewCondition()
                .withType("Ready")
                .withStatus(ready ? "True" : "False")
                .endCondition()
                .endStatus()
                .build())
        .createOr(NonDeletingOperation::updateStatus);
  }

  private void ready(Node node) {
    cluster
        .client
        .resource(
            new NodeBuilder(node)
                .editMetadata()
                .withResourceVersion(null)
                .endMetadata()
                .editStatus()
                .addNewCondition()
                .withType("Ready")
                .withStatus("True")
                .endCondition()
                .endStatus()
                .build())
        .updateStatus();
  }

  private void address(Node node, String address) {
    cluster
        .client
        .nodes()
        .withName(node.getMetadata().getName())
        .editStatus(
            current ->
                new NodeBuilder(current)
                    .editStatus()
                    .addNewAddress(address, "InternalIP")
                    .endStatus()
                    .build());
  }

  private void label(Node node, String label, String value) {
    cluster
        .client
        .nodes()
        .withName(node.getMetadata().getName())
        .edit(
            current ->
                new NodeBuilder(current)
                    .editMetadata()
                    .addToLabels(label, value)
                    .endMetadata()
                    .build());
  }

  @Test
  void whenNothingHappensNothingIsWritten() {
    cluster.pool("default", "10.244.0.0/24", 25);
    threeNodes();
    cluster.operator();
    await().until(() -> cluster.poolCondition("default", "Exhausted").startsWith("True"));
    await().until(() -> cluster.events().contains("Node node3 NoBlock"));
    List<String> events = cluster.events();
    String version = cluster.pool("default").getMetadata().getResourceVersion();
    cluster.client.nodes().withName("node1").edit(WeftOperatorTest::heartbeat);
    cluster.node("node4", "192.168.1.14"); // makes a pass, after the heartbeat
    await().until(() -> cluster.events().contains("Node node4 NoBlock"));
    assertThat(cluster.events()).containsAll(events).doesNotHaveDuplicates();
    await()
        .untilAsserted(
            () ->
                assertThat(
                        TestCluster.message(
                            cluster.pool("default").getStatus().conditions(), "Exhausted"))
                    .contains("node3, node4"));
    assertThat(cluster.pool("default").getMetadata().getResourceVersion()).isNotEqualTo(version);
  }

  @Test
  void aLostNodesBlockIsKeptForTheGraceThenReleased() {
    poolForSelectedNodes();
    cluster.node("node1", "192.168.1.11");
    otherNode();
    List<String> releases = followReleasing();
    cluster.operator("--grace-period=1s", "--release-hold=1s");
    awaitOwners(Map.of("10.244.0.0/24", "node1"));
    cluster.deleteNode("node1");
    awaitOwners(Map.of());
    await()
        .untilAsserted(
            () ->
                assertThat(releases)
                    .containsSubsequence("Unknown NodeGone null", "True GraceOver Releasing"));
    await()
        .untilAsserted(
            () ->
                assertThat(cluster.events())
                    .contains(
                        "IPAllocation 10-244-0-0-24 NodeGone",
                        "IPAllocation 10-244-0-0-24 GraceOver",
                        "IPAllocation 10-244-0-0-24 Released"));
    await().untilAsserted(() -> assertThat(cluster.pool("default").getFinalizers()).isEmpty());
  }

  /** The release and the phase of every allocation, whenever one changes. */
  private List<String> followReleasing() {
    return cluster.follow(
        IPAllocation.class,
        allocation ->
            TestCluster.condition(allocation.getStatus().conditions(), Conditions.RELEASING)
                + " "
                + allocation.getStatus().phase());
  }

  @Test
  void theGraceGoesOnOverARestart() {
    poolForSelectedNodes();
    cluster.node("node1", "192.168.1.11");
    otherNode();
    ManualTime time = new ManualTime();
    WeftOperator first = cluster.operator(time, "--grace-period=2s", "--release-hold=1h");
    awaitOwners(Map.of("10.244.0.0/24", "node1"));
    cluster.deleteNode("node1");
    await().until(() -> releasing("10-244-0-0-24").startsWith("Unknown"));
    String since = since("10-244-0-0-24");
    time.pass(Duration.ofSeconds(1));
    first.close();
    cluster.operator(time, "--grace-period=2s", "--release-hold=1h");
    cluster.node("node2", "192.168.1.12"); // makes a pass
    await().until(() -> cluster.owners().containsValue("node2"));
    assertThat(releasing("10-244-0-0-24")).startsWith("Unknown");
    time.pass(Duration.ofSeconds(1));
    await().until(() -> releasing("10-244-0-0-24").startsWith("True"));
    assertThat(Instant.parse(since("10-244-0-0-24")))
        .isEqualTo(Instant.parse(since).plusSeconds(2));
  }

  @Test
  void aNodeThatIsBackInTimeKeepsItsBlock() {
    poolForSelectedNodes();
    Node node = cluster.node("node1", "192.168.1.11");
    otherNode();
    cluster.operator();
    awaitOwners(Map.of("10.244.0.0/24", "node1"));
    cluster.deleteNode("node1");
    await().until(() -> releasing("10-244-0-0-24").equals("Unknown NodeGone"));
    Node again = cluster.node("node1", "192.168.1.11");
    assertThat(again.getMetadata().getUid()).isNotEqualTo(node.getMetadata().getUid());
    await().until(() -> releasing("10-244-0-0-24").equals("False NodeBack"));
    await()
        .untilAsserted(
            () ->
                assertThat(cluster.allocation("10-244-0-0-24").getSpec().nodeUID())
                    .isEqualTo(again.getMetadata().getUid()));
    assertThat(cluster.owners()).hasSize(1);
  }

  @Test
  void anotherMachineOfTheSameNameGetsAnotherBlock() {
    cluster.pool("default", "10.244.0.0/16", 24);
    cluster.node("node1", "192.168.1.11");
    cluster.operator();
    awaitOwners(Map.of("10.244.0.0/24", "node1"));
    cluster.deleteNode("node1");
    cluster.node("node1", "192.168.1.11", "machine-node1", "boot-2");
    await().until(() -> releasing("10-244-0-0-24").startsWith("Unknown"));
    awaitOwners(Map.of("10.244.0.0/24", "node1", "10.244.1.0/24", "node1"));
  }

  @Test
  void aRebootIsNotedSoThatALaterReturnIsRecognised() {
    cluster.pool("default", "10.244.0.0/16", 24);
    cluster.node("node1", "192.168.1.11");
    cluster.operator();
    awaitOwners(Map.of("10.244.0.0/24", "node1"));
    await() // the operator may write the Node in between
        .ignoreException(KubernetesClientException.class)
        .until(() -> reboot("node1", "boot-2"));
    await()
        .untilAsserted(
            () ->
                assertThat(cluster.allocation("10-244-0-0-24").getMetadata().getAnnotations())
                    .containsEntry(Annotations.BOOT_ID, "boot-2"));
  }

  private boolean reboot(String node, String bootId) {
    cluster
        .client
        .nodes()
        .withName(node)
        .editStatus(
            current -> {
              current.getStatus().getNodeInfo().setBootID(bootId);
              return current;
            });
    return true;
  }

  @Test
  void anExhaustedPoolReportsItAndAWidenedOneServesWhoWaited() {
    cluster.pool("default", "10.244.0.0/24", 24);
    cluster.node("node1", "192.168.1.11");
    cluster.operator();
    awaitOwners(Map.of("10.244.0.0/24", "node1"));
    cluster.node("node2", "192.168.1.12");
    await().until(() -> cluster.poolCondition("default", "Exhausted").equals("True NoBlockLeft"));
    assertThat(cluster.poolCondition("default", "Ready")).isEqualTo("False Exhausted");
    await()
        .untilAsserted(
            () ->
                assertThat(cluster.events())
                    .contains("IPPool default Exhausted", "Node node2 NoBlock"));
    cluster
        .client
        .resources(IPPool.class)
        .withName("default")
        .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"spec\":{\"cidr\":\"10.244.0.0/22\"}}");
    awaitOwners(Map.of("10.244.0.0/24", "node1", "10.244.1.0/24", "node2"));
    await().until(() -> cluster.poolCondition("default", "Exhausted").startsWith("False"));
  }

  @Test
  void overlappingAndInvalidPoolsReportWhyAndAllocateNothing() {
    cluster.dropRules();
    cluster.pool("a", "10.244.0.0/16", 24);
    cluster.node("node1", "192.168.1.11");
    cluster.operator("--service-cidrs=10.96.0.0/12");
    awaitOwners(Map.of("10.244.0.0/24", "node1"));
    cluster.pool("b", "10.244.128.0/17", 24);
    cluster.pool("services", "10.96.0.0/16", 24);
    cluster.pool("bits", "10.245.0.1/16", 24);
    cluster.node("node2", "192.168.1.12");
    for (String name : List.of("b", "services")) {
      await().until(() -> cluster.poolCondition(name, "Overlapping").startsWith("True"));
      assertThat(cluster.poolCondition(name, "Ready")).isEqualTo("False Overlapping");
    }
    await().until(() -> cluster.poolCondition("bits", "Ready").equals("False Invalid"));
    assertThat(message("b")).contains("IPPool a", "10.244.0.0/16");
    assertThat(message("services")).contains("10.96.0.0/12");
    assertThat(message("bits")).contains("host bits", "10.245.0.0/16");
    awaitOwners(Map.of("10.244.0.0/24", "node1", "10.244.1.0/24", "node2"));
    await().until(() -> cluster.poolCondition("a", "Ready").equals("True Allocating"));
    await()
        .untilAsserted(
            () ->
                assertThat(cluster.events())
                    .contains("IPPool b Overlapping", "IPPool bits Invalid"));
  }

  @Test
  void aDeletedPoolStaysWhileItHasBlocksAndReportsWhose() {
    cluster.pool("default", "10.244.0.0/16", 24);
    cluster.node("node1", "192.168.1.11");
    cluster.node("node2", "192.168.1.12");
    cluster.operator("--grace-period=1s", "--release-hold=1s");
    await().until(() -> cluster.owners().size() == 2);
    cluster.client.resources(IPPool.class).withName("default").delete();
    await().until(() -> cluster.poolCondition("default", "Ready").equals("False InUse"));
    assertThat(message("default")).contains("node1, node2");
    cluster.client.resources(IPAllocation.class).withName("10-244-0-0-24").delete();
    await()
        .until(() -> message("default").contains("node2") && !message("default").contains("node1"));
    cluster.deleteNode("node2");
    await().until(() -> cluster.pool("default") == null);
    assertThat(cluster.allocations()).isEmpty();
  }

  @Test
  void aPoolWithoutBlocksGoesAtOnce() {
    cluster.pool("default", "10.244.0.0/16", 24);
    cluster.operator();
    await().until(() -> !cluster.poolCondition("default", "Ready").isEmpty());
    cluster.client.resources(IPPool.class).withName("default").delete();
    await().until(() -> cluster.pool("default") == null);
  }

  @Test
  void handMadeAllocationsReportWhatIsWrongWithThem() {
    cluster.pool("default", "10.244.0.0/16", 24);
    Node node = cluster.node("node1", "192.168.1.11");
    cluster.operator();
    awaitOwners(Map.of("10.244.0.0/24", "node1"));
    cluster.allocation(
        "10-244-0-128-25", "10.244.0.128/25", "node1", node.getMetadata().getUid(), "default");
    cluster.allocation("10-244-9-0-24", "10.244.9.0/24", "nobody", "x", "default");
    await().until(() -> condition("10-244-0-128-25", "Overlapping").equals("True OlderBlock"));
    await().until(() -> releasing("10-244-9-0-24").equals("Unknown NodeUnknown"));
    assertThat(condition("10-244-0-0-24", "Overlapping")).isEmpty();
    await()
        .untilAsserted(
            () ->
                assertThat(cluster.events())
                    .contains(
                        "IPAllocation 10-244-0-128-25 Overlapping",
                        "IPAllocation 10-244-9-0-24 NodeUnknown"));
    cluster.client.resources(IPAllocation.class).withName("10-244-0-128-25").delete();
    cluster.node("node2", "192.168.1.12");
    await().until(() -> cluster.owners().containsValue("node2"));
    assertThat(cluster.owners()).doesNotContainKey("10.244.0.128/25");
  }

  @Test
  void anEndpointThatOtherNodesDoNotUseIsReportedOnItsAllocation() {
    cluster.pool("default", "10.244.0.0/16", 24);
    cluster.node("node1", "192.168.1.11");
    cluster.node("node2", "192.168.1.12");
    cluster.operator();
    awaitOwners(Map.of("10.244.0.0/24", "node1", "10.244.1.0/24", "node2"));
    String first = "10-244-0-0-24";
    String second = "10-244-1-0-24";
    TestAgent agent = new TestAgent(cluster.client);

    agent.isReachedBy(second, "192.168.1.12");
    for (String garbage : List.of("127.0.0.1", "224.0.0.1", "10.244.0.7", "10.244.77.5", "here")) {
      agent.isReachedBy(first, garbage);
      await().until(() -> endpointMessage(first).contains(garbage));
      assertThat(condition(first, "EndpointAccepted")).isEqualTo("False EndpointRefused");
    }
    await().until(() -> cluster.events().contains("IPAllocation " + first + " EndpointRefused"));
    agent.isReachedBy(first, "192.168.1.11", "0a:00:00:00:00:77");
    await().until(() -> condition(first, "EndpointAccepted").equals("False TunnelRefused"));
    assertThat(endpointMessage(first)).contains("0a:00:00:00:00:77");
    assertThat(condition(second, "EndpointAccepted")).isEmpty();

    agent.isReachedBy(first, "192.168.1.12");
    await().until(() -> condition(first, "EndpointAccepted").equals("False EndpointShared"));
    await().until(() -> condition(second, "EndpointAccepted").equals("False EndpointShared"));
    assertThat(endpointMessage(first)).contains("192.168.1.12", "node1, node2");

    agent.isReachedBy(first, "192.168.1.11");
    await().until(() -> condition(first, "EndpointAccepted").equals("True EndpointUsed"));
    await().until(() -> condition(second, "EndpointAccepted").equals("True EndpointUsed"));
  }

  @Test
  void anEndpointInAPoolThatHoldsNodesAddressesIsAccepted() {
    cluster.pool("default", "10.244.0.0/16", 24);
    cluster.node("node1", "192.168.1.11");
    cluster.operator();
    awaitOwners(Map.of("10.244.0.0/24", "node1"));
    String first = "10-244-0-0-24";
    TestAgent agent = new TestAgent(cluster.client);

    agent.isReachedBy(first, "10.244.77.5");
    await().until(() -> condition(first, "EndpointAccepted").equals("False EndpointRefused"));

    cluster.node("node2", "10.244.77.6");
    await().until(() -> condition(first, "EndpointAccepted").equals("True EndpointUsed"));
  }

  private String endpointMessage(String allocation) {
    return TestCluster.message(
        cluster
            .client
            .resources(IPAllocation.class)
            .withName(allocation)
            .get()
            .getStatus()
            .conditions(),
        "EndpointAccepted");
  }

  @Test
  void aBlockWhoseAllocationAndNodeAreBothGoneIsKeptFromOthersForTheGrace() {
    poolForSelectedNodes();
    otherNode();
    cluster.node("node1", "192.168.1.11");
    ManualTime time = new ManualTime();
    cluster.operator(time, "--grace-period=1s");
    awaitOwners(Map.of("10.244.0.0/24", "node1"));
    cluster.deleteNode("node1");
    await().until(() -> releasing("10-244-0-0-24").startsWith("Unknown"));
    cluster.client.resources(IPAllocation.class).delete();
    cluster.node("node2", "192.168.1.12");
    awaitOwners(Map.of("10.244.1.0/24", "node2"));
    AtomicInteger next = new AtomicInteger(3);
    time.passUntil(
        Duration.ofSeconds(1),
        () -> {
          int number = next.getAndIncrement();
          cluster.node("node" + number, "192.168.2." + number);
          return cluster.owners().containsKey("10.244.0.0/24");
        });
    assertThat(cluster.owners()).doesNotContainValue("node1");
  }

  @Test
  void whatTheAgentWroteStays() {
    poolForSelectedNodes();
    cluster.node("node1", "192.168.1.11");
    otherNode();
    cluster.operator();
    awaitOwners(Map.of("10.244.0.0/24", "node1"));
    agentReports("10-244-0-0-24", Conditions.PROGRAMMED);
    await().until(() -> cluster.networkUnavailable("node1").equals("False WeftBlockReady"));
    cluster.deleteNode("node1");
    await().until(() -> releasing("10-244-0-0-24").startsWith("Unknown"));
    IPAllocationStatus status = cluster.allocation("10-244-0-0-24").getStatus();
    assertThat(TestCluster.condition(status.conditions(), Conditions.PROGRAMMED))
        .startsWith("True");
    assertThat(status.phase()).isEqualTo(IPAllocationStatus.Phase.Ready);
    assertThat(status.addresses().used()).isEqualTo(7);
  }

  @Test
  void aNodeUnderPressureGetsAnotherBlock() {
    cluster.pool("default", "10.244.0.0/16", 24);
    cluster.node("node1", "192.168.1.11");
    cluster.operator();
    awaitOwners(Map.of("10.244.0.0/24", "node1"));
    agentReports("10-244-0-0-24", Conditions.PRESSURE);
    awaitOwners(Map.of("10.244.0.0/24", "node1", "10.244.1.0/24", "node1"));
  }

  @Test
  void twoOperatorsWithoutALeaderAllocateNoBlockTwice() {
    cluster.pool("default", "10.244.0.0/16", 24);
    for (int i = 0; i < 40; i++) {
      cluster.node("early" + i, "192.168.1." + i);
    }
    cluster.operator();
    cluster.operator();
    for (int i = 0; i < 40; i++) {
      cluster.node("late" + i, "192.168.2." + i);
    }
    await().until(() -> new HashSet<>(cluster.owners().values()).size() == 80);
    assertThat(cluster.allocations())
        .allMatch(
            a -> a.getSpec().cidr().replaceAll("[./]", "-").equals(a.getMetadata().getName()));
    await()
        .ignoreExceptions()
        .untilAsserted(
            () ->
                assertThat(cluster.pool("default").getStatus().blocks().allocated())
                    .isEqualTo(cluster.allocations().size()));
  }

  /** A pool that the other node does not draw from. */
  private void poolForSelectedNodes() {
    LabelSelector selector =
        new LabelSelectorBuilder()
            .addToMatchExpressions(new LabelSelectorRequirement("other", "DoesNotExist", List.of()))
            .build();
    cluster.pool(
        "default",
        new IPPoolSpec("10.244.0.0/16", 24, null, selector, null, null, null, null, null));
  }

  /** A node that stays, since a cluster without any is not believed. */
  private void otherNode() {
    cluster
        .client
        .resource(
            new NodeBuilder()
                .withNewMetadata()
                .withName("other")
                .addToLabels("other", "yes")
                .endMetadata()
                .build())
        .create();
  }

  private void threeNodes() {
    cluster.node("node1", "192.168.1.11");
    cluster.node("node2", "192.168.1.12");
    cluster.node("node3", "192.168.1.13");
  }

  private void awaitOwners(Map<String, String> owners) {
    await().untilAsserted(() -> assertThat(cluster.owners()).isEqualTo(owners));
  }

  private String condition(String allocation, String type) {
    return cluster.allocationCondition(allocation, type);
  }

  private String releasing(String allocation) {
    return condition(allocation, Conditions.RELEASING);
  }

  private String since(String allocation) {
    return cluster.allocation(allocation).getStatus().conditions().stream()
        .filter(condition -> condition.getType().equals(Conditions.RELEASING))
        .findFirst()
        .orElseThrow()
        .getLastTransitionTime();
  }

  private String message(String pool) {
    return TestCluster.message(cluster.pool(pool).getStatus().conditions(), Conditions.READY);
  }

  /** As an agent writes the status of its block: these conditions hold. */
  private void agentReports(String allocation, String... conditions) {
    IPAllocation patch = new IPAllocation();
    patch.setMetadata(new ObjectMetaBuilder().withName(allocation).build());
    patch.setStatus(
        new IPAllocationStatus(
            IPAllocationStatus.Phase.Ready,
            null,
            new Addresses(253L, 7L, 246L),
            Stream.of(conditions).map(WeftOperatorTest::holds).toList()));
    cluster
        .client
        .resource(patch)
        .subresource("status")
        .patch(
            new PatchContext.Builder()
                .withPatchType(PatchType.SERVER_SIDE_APPLY)
                .withFieldManager("weft-agent")
                .withForce(true)
                .build());
  }

  private static Condition holds(String type) {
    return new ConditionBuilder()
        .withType(type)
        .withStatus("True")
        .withReason("Test")
        .withMessage("test")
        .withLastTransitionTime("2026-01-01T00:00:00Z")
        .build();
  }

  private static Node heartbeat(Node node) {
    node.getMetadata().getAnnotations().put("heartbeat", "1");
    return node;
  }
}
