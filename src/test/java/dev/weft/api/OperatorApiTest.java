// SPDX-License-Identifier: Apache-2.0
package dev.weft.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.net.Cidr;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
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
  private static final Duration LEASE = Duration.ofSeconds(6);

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
  void whenTheLeaderIsKilledTheOtherLeadsWithinTheLeaseTime() throws Exception {
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
    // It looks each sixth of a lease; the rest is for a busy machine.
    assertThat(without).isLessThan(LEASE.multipliedBy(2));
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
