// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.agent.cni.AddPath.Outcome;
import dev.weft.core.dataplane.HostVeth;
import dev.weft.core.dataplane.NodeState;
import dev.weft.core.node.AttachmentKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** ADDs after, and while, somebody deletes our nftables tables. */
@Tag("kernel")
class FlushedRulesKernelTest {
  private static final String[] DUAL = {"10.244.1.0/24", "fd00:244:0:1::/64"};
  private static final String PORT = new AttachmentKey("blue", "eth0").hostVeth();
  private static final int PODS = 100;
  private static final int FLUSHES = 20;

  private AddPath addPath;

  @AfterEach
  void end() throws Exception {
    addPath.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "nft flush ruleset",
        "nft delete table bridge weft",
        "nft delete table inet weft_hostports"
      })
  void anAddThatMissesATableIsToBeTriedAgainAndLeavesNothing(String command) throws Exception {
    addPath = new AddPath(DUAL);
    addPath.newPod("blue");
    NodeState before = addPath.state();
    Semaphore told = new Semaphore(0);
    addPath.run(command);
    addPath.onChange(told::release);

    Outcome refused = addWithHostPort();

    assertThat(refused.code()).as(refused.output()).isEqualTo(11);
    assertThat(refused.output()).contains("missing").doesNotContain("namespace is gone");
    assertThat(addPath.ip("link")).doesNotContain(PORT);
    assertThat(addPath.ipIn("blue", "link")).doesNotContain("eth0");
    assertThat(told.tryAcquire(90, TimeUnit.SECONDS)).as("the loop is woken").isTrue();
    awaitTables();
    assertThat(addPath.inUse()).isEmpty();
    assertThat(addPath.state()).isEqualTo(before);
    Outcome added = addWithHostPort();
    assertThat(added.succeeded()).as(added.output()).isTrue();
  }

  /** Reconciles until all tables are back: the loop does, whenever the kernel notifies. */
  private void awaitTables() {
    await()
        .untilAsserted(
            () -> {
              addPath.reconcile();
              assertThat(addPath.onNode("nft list tables").output())
                  .contains(
                      "table bridge weft",
                      "table arp weft",
                      "table inet weft\n",
                      "weft_icmp_redirect",
                      "weft_masquerade",
                      "weft_hostports");
            });
  }

  private Outcome addWithHostPort() throws Exception {
    return addPath
        .add("blue")
        .with(
            "\"runtimeConfig\":{\"portMappings\":[{\"hostPort\":8080,\"containerPort\":80,"
                + "\"protocol\":\"tcp\"}]}")
        .make();
  }

  @Test
  void aHundredAddsWhileTheRulesAreFlushedSucceedOrAreToBeTriedAgainAndLeaveNothing()
      throws Exception {
    addPath = new AddPath(DUAL);
    List<String> pods = new ArrayList<>();
    for (int i = 0; i < PODS; i++) {
      pods.add("pod" + i);
      addPath.newPod("pod" + i);
    }
    ExecutorService runtimes = Executors.newFixedThreadPool(16);
    ExecutorService agent = Executors.newFixedThreadPool(2);
    Semaphore changes = new Semaphore(1);
    addPath.onChange(changes::release);
    AtomicBoolean over = new AtomicBoolean();
    Future<?> loop = agent.submit(() -> reconcileAtEvents(changes, over));
    Future<?> flushing =
        agent.submit(
            () -> {
              for (int i = 0; i < FLUSHES; i++) {
                addPath.run("nft flush ruleset");
              }
              return null;
            });

    Map<String, Outcome> outcomes = all(runtimes, pods);
    flushing.get();
    over.set(true);
    loop.get();
    runtimes.shutdown();
    agent.shutdown();
    long refused = 0;
    for (Outcome outcome : outcomes.values()) {
      assertThat(outcome.code()).as(outcome.output()).isIn(0, 11);
      refused += outcome.code() == 11 ? 1 : 0;
    }

    awaitTables();
    assertThat(addPath.state().of(HostVeth.KIND))
        .hasSize(PODS - (int) refused)
        .allMatch(HostVeth::inSync);
    assertThat(addPath.inUse()).hasSize(2 * (PODS - (int) refused));
    for (String pod : pods) {
      if (outcomes.get(pod).succeeded()) {
        assertThat(addPath.check(pod, outcomes.get(pod).json()).make())
            .isEqualTo(new Outcome(0, ""));
      } else {
        assertThat(addPath.ipIn(pod, "link")).doesNotContain("eth0");
        assertThat(addPath.add(pod).make().succeeded()).isTrue();
      }
    }
  }

  private Void reconcileAtEvents(Semaphore changes, AtomicBoolean over) throws Exception {
    while (!over.get()) {
      if (changes.tryAcquire(20, TimeUnit.MILLISECONDS)) {
        changes.drainPermits();
        addPath.reconcile();
      }
    }
    return null;
  }

  private Map<String, Outcome> all(ExecutorService runtimes, List<String> pods) throws Exception {
    Map<String, Future<Outcome>> calls = new HashMap<>();
    for (String pod : pods) {
      calls.put(pod, runtimes.submit(() -> addPath.add(pod).make()));
    }
    Map<String, Outcome> outcomes = new HashMap<>();
    for (Map.Entry<String, Future<Outcome>> call : calls.entrySet()) {
      outcomes.put(call.getKey(), call.getValue().get());
    }
    return outcomes;
  }
}
