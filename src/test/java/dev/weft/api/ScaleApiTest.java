// SPDX-License-Identifier: Apache-2.0
package dev.weft.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.net.Cidr;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeCondition;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What an operator does, sends and receives in a cluster of many nodes, on a real API server; the
 * largest only by {@code make scale}. It prints the figures.
 */
class ScaleApiTest {
  private static final Logger LOG = LoggerFactory.getLogger(ScaleApiTest.class);
  private static final Cidr RANGE = Cidr.parse("10.128.0.0/10");
  private static final int BLOCK_LENGTH = 24;
  private static final int JOINS = 5;

  private LiveApi api;
  private HoldingProxy proxy;
  private Agents agents;
  private OperatorProcess operator;

  @BeforeEach
  void start() throws Exception {
    api = LiveApi.real();
    proxy = new HoldingProxy(api);
    agents = new Agents(api.client());
    pool("default", RANGE.toString());
  }

  @AfterEach
  void stop() throws Exception {
    for (AutoCloseable each : new AutoCloseable[] {operator, agents, proxy, api}) {
      if (each != null) {
        each.close();
      }
    }
  }

  @Test
  @Tag("system")
  void aNodeThatJoinsTwoHundredHasABlock() throws Exception {
    join(200);
  }

  @Test
  @Tag("scale")
  void aNodeThatJoinsAThousandHasABlock() throws Exception {
    join(1000);
  }

  @Test
  @Tag("system")
  void fiftyNodesMoveToAnotherPoolAndAlwaysHaveABlock() throws Exception {
    drain(50);
  }

  @Test
  @Tag("scale")
  void fiveHundredNodesMoveToAnotherPoolAndAlwaysHaveABlock() throws Exception {
    drain(500);
  }

  @Test
  @Tag("system")
  void fiveHundredNodesKeepTheirBlocksAfterARestore() throws Exception {
    restore(500, 40);
  }

  @Test
  @Tag("scale")
  void twoThousandNodesKeepTheirBlocksAfterARestore() throws Exception {
    restore(2000, 120);
  }

  @Test
  @Tag("scale")
  void fiveThousandNodesKeepTheirBlocksAfterARestore() throws Exception {
    restore(5000, 240);
  }

  private void join(int nodes) throws Exception {
    operator("joining", "--leader-elect=false");
    Nodes.join(api.client(), "early", nodes);
    awaitServed(nodes);
    HoldingProxy.Traffic before = proxy.traffic();
    List<Long> millis = new ArrayList<>();
    for (int i = 1; i <= JOINS; i++) {
      String name = "late-" + i;
      long start = System.nanoTime();
      api.client().resource(Nodes.node(name, "192.168.1." + i)).create();
      long end =
          agents.await(
              "a block of " + name,
              blocks -> blocks.stream().anyMatch(one -> one.getSpec().node().equals(name)));
      millis.add((end - start) / 1_000_000);
      awaitServed(nodes + i);
    }
    LOG.info(
        "a node that joins {} has a block after {} ms; {} of them: {}",
        nodes,
        millis,
        JOINS,
        proxy.traffic().since(before));
    assertSound();
  }

