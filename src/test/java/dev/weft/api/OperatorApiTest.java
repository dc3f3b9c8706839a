// SPDX-License-Identifier: Apache-2.0
package dev.weft.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weft.core.net.Cidr;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntry;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.NodeCondition;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.dsl.NonDeletingOperation;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.nio.file.Files;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Operators as processes on an API server. */
@Tag("system")
class OperatorApiTest {
  private static final Logger LOG = LoggerFactory.getLogger(OperatorApiTest.class);
  private static final String ALLOCATES = "Ready True Allocating";
  private static final Duration LEASE = Duration.ofSeconds(15);

  private final List<OperatorProcess> operators = new ArrayList<>();
  private LiveApi api;

  @BeforeEach
  void start() {
    api = LiveApi.start();
  }

  @AfterEach
  void stop() {
    operators.forEach(OperatorProcess::close);
    if (api != null) {
      api.close();
    }
  }

  @Test
  void twoOperatorsWithoutALeaderGiveNoBlockTwiceAndForgetNoNode() throws Exception {
    pool("10.244.0.0/16");
    operator("racer-a", "--leader-elect=false");
    operator("racer-b", "--leader-elect=false");
    Nodes.join(api.client(), "racing", 200);
    awaitBlocks(200);
    assertSound();
    LOG.info("two operators gave 200 nodes {} blocks: {}", allocations().size(), requests());
  }

  @Test
  void whenTheLeaderIsKilledTheOtherLeadsAfterTheLeaseTime() throws Exception {
    pool("10.244.0.0/16");
    String lease = "--lease-duration=" + LEASE.toSeconds() + "s";
    OperatorProcess first = operator("first", lease, "--lease-namespace=default");
    LiveApi.await("the first to lead", () -> holder().startsWith("first_"));
    operator("second", lease, "--lease-namespace=default");
    Nodes.join(api.client(), "early", 3);
    awaitBlocks(3);

    first.kill();
    ZonedDateTime renewed = lease().getSpec().getRenewTime();
    api.client().resource(Nodes.node("late", "192.168.1.99")).create();
    LiveApi.await("the second to lead", () -> holder().startsWith("second_"));
    awaitBlocks(4);
    assertSound();
    Duration without = Duration.between(renewed, lease().getSpec().getAcquireTime());
    LOG.info("a lease of {}: another leads {} after the last renewal", LEASE, without);
    assertThat(without).isGreaterThanOrEqualTo(LEASE);
  }

  @Test
  void aThousandNodesThatJoinAtOnceAllHaveABlock() throws Exception {
    pool("10.128.0.0/12");
    operator("thousand", "--leader-elect=false");
    LiveApi.await("the operator to watch", () -> poolIsReady());
    Map<String, Long> before = requests();
    long start = System.nanoTime();
    Nodes.join(api.client(), "many", 1000);
    Duration joined = Duration.ofNanos(System.nanoTime() - start);
    awaitBlocks(1000);
    Duration served = Duration.ofNanos(System.nanoTime() - start);
    assertSound();
    assertThat(allocations()).hasSize(1000);
    Map<String, Long> after = requests();
    after.replaceAll((what, count) -> count - before.getOrDefault(what, 0L));
    after.values().removeIf(count -> count == 0);
    long all = after.values().stream().mapToLong(Long::longValue).sum();
    LOG.info(
        "1000 nodes joined in {} s; all had a block after {} s; requests {} ({} a second): {}",
        joined.toMillis() / 1000.0,
        served.toMillis() / 1000.0,
        all,
        all * 1000 / served.toMillis(),
        after);
  }

  @Test
  void whatADeadAgentSaidIsTakenBackAndTheAgentSaysItAgain() {
    api.need("field managers");
    pool("10.244.0.0/16");
    api.client().resource(Nodes.node("node1", "192.168.1.11")).create();
    nodeIsReady("node1");
    agentPodIsReady("weft-agent-1", "node1", true);
    operator("watching", "--leader-elect=false", "--agent-grace=2s", "--lease-namespace=default");
    awaitBlocks(1);
    agentSays("Programmed");
    LiveApi.await("the network", () -> networkUnavailable().equals("False WeftBlockReady"));

    agentPodIsReady("weft-agent-1", "node1", false);
    LiveApi.await("Unknown", () -> programmed().equals("Unknown WeftAgentNotReady"));
    assertThat(networkUnavailable()).isEqualTo("False WeftBlockReady");
    LiveApi.await("a silent agent", () -> networkUnavailable().equals("True WeftAgentNotReady"));
    assertThat(allocations().get(0).getStatus().phase()).isEqualTo(IPAllocationStatus.Phase.Ready);
    assertThat(allocations().get(0).getStatus().addresses()).isNotNull();

    agentSays("Programmed"); // though its pod is not Ready
    LiveApi.await("the agent again", () -> networkUnavailable().equals("False WeftBlockReady"));
    agentPodIsReady("weft-agent-1", "node1", true);
    assertThat(programmed()).isEqualTo("True Programmed");
    agentSays("Again");
    assertThat(programmed()).isEqualTo("True Again");
  }

