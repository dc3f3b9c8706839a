// SPDX-License-Identifier: Apache-2.0
package dev.weft.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.Node;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A leader that is suspended, by SIGSTOP, when it has decided to take something away and the API
 * server has not heard of it; that sleeps until another leads and has seen that the node is back;
 * and whose write then arrives. No block of a live node is lost.
 */
@Tag("system")
class SleepingLeaderApiTest {
  private static final String BLOCK = "10-244-0-0-24";
  private static final String LEASE = "--lease-duration=15s";
  private static final String NAMESPACE = "--lease-namespace=default";

  private LiveApi api;
  private HoldingProxy proxy;
  private OperatorProcess sleeper;
  private OperatorProcess other;

  @BeforeEach
  void start() throws Exception {
    api = LiveApi.start();
    api.need("server-side apply with preconditions");
    proxy = new HoldingProxy(api);
    String spec =
        "cidr: 10.244.0.0/16,"
            + " nodeSelector: {matchExpressions: [{key: outside, operator: DoesNotExist}]}";
    api.client().resource(Samples.pool("default", spec).toString()).create();
    Node outside = Nodes.node("outside", "192.168.1.99"); // a list without any is not believed
    outside.getMetadata().setLabels(Map.of("outside", "yes"));
    api.client().resource(outside).create();
    join("node1");
  }

  @AfterEach
  void stop() {
    for (OperatorProcess operator : new OperatorProcess[] {sleeper, other}) {
      if (operator != null) {
        operator.close();
      }
    }
    if (proxy != null) {
      proxy.close();
    }
    if (api != null) {
      api.close();
    }
  }

  @Test
  void aReleaseIsRefused() throws Exception {
    sleepAt(request -> request.startsWith("PATCH") && request.contains("GraceOver"));
    String uid = allocation().getMetadata().getUid();
    theNodeComesBack();
    assertRefused();
    sleeper.resume();
    assertKept(uid);
  }

  @Test
  void aDeletionIsRefused() throws Exception {
    sleepAt(
        request ->
            request.startsWith("DELETE") && request.lines().findFirst().get().contains(BLOCK));
    String uid = allocation().getMetadata().getUid();
    assertThat(releasing()).isEqualTo("True GraceOver");
    theNodeComesBack();
    assertRefused();
    sleeper.resume();
    assertKept(uid);
  }

  @Test
  void removingAPoolsFinalizerIsRefused() throws Exception {
    sleepAt(
        request ->
            request.startsWith("PATCH")
                && request.contains("/ippools/default ")
                && request.contains("finalizers"));
    assertThat(finalizers()).isNotEmpty();
    String decidedBy = version();
    otherLeads();
    join("node8");
    join("node9");
    // With another count of blocks than node1's the pool has another version, which the sleeper's
    // request is not of.
    LiveApi.await(
        "the other to count two blocks", () -> blocks() == 2 && !version().equals(decidedBy));
    assertRefused();
    sleeper.resume();
    LiveApi.await("the sleeper to see that it leads no more", sleeper::isOver);
    assertThat(finalizers()).containsExactly("weft.dev/blocks");
  }

  /** Loses node1's block and suspends the leader at the first such request. */
  private void sleepAt(Predicate<String> request) throws Exception {
    sleeper =
        new OperatorProcess(
            proxy.kubeconfig(),
            "sleeper",
            LEASE,
            NAMESPACE,
            "--grace-period=2s",
            "--release-hold=2s");
    LiveApi.await("node1's block", () -> allocation() != null);
    proxy.hold(request);
    api.client().nodes().withName("node1").delete();
    LiveApi.await("the leader to decide", proxy::isHeld);
    sleeper.suspend();
  }

  private void otherLeads() {
    other =
        new OperatorProcess(
            api.kubeconfig(), "other", LEASE, NAMESPACE, "--grace-period=1h", "--release-hold=1h");
    LiveApi.await(
        "the other to lead",
        () ->
            api.client()
                .leases()
                .inNamespace("default")
                .withName("weft-operator")
                .get()
                .getSpec()
                .getHolderIdentity()
                .startsWith("other_"));
  }

  private void theNodeComesBack() {
    otherLeads();
    join("node1");
    LiveApi.await("the other to see the node", () -> releasing().equals("False NodeBack"));
  }

  /** Before the sleeper wakes: one that ends takes its connections along, and the answer. */
  private void assertRefused() {
    proxy.letGo();
    LiveApi.await("the server's answer", proxy::isAnswered);
    assertThat(proxy.answer()).contains(" 409 ");
  }

  private void assertKept(String uid) {
    join("node3"); // the other decides once more, and the sleeper has had its time
    LiveApi.await("node3's block", () -> blocks() == 2);
    LiveApi.await("the sleeper to see that it leads no more", sleeper::isOver);
    assertThat(allocation().getMetadata().getUid()).isEqualTo(uid);
    assertThat(releasing()).isEqualTo("False NodeBack");
    assertThat(allocation().getStatus().phase()).isNotEqualTo(IPAllocationStatus.Phase.Releasing);
  }

  private void join(String name) {
    Node node = Nodes.node(name, "192.168.1." + (10 + name.charAt(name.length() - 1) - '0'));
    api.client().resource(node).create();
  }

  private IPAllocation allocation() {
    return api.client().resources(IPAllocation.class).withName(BLOCK).get();
  }

  private int blocks() {
    return api.client().resources(IPAllocation.class).list().getItems().size();
  }

  private String version() {
    return pool().getMetadata().getResourceVersion();
  }

  private IPPool pool() {
    return api.client().resources(IPPool.class).withName("default").get();
  }

  private List<String> finalizers() {
    return pool().getFinalizers();
  }

  /** STATUS and REASON of the condition Releasing. */
  private String releasing() {
    return allocation().getStatus().conditions().stream()
        .filter(condition -> condition.getType().equals(Conditions.RELEASING))
        .map((Condition condition) -> condition.getStatus() + " " + condition.getReason())
        .findFirst()
        .orElse("");
  }
}
