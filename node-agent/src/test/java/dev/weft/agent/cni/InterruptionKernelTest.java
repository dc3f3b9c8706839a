// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.agent.cni.Road.Outcome;
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
  private static final String PORT = new AttachmentKey("blue", "eth0").portName();

  private Road road;

  @AfterEach
  void end() throws Exception {
    road.close();
  }

  @Test
  void anAddWhosePluginDiedIsUndone() throws Exception {
    List<PausedDataplane> paused = new ArrayList<>();
    road =
        new Road(
            dataplane -> {
              paused.add(new PausedDataplane(dataplane));
              return paused.get(0);
            },
            DUAL);
    road.newPod("blue");
    NodeState before = road.state();
    Process plugin = road.add("blue").start();
    paused.get(0).attached.await();
    assertThat(road.ip("link")).contains(PORT);

    plugin.destroyForcibly().waitFor();
    paused.get(0).goOn.countDown();

    await().untilAsserted(() -> assertThat(road.inUse()).isEmpty());
    assertThat(road.state()).isEqualTo(before);
  }

  @Test
  void aDelWaitsForTheAddThatItOvertook() throws Exception {
    List<PausedDataplane> paused = new ArrayList<>();
    road =
        new Road(
            dataplane -> {
              paused.add(new PausedDataplane(dataplane));
              return paused.get(0);
            },
            DUAL);
    road.newPod("blue");
    Process add = road.add("blue").start();
    paused.get(0).attached.await();
    add.destroyForcibly().waitFor();

    Process del = road.del("blue").start();
    await().until(() -> road.attachments().inFlightCount() == 1 && del.isAlive());
    paused.get(0).goOn.countDown();

    assertThat(del.waitFor()).isZero();
    assertThat(road.ip("link")).doesNotContain(PORT);
    assertThat(road.inUse()).isEmpty();
  }

  @Test
  void anAgentThatRestartsKnowsItsPods() throws Exception {
    road = new Road(DUAL);
    road.newPod("blue");
    road.newPod("green");
    var result =
        road.add("blue").env("CNI_ARGS", "K8S_POD_NAMESPACE=shop;K8S_POD_NAME=blue").make().json();
    NodeState before = road.state();

    road.stopAgent();
    road.startAgent();

    assertThat(road.state()).isEqualTo(before);
    assertThat(road.attachments().addresses().get(0).attachment().orElseThrow().pod())
        .hasToString("Optional[shop/blue]");
    assertThat(road.check("blue", result).make()).isEqualTo(new Outcome(0, ""));
    assertThat(road.add("blue").make().code()).isEqualTo(4);
    assertThat(road.add("green").make().addresses())
        .containsExactly("10.244.1.3/24", "fd00:244:0:1::3/64");
    assertThat(road.del("blue").make().succeeded()).isTrue();
    assertThat(road.inUse()).containsOnlyKeys("10.244.1.3", "fd00:244:0:1::3");
  }

  @Test
  void withoutAnAgentDelDeletesByItselfAndTheRestIsSweptLater() throws Exception {
    road = new Road(DUAL);
    NodeState before = road.state();
    road.newPod("blue");
    road.add("blue").make();
    road.stopAgent();

    assertThat(road.del("blue").make()).isEqualTo(new Outcome(0, ""));
    assertThat(road.ipIn("blue", "link")).doesNotContain("eth0");
    road.startAgent();

    assertThat(road.inUse()).isEmpty();
    assertThat(road.state()).isEqualTo(before);
  }

  @Test
  void withoutAnAgentAddAndStatusFailInABoundedTime() throws Exception {
    road = new Road(DUAL);
    road.newPod("blue");
    road.stopAgent();

    Outcome added = road.add("blue").make();
    Outcome status = road.call("STATUS").make();
    road.startAgent();

    assertThat(added.code()).isEqualTo(11);
    assertThat(status.code()).isEqualTo(50);
    assertThat(road.inUse()).isEmpty();
  }

  @Test
  void anAddWaitsForAnAgentThatIsAboutToStart() throws Exception {
    road = new Road(DUAL);
    road.newPod("blue");
    road.stopAgent();
    Process plugin = road.add("blue").start();

    road.startAgent();

    assertThat(plugin.waitFor()).isZero();
    assertThat(road.inUse()).containsValue(AddressStatus.ASSIGNED);
  }

  @Test
  void manyAtOnceGetAddressesOfTheirOwnAndLeaveNothing() throws Exception {
    road = new Road(DUAL);
    NodeState before = road.state();
    List<String> pods = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      pods.add("pod" + i);
      road.newPod("pod" + i);
    }
    ExecutorService runtimes = Executors.newFixedThreadPool(10);
    Set<String> seen = new HashSet<>();
    for (Map.Entry<String, Outcome> added : all(runtimes, "ADD", pods).entrySet()) {
      Outcome outcome = added.getValue();
      assertThat(outcome.succeeded()).as(outcome.output()).isTrue();
      outcome.addresses().forEach(address -> assertThat(seen.add(address)).as(address).isTrue());
    }
    assertThat(road.state().ports()).hasSize(pods.size());
    road.reconcile();
    assertThat(road.state().ports().values()).allMatch(port -> port.whole());

    all(runtimes, "DEL", pods).values().forEach(o -> assertThat(o.succeeded()).isTrue());
    runtimes.shutdown();

    assertThat(road.inUse()).isEmpty();
    assertThat(road.state()).isEqualTo(before);
  }

  private Map<String, Outcome> all(ExecutorService runtimes, String verb, List<String> pods)
      throws Exception {
    Map<String, Future<Outcome>> calls = new HashMap<>();
    for (String pod : pods) {
      calls.put(pod, runtimes.submit(() -> road.call(verb, pod).make()));
    }
    Map<String, Outcome> outcomes = new HashMap<>();
    for (Map.Entry<String, Future<Outcome>> call : calls.entrySet()) {
      outcomes.put(call.getKey(), call.getValue().get());
    }
    return outcomes;
  }
}