  /**
   * One field manager wrote every status: what it owned must not outlive the change of a status.
   */
  @Test
  void whatTheVersionBeforeWroteIsReplacedAndOwnedByNobodyAnyMore() {
    api.need("field managers");
    pool("10.244.0.0/16");
    api.client().resource(Nodes.node("node1", "192.168.1.11")).create();
    nodeIsReady("node1");
    IPPool old = new IPPool();
    old.setMetadata(new ObjectMetaBuilder().withName("default").build());
    old.setStatus(
        new IPPoolStatus(
            null,
            1L,
            24,
            new IPPoolStatus.Blocks(9L, 9L, 0L),
            new Addresses(1L, 1L, 0L),
            List.of(
                oldCondition(Conditions.READY, "False"),
                oldCondition("OfTheVersionBefore", "True"))));
    applyStatus(old, "weft-operator");
    applyStatus(
        new NodeBuilder()
            .withNewMetadata()
            .withName("node1")
            .endMetadata()
            .withNewStatus()
            .addNewCondition()
            .withType("NetworkUnavailable")
            .withStatus("True")
            .withReason("WeftAgentMissing")
            .withMessage("as of the version before")
            .endCondition()
            .endStatus()
            .build(),
        "weft-operator");

    operator("upgraded", "--leader-elect=false");
    awaitBlocks(1);
    agentSays("Programmed");
    LiveApi.await("the network", () -> networkUnavailable().equals("False WeftBlockReady"));
    LiveApi.await("the pool", () -> poolConditions().contains(ALLOCATES));
    LiveApi.await("the old condition to go", () -> poolConditions().size() == 4);
    // A second write each, after the one that was waited for.
    LiveApi.await(
        "the old owner of the node's condition to go",
        () ->
            !statusManagers(api.client().nodes().withName("node1").get())
                .contains("weft-operator"));
    assertThat(statusManagers(api.client().nodes().withName("node1").get()))
        .contains("weft-operator-node-condition");
    IPPool pool = api.client().resources(IPPool.class).withName("default").get();
    assertThat(statusManagers(pool))
        .containsExactlyInAnyOrder("weft-operator-pool-status", "weft-operator-range");
    assertThat(pool.getStatus().blocks().total()).isEqualTo(256);
  }

  /** GitOps tools apply again what is in their repository. */
  @Test
  void aUserWhoAppliesAnyFieldOfAPoolConflictsWithNothingThatTheOperatorWrote() {
    PatchContext alice =
        new PatchContext.Builder()
            .withPatchType(PatchType.SERVER_SIDE_APPLY)
            .withFieldManager("alice")
            .build();
    String fixed = "cidr: 10.244.0.0/16, nodePrefixLength: 24";
    api.client().resource(Samples.pool("whole", fixed).toString()).patch(alice);
    api.client().resource(Nodes.node("node1", "192.168.1.11")).create();
    operator("beside", "--leader-elect=false");
    awaitBlocks(1);
    IPPool served = api.client().resources(IPPool.class).withName("whole").get();
    assertThat(served.getFinalizers()).containsExactly("weft.dev/blocks");
    assertThat(served.getMetadata().getGeneration()).isEqualTo(1);

    ObjectNode whole = Samples.wholePool();
    whole.remove("status");
    whole.withObject("/spec").put("state", "Draining");
    assertThat(whole.get("spec").size()).isEqualTo(IPPoolSpec.class.getRecordComponents().length);
    api.client().resource(whole.toString()).patch(alice);
    api.client().resource(Samples.pool("whole", fixed).toString()).patch(alice);
    assertThat(api.client().resources(IPPool.class).withName("whole").get().getSpec().state())
        .isEqualTo(IPPoolSpec.State.Active);
  }