  private void drain(int nodes) throws Exception {
    operator("draining", "--leader-elect=false", "--release-hold=2s");
    Nodes.join(api.client(), "moving", nodes);
    awaitServed(nodes);
    pool("second", "10.64.0.0/12");
    HoldingProxy.Traffic before = proxy.traffic();
    long agentsBefore = agents.writes();
    long start = System.nanoTime();
    api.client()
        .resources(IPPool.class)
        .withName("default")
        .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"spec\":{\"state\":\"Draining\"}}");
    long end =
        agents.await(
            "every node to have moved",
            blocks ->
                blocks.size() == nodes
                    && blocks.stream().allMatch(one -> one.getSpec().pool().equals("second")));
    LiveApi.await("the pool to be drained", () -> isDrained("default"));
    LOG.info(
        "{} blocks were drained in {} s with a hold of 2 s; agents wrote {} statuses; {}",
        nodes,
        (end - start) / 1_000_000 / 1000.0,
        agents.writes() - agentsBefore,
        proxy.traffic().since(before));
    awaitServed(nodes);
    assertSound();
  }

  /**
   * A backup had no allocation: a leader that takes an old Lease allocates nothing while agents
   * claim, those of the lowest blocks last, and then a node that joined meanwhile gets another.
   *
   * @param settleSeconds more than making all claims takes, on a machine that is busy too
   */
  private void restore(int nodes, int settleSeconds) throws Exception {
    oldLease();
    List<Node> restored =
        Nodes.create(
            api.client(), Nodes.several("restored", nodes).stream().map(Nodes::served).toList());
    operator("restored", "--lease-namespace=default", "--settle-time=" + settleSeconds + "s");
    LiveApi.await("the range in force", () -> RANGE.toString().equals(status("default").cidr()));
    HoldingProxy.Traffic before = proxy.traffic();
    List<IPAllocation> claims =
        IntStream.iterate(nodes - 1, i -> i >= 0, i -> i - 1)
            .mapToObj(i -> claim(restored.get(i), RANGE.sub(BLOCK_LENGTH, i)))
            .toList();
    long start = System.nanoTime();
    Nodes.create(api.client(), claims.subList(0, nodes / 2));
    api.client().resource(Nodes.node("new", "192.168.1.1")).create();
    Nodes.create(api.client(), claims.subList(nodes / 2, nodes));
    long claimed = System.nanoTime();
    long end =
        agents.await(
            "every claim to be accepted",
            blocks ->
                blocks.stream()
                        .filter(one -> one.getSpec().state() == IPAllocationSpec.State.Active)
                        .count()
                    >= nodes);
    awaitServed(nodes + 1);
    LOG.info(
        "{} nodes claimed their blocks in {} s and had them after {} s; agents wrote {} statuses; {}",
        nodes,
        (claimed - start) / 1_000_000 / 1000.0,
        (end - start) / 1_000_000 / 1000.0,
        agents.writes(),
        proxy.traffic().since(before));
    assertThat(agents.blocks())
        .extracting(one -> one.getSpec().cidr() + " " + one.getSpec().node())
        .containsAll(
            claims.stream().map(one -> one.getSpec().cidr() + " " + one.getSpec().node()).toList());
    assertSound();
  }

  private void oldLease() {
    ZonedDateTime then = ZonedDateTime.now(ZoneOffset.UTC).minusHours(1);
    api.client()
        .resource(
            new LeaseBuilder()
                .withNewMetadata()
                .withName("weft-operator")
                .withNamespace("default")
                .endMetadata()
                .withNewSpec()
                .withHolderIdentity("before")
                .withLeaseDurationSeconds(15)
                .withAcquireTime(then)
                .withRenewTime(then)
                .endSpec()
                .build())
        .create();
  }

  /** As an agent claims a block that it serves. */
  private static IPAllocation claim(Node node, Cidr block) {
    IPAllocation claim = new IPAllocation();
    claim.setMetadata(new ObjectMetaBuilder().withName(block.objectName()).build());
    claim.setSpec(
        new IPAllocationSpec(
            block.toString(),
            node.getMetadata().getName(),
            node.getMetadata().getUid(),
            "default",
            IPAllocationSpec.State.Claimed));
    return claim;
  }

  private void pool(String name, String cidr) {
    api.client().resource(Samples.pool(name, "cidr: " + cidr).toString()).create();
  }

  private void operator(String name, String... options) {
    operator = new OperatorProcess(proxy.kubeconfig(), name, options);
  }

  /** Waits for everything that is written until so many nodes are served. */
  private void awaitServed(int nodes) {
    agents.await(
        "a served block of each of " + nodes + " nodes",
        blocks ->
            blocks.stream().filter(Agents::isServed).map(this::node).distinct().count() == nodes);
    LiveApi.await(
        "the network of each node",
        () ->
            api.client().nodes().list().getItems().stream()
                .allMatch(ScaleApiTest::isNetworkAvailable));
  }

  private String node(IPAllocation block) {
    return block.getSpec().node();
  }

  private IPPoolStatus status(String pool) {
    return api.client().resources(IPPool.class).withName(pool).get().getStatus();
  }

  private boolean isDrained(String pool) {
    return status(pool).conditions().stream()
        .anyMatch(
            one -> one.getType().equals(Conditions.DRAINED) && one.getStatus().equals("True"));
  }

  private static boolean isNetworkAvailable(Node node) {
    return node.getStatus().getConditions().stream()
        .filter(condition -> condition.getType().equals("NetworkUnavailable"))
        .map(NodeCondition::getStatus)
        .anyMatch("False"::equals);
  }

  /** No block belongs to two nodes, and no agent saw what it could not rely on. */
  private void assertSound() {
    Collection<IPAllocation> blocks = api.client().resources(IPAllocation.class).list().getItems();
    assertThat(blocks).extracting(this::node).doesNotHaveDuplicates();
    assertThat(blocks)
        .extracting(one -> one.getSpec().cidr())
        .allMatch(one -> one.endsWith("/" + BLOCK_LENGTH));
    assertThat(agents.wrong()).isEmpty();
  }
}
