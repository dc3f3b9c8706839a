// SPDX-License-Identifier: Apache-2.0
package dev.weft.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.core.net.Family;
import dev.weft.sandbox.SandboxNode;
import dev.weft.sandbox.SandboxPod;
import dev.weft.sandbox.cni.CniFailure;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What an agent's stop, death and return do to pods. */
@Tag("system")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AgentLifeSystemTest {
  private Cluster cluster;

  @BeforeAll
  void start() {
    cluster = Cluster.up("agent-life", 2, Family.IPV4);
  }

  @AfterAll
  void stop() {
    if (cluster != null) {
      cluster.close();
    }
  }

  @Test
  void noPacketIsLostWhileAnAgentIsKilledAndComesBackWithTheSameTable() throws Exception {
    SandboxNode node = cluster.node(1);
    SandboxPod near = cluster.addPod(1, "near");
    SandboxPod far = cluster.addPod(2, "far");
    String before = node.askAgent("/v1/addresses?format=json").orThrow().stdout();
    try (Probe server = Probe.serve(node, near);
        Probe stream = Probe.stream(cluster.node(2), far, near.addresses().get(0))) {
      node.killAgent();
      node.startAgent();
      node.awaitReady();
      cluster.assertLossless(stream);
      assertThat(server.isAlive()).isTrue();
    }
    assertThat(node.askAgent("/v1/addresses?format=json").orThrow().stdout()).isEqualTo(before);
    cluster.deletePod(near);
    cluster.deletePod(far);
  }

  @Test
  void withoutAnAgentAddSaysTryAgainAndDelDeletesByItself() {
    SandboxNode node = cluster.node(1);
    Container running = Container.create(node, "running");
    Container late = Container.create(node, "late");
    List<String> addresses = running.add();
    node.killAgent();
    try {
      assertThatThrownBy(late::add)
          .isInstanceOfSatisfying(
              CniFailure.class, failure -> assertThat(failure.code()).isEqualTo(11));
      running.delete();
      assertThat(running.exec("ip", "link", "show", "eth0").ok()).isFalse();
    } finally {
      node.startAgent();
    }
    node.awaitReady();
    Cluster.await(
        "what the deleted pod left on the node to be swept",
        () ->
            cluster.ip(1, "neigh", "show", "dev", "v-net-0").stream()
                    .noneMatch(line -> line.startsWith(addresses.get(0) + " "))
                && cluster.ip(1, "route", "show", "proto", "87").stream()
                    .noneMatch(line -> line.startsWith(addresses.get(0) + " "))
                && !node.exec("nft", "list", "table", "bridge", "weft")
                    .stdout()
                    .contains(addresses.get(0)));
    assertThat(late.add()).hasSize(1);
    late.delete();
    running.removeNamespace();
    late.removeNamespace();
  }

  @Test
  void aNamespaceThatGoesWithoutADelLeaksNothing() {
    SandboxNode node = cluster.node(1);
    Container lost = Container.create(node, "lost");
    String address = lost.add().get(0);
    lost.removeNamespace();
    Cluster.await(
        address + " to be FREE",
        () ->
            !node.askAgent("/v1/addresses").orThrow().stdout().contains("id-lost")
                && cluster.ip(1, "route", "show", "proto", "87").stream()
                    .noneMatch(line -> line.startsWith(address + " ")));
  }

  @Test
  void anAgentKilledDuringThreeHundredCallsLeaksNothingAndForgetsNoAnsweredAdd() throws Exception {
    SandboxNode node = cluster.node(2);
    int count = 225;
    Random random = new Random(7);
    List<Container> containers = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      containers.add(Container.create(node, "storm" + i));
    }
    Map<Container, String> answered = new ConcurrentHashMap<>();
    Set<Container> deleted = ConcurrentHashMap.newKeySet();
    Set<Container> failed = ConcurrentHashMap.newKeySet();
    ExecutorService callers = Executors.newFixedThreadPool(16);
    List<Future<?>> calls = new ArrayList<>();
    for (Container container : containers) {
      boolean andDelete = random.nextInt(3) == 0;
      calls.add(
          callers.submit(
              () -> {
                try {
                  answered.put(container, container.add().get(0));
                  if (andDelete) {
                    container.delete();
                    deleted.add(container);
                  }
                } catch (CniFailure e) {
                  failed.add(container);
                }
              }));
    }
    for (int kill = 0; kill < 3; kill++) {
      int so = (kill + 1) * count / 5 + random.nextInt(count / 10);
      Cluster.await(
          so + " calls to end", () -> calls.stream().filter(Future::isDone).count() >= so);
      node.killAgent();
      node.startAgent();
    }
    for (Future<?> call : calls) {
      call.get();
    }
    callers.shutdown();
    node.awaitReady();
    // The runtime's rule: what failed is deleted until that succeeds.
    failed.forEach(Container::delete);

    Map<Container, String> standing = new ConcurrentHashMap<>(answered);
    deleted.forEach(standing::remove);
    failed.forEach(standing::remove);
    assertThat(standing).as("some calls must have gone through").hasSizeGreaterThan(count / 10);
    assertThat(new HashSet<>(standing.values())).as("no address twice").hasSize(standing.size());
    standing.forEach(
        (container, address) ->
            assertThat(container.exec("ip", "-4", "addr", "show", "dev", "eth0").stdout())
                .as("an answered ADD is still there")
                .contains("inet " + address + "/"));
    Cluster.await(
        "every port to serve a standing container",
        () -> cluster.ports(2).size() == standing.size());
    standing.keySet().forEach(Container::delete);
    Cluster.await("every port to be gone", () -> cluster.ports(2).isEmpty());
    Cluster.await(
        "every address to be FREE",
        () -> !node.askAgent("/v1/addresses").orThrow().stdout().contains("ASSIGNED"));
    containers.forEach(Container::removeNamespace);
  }
}