  /** By the commands of docs/operations.md. */
  @Test
  void aPoolOrItsCrdThatWasDeletedIsMadeAgainAndTheBlocksStay() throws Exception {
    api.need("kubectl of its version");
    String docs = Files.readString(LiveApi.HOME.resolve("docs/operations.md"));
    Matcher command = Pattern.compile("kubectl get ippools -o jsonpath='(.*)' >").matcher(docs);
    assertThat(command.find()).isTrue();
    pool("10.244.0.0/16");
    operator("recovering", "--leader-elect=false");
    Nodes.join(api.client(), "kept", 3);
    awaitBlocks(3);
    List<String> before = allocationUids();
    for (String deleted : List.of("ippool/default", "crd/ippools.weft.dev")) {
      LiveApi.await("the pool to allocate", () -> poolConditions().contains(ALLOCATES));
      api.kubectl("delete", deleted, "--wait=false");
      String pools = api.kubectl("get", "ippools", "-o", "jsonpath=" + command.group(1));
      String none = "{\"metadata\":{\"finalizers\":null}}";
      api.kubectl("patch", "ippool", "default", "--type=merge", "-p", none);
      api.kubectl("wait", "--for=delete", deleted, "--timeout=60s");
      api.kubectl("apply", "--server-side", "-f", LiveApi.HOME.resolve("crds").toString());
      api.kubectl("wait", "--for=condition=Established", "crd/ippools.weft.dev");
      api.client().resource(pools).create();
      LiveApi.await(
          "the blocks to be the new pool's",
          () -> poolIsReady() && poolConditions().contains(ALLOCATES) && poolHolds(3));
      assertThat(allocationUids()).isEqualTo(before);
    }
  }

  private boolean poolHolds(long blocks) {
    IPPool pool = api.client().resources(IPPool.class).withName("default").get();
    return pool.getFinalizers().contains("weft.dev/blocks")
        && pool.getStatus().blocks().allocated() == blocks;
  }

  private List<String> allocationUids() {
    return allocations().stream().map(one -> one.getMetadata().getUid()).sorted().toList();
  }

  private static Condition oldCondition(String type, String status) {
    return new ConditionBuilder()
        .withType(type)
        .withStatus(status)
        .withReason("Before")
        .withMessage("as of the version before")
        .withLastTransitionTime("2026-01-01T00:00:00Z")
        .build();
  }

  private void applyStatus(HasMetadata object, String fieldManager) {
    api.client()
        .resource(object)
        .subresource("status")
        .patch(
            new PatchContext.Builder()
                .withPatchType(PatchType.SERVER_SIDE_APPLY)
                .withFieldManager(fieldManager)
                .withForce(true)
                .build());
  }

  private List<String> poolConditions() {
    return api
        .client()
        .resources(IPPool.class)
        .withName("default")
        .get()
        .getStatus()
        .conditions()
        .stream()
        .map(one -> "%s %s %s".formatted(one.getType(), one.getStatus(), one.getReason()))
        .toList();
  }

  private static List<String> statusManagers(HasMetadata object) {
    return object.getMetadata().getManagedFields().stream()
        .filter(entry -> "status".equals(entry.getSubresource()))
        .filter(entry -> "Apply".equals(entry.getOperation()))
        .map(ManagedFieldsEntry::getManager)
        .toList();
  }

  /** As docs/operations.md has it done by kubectl patch --subresource=status --type=strategic. */
  @Test
  void whatIsLeftOnANodeAfterAnUninstallIsTakenBackByHand() {
    api.need("strategic merge patches of a status");
    api.client().resource(Nodes.node("node1", "192.168.1.11")).create();
    nodeIsReady("node1");
    for (String status : List.of("True", "False")) {
      api.client()
          .nodes()
          .withName("node1")
          .subresource("status")
          .patch(
              PatchContext.of(PatchType.STRATEGIC_MERGE),
              """
              {"status":{"conditions":[{"type":"NetworkUnavailable","status":"%s",
              "reason":"WeftGone","message":"Weft is uninstalled"}]}}\
              """
                  .formatted(status));
      assertThat(networkUnavailable()).isEqualTo(status + " WeftGone");
    }
    assertThat(api.client().nodes().withName("node1").get().getStatus().getConditions())
        .extracting(NodeCondition::getType)
        .containsExactlyInAnyOrder("Ready", "NetworkUnavailable");
  }

  private void nodeIsReady(String name) {
    api.client()
        .nodes()
        .withName(name)
        .editStatus(
            node ->
                new NodeBuilder(node)
                    .editStatus()
                    .addNewCondition()
                    .withType("Ready")
                    .withStatus("True")
                    .endCondition()
                    .endStatus()
                    .build());
  }

  /** As a DaemonSet and a kubelet leave it. */
  private void agentPodIsReady(String name, String node, boolean ready) {
    Pod pod =
        new PodBuilder()
            .withNewMetadata()
            .withName(name)
            .withNamespace("default")
            .addToLabels("app.kubernetes.io/name", "weft")
            .addToLabels("app.kubernetes.io/component", "agent")
            .endMetadata()
            .withNewSpec()
            .withNodeName(node)
            .addNewContainer()
            .withName("agent")
            .withImage("weft")
            .endContainer()
            .endSpec()
            .build();
    LiveApi.await(
        "the service account of the namespace",
        () -> api.client().resource(pod).createOr(NonDeletingOperation::patch) != null);
    api.client()
        .pods()
        .inNamespace("default")
        .withName(name)
        .editStatus(
            current ->
                new PodBuilder(current)
                    .withNewStatus()
                    .addNewCondition()
                    .withType("Ready")
                    .withStatus(ready ? "True" : "False")
                    .endCondition()
                    .endStatus()
                    .build());
  }

