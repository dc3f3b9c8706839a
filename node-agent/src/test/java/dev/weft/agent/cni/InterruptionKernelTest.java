// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.agent.cni.AddPath.Outcome;
import dev.weft.core.dataplane.HostVeth;
import dev.weft.core.dataplane.NodeState;
import dev.weft.core.node.AddressStatus;
import dev.weft.core.node.AttachmentKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What happens when one side of a call goes away, and when many call at once. */
@Tag("kernel")
class InterruptionKernelTest {
  private static final String[] DUAL = {"10.244.1.0/24", "fd00:244:0:1::/64"};
  private static final String PORT = new AttachmentKey("blue", "eth0").hostVeth();

  private AddPath addPath;

  @AfterEach
  void end() throws Exception {
    addPath.close();
  }

  @Test
  void anAddWhosePluginDiedIsUndone() throws Exception {
    List<PausedDataplane> paused = new ArrayList<>();
    addPath =
        new AddPath(
            dataplane -> {
              paused.add(new PausedDataplane(dataplane));
              return paused.get(0);
            },
            DUAL);
    addPath.newPod("blue");
    NodeState before = addPath.state();
    Process plugin = addPath.add("blue").start();
    paused.get(0).attached.await();
    assertThat(addPath.ip("link")).contains(PORT);

    plugin.destroyForcibly().waitFor();
    paused.get(0).goOn.countDown();

    await().untilAsserted(() -> assertThat(addPath.inUse()).isEmpty());
    assertThat(addPath.state()).isEqualTo(before);
  }

  @Test
  void aDelWaitsForTheAddThatItOvertook() throws Exception {
    List<PausedDataplane> paused = new ArrayList<>();
    addPath =
        new AddPath(
            dataplane -> {
              paused.add(new PausedDataplane(dataplane));
              return paused.get(0);
            },
            DUAL);
    addPath.newPod("blue");
    Process add = addPath.add("blue").start();
    paused.get(0).attached.await();
    add.destroyForcibly().waitFor();

    Process del = addPath.del("blue").start();
    await().until(() -> addPath.attachments().inFlightCount() == 1 && del.isAlive());
    paused.get(0).goOn.countDown();

    assertThat(del.waitFor()).isZero();
    assertThat(addPath.ip("link")).doesNotContain(PORT);
    assertThat(addPath.inUse()).isEmpty();
  }

  @Test
  void anAgentThatRestartsKnowsItsPods() throws Exception {
    addPath = new AddPath(DUAL);
    addPath.newPod("blue");
    addPath.newPod("green");
    var result =
        addPath
            .add("blue")
            .env("CNI_ARGS", "K8S_POD_NAMESPACE=shop;K8S_POD_NAME=blue")
            .make()
            .json();
    NodeState before = addPath.state();

    addPath.stopAgent();
    addPath.startAgent();

    assertThat(addPath.state()).isEqualTo(before);
    assertThat(addPath.attachments().addresses().get(0).attachment().orElseThrow().pod())
        .hasToString("Optional[shop/blue]");
    assertThat(addPath.check("blue", result).make()).isEqualTo(new Outcome(0, ""));
    assertThat(addPath.add("blue").make().code()).isEqualTo(4);
    assertThat(addPath.add("green").make().addresses())
        .containsExactly("10.244.1.3/24", "fd00:244:0:1::3/64");
    assertThat(addPath.del("blue").make().succeeded()).isTrue();
    assertThat(addPath.inUse()).containsOnlyKeys("10.244.1.3", "fd00:244:0:1::3");
  }

  @Test
  void withoutAnAgentDelDeletesByItselfAndTheRestIsSweptLater() throws Exception {
    addPath = new AddPath(DUAL);
    NodeState before = addPath.state();
    addPath.newPod("blue");
    addPath.add("blue").make();
    addPath.stopAgent();

    assertThat(addPath.del("blue").make()).isEqualTo(new Outcome(0, ""));
    assertThat(addPath.ipIn("blue", "link")).doesNotContain("eth0");
    addPath.startAgent();

    assertThat(addPath.inUse()).isEmpty();
    assertThat(addPath.state()).isEqualTo(before);
  }

  @Test
  void withoutAnAgentAddAndStatusFailInABoundedTime() throws Exception {
    addPath = new AddPath(DUAL);
    addPath.newPod("blue");
    addPath.stopAgent();

    Outcome added = addPath.add("blue").make();
    Outcome status = addPath.call("STATUS").make();
    addPath.startAgent();

    assertThat(added.code()).isEqualTo(11);
    assertThat(status.code()).isEqualTo(50);
    assertThat(addPath.inUse()).isEmpty();
  }

  @Test
  void anAddWaitsForAnAgentThatIsAboutToStart() throws Exception {
    addPath = new AddPath(DUAL);
    addPath.newPod("blue");
    addPath.stopAgent();
    addPath.prepareAgent();
    Process plugin = addPath.add("blue").start();

    addPath.serve();

    assertThat(plugin.waitFor()).isZero();
    assertThat(addPath.inUse()).containsValue(AddressStatus.ASSIGNED);
  }

  @Test
  void manyAtOnceGetAddressesOfTheirOwnAndLeaveNothing() throws Exception {
    addPath = new AddPath(DUAL);
    NodeState before = addPath.state();
    List<String> pods = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      pods.add("pod" + i);
      addPath.newPod("pod" + i);
    }
    ExecutorService runtimes = Executors.newFixedThreadPool(10);
    Set<String> seen = new HashSet<>();
    for (Map.Entry<String, Outcome> added : all(runtimes, "ADD", pods).entrySet()) {
      Outcome outcome = added.getValue();
      assertThat(outcome.succeeded()).as(outcome.output()).isTrue();
      outcome.addresses().forEach(address -> assertThat(seen.add(address)).as(address).isTrue());
    }
    assertThat(addPath.state().of(HostVeth.KIND)).hasSize(pods.size());
    addPath.reconcile();
    assertThat(addPath.state().of(HostVeth.KIND)).allMatch(HostVeth::inSync);

    all(runtimes, "DEL", pods).values().forEach(o -> assertThat(o.succeeded()).isTrue());
    runtimes.shutdown();

    assertThat(addPath.inUse()).isEmpty();
    assertThat(addPath.state()).isEqualTo(before);
  }

  private Map<String, Outcome> all(ExecutorService runtimes, String verb, List<String> pods)
      throws Exception {
    Map<String, Future<Outcome>> calls = new HashMap<>();
    for (String pod : pods) {
      calls.put(pod, runtimes.submit(() -> addPath.call(verb, pod).make()));
    }
    Map<String, Outcome> outcomes = new HashMap<>();
    for (Map.Entry<String, Future<Outcome>> call : calls.entrySet()) {
      outcomes.put(call.getKey(), call.getValue().get());
    }
    return outcomes;
  }
}