  /** As an agent writes the status of its block. */
  private void agentSays(String reason) {
    IPAllocation patch = new IPAllocation();
    patch.setMetadata(
        new ObjectMetaBuilder().withName(allocations().get(0).getMetadata().getName()).build());
    patch.setStatus(
        new IPAllocationStatus(
            IPAllocationStatus.Phase.Ready,
            new IPAllocationStatus.Endpoint(List.of("192.168.1.11"), null, null),
            new Addresses(253L, 1L, 252L),
            List.of(
                new ConditionBuilder()
                    .withType(Conditions.PROGRAMMED)
                    .withStatus("True")
                    .withReason(reason)
                    .withMessage("said by the agent")
                    .withLastTransitionTime("2026-01-01T00:00:00Z")
                    .build())));
    applyStatus(patch, "weft-agent");
  }

  private String programmed() {
    return allocations().get(0).getStatus().conditions().stream()
        .filter(condition -> condition.getType().equals(Conditions.PROGRAMMED))
        .map(condition -> condition.getStatus() + " " + condition.getReason())
        .findFirst()
        .orElse("");
  }

  private String networkUnavailable() {
    return api.client().nodes().withName("node1").get().getStatus().getConditions().stream()
        .filter(condition -> condition.getType().equals("NetworkUnavailable"))
        .map(condition -> condition.getStatus() + " " + condition.getReason())
        .findFirst()
        .orElse("");
  }

  private void pool(String cidr) {
    api.client().resource(Samples.pool("default", "cidr: " + cidr).toString()).create();
  }

  private OperatorProcess operator(String name, String... options) {
    OperatorProcess operator = new OperatorProcess(api, name, options);
    operators.add(operator);
    return operator;
  }

  private boolean poolIsReady() {
    return api.client().resources(IPPool.class).withName("default").get().getStatus() != null;
  }

  private Lease lease() {
    return api.client().leases().inNamespace("default").withName("weft-operator").get();
  }

  private String holder() {
    return lease().getSpec().getHolderIdentity();
  }

  private List<IPAllocation> allocations() {
    return api.client().resources(IPAllocation.class).list().getItems();
  }

  private void awaitBlocks(int nodes) {
    LiveApi.await(
        "a block for each of " + nodes + " nodes",
        () ->
            allocations().stream().map(each -> each.getSpec().node()).distinct().count() == nodes);
  }

  /** No address belongs to two nodes, and every block to a node that is there. */
  private void assertSound() {
    Map<String, Node> nodes =
        api.client().nodes().list().getItems().stream()
            .collect(Collectors.toMap(node -> node.getMetadata().getName(), Function.identity()));
    TreeSet<Cidr> blocks = new TreeSet<>();
    for (IPAllocation allocation : allocations()) {
      Cidr block = Cidr.parse(allocation.getSpec().cidr());
      assertThat(blocks.add(block)).as(block.toString()).isTrue();
      assertThat(allocation.getSpec().nodeUID())
          .isEqualTo(nodes.get(allocation.getSpec().node()).getMetadata().getUid());
    }
    Cidr last = null;
    for (Cidr block : blocks) {
      assertThat(last != null && last.overlaps(block)).as(last + " and " + block).isFalse();
      last = block;
    }
  }

  /** How often the API server was asked for what an operator asks for, the test's own aside. */
  private Map<String, Long> requests() {
    Map<String, Long> requests = new TreeMap<>();
    if (!api.isReal()) {
      return requests;
    }
    api.client()
        .raw("/metrics")
        .lines()
        .filter(line -> line.startsWith("apiserver_request_total{"))
        .filter(line -> label(line, "resource").matches("nodes|ippools|ipallocations|events"))
        .filter(
            line -> !(label(line, "resource") + label(line, "verb")).matches("nodesPOST|.*LIST"))
        .forEach(
            line ->
                requests.merge(
                    label(line, "verb")
                        + " "
                        + label(line, "resource")
                        + label(line, "subresource").replaceFirst("^(?=.)", "/"),
                    (long) Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)),
                    Long::sum));
    return requests;
  }

  private static String label(String line, String name) {
    return line.replaceFirst(".*[{,]" + name + "=\"([^\"]*)\".*", "$1");
  }
}
