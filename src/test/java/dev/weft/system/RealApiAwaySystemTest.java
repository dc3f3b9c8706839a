// SPDX-License-Identifier: Apache-2.0
package dev.weft.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.net.Family;
import dev.weft.sandbox.SandboxNode;
import dev.weft.sandbox.SandboxOptions;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** The same on a kube-apiserver, and what only one can do to its clients. */
class RealApiAwaySystemTest extends ApiAwaySystemTest {
  private static final String ALLOCATIONS = "/apis/weft.dev/v1alpha1/ipallocations";
  private static final Duration AWAY = Duration.ofSeconds(60);

  @Override
  SandboxOptions options() {
    return RealApi.of(Cluster.options("api-away-real", 2, Family.IPV4));
  }

  @Test
  @Order(11)
  void podsComeAndGoThroughAWholeMinuteWithoutAnApiServer() throws Exception {
    SandboxNode node = cluster.node(1);
    try (Probe server = Probe.serve(node, near);
        Probe stream = Probe.stream(cluster.node(2), far, near.addresses().get(0))) {
      cluster.sandbox().stopApi();
      long end = System.nanoTime() + AWAY.toNanos();
      Container stays = Container.create(node, "stays");
      stays.add();
      AtomicInteger rounds = new AtomicInteger();
      Awaitility.await("the end of the minute")
          .pollInterval(Duration.ofSeconds(1))
          .until(
              () -> {
                Container pod = Container.create(node, "minute-" + rounds.incrementAndGet());
                String address = pod.add().get(0);
                assertThat(cluster.probe(far, "ping", address).ok()).as(address).isTrue();
                pod.delete();
                pod.removeNamespace();
                return System.nanoTime() > end && rounds.get() > 5;
              });
      cluster.sandbox().startApi();
      Cluster.await("the API server to learn what is used", () -> used("10-244-1-0-24") == 2);
      node.awaitReady();
      assertThat(server.isAlive()).isTrue();
      cluster.assertLossless(stream);
      stays.delete();
      stays.removeNamespace();
    }
    Cluster.await("the API server to learn of the end too", () -> used("10-244-1-0-24") == 1);
  }

  @Test
  @Order(12)
  void anAgentWhoseWatchHistoryWasCompactedAwayKeepsUp() throws Exception {
    KubernetesClient client = cluster.sandbox().client();
    Set<String> routes = cluster.ip(1, "route", "show", "proto", "87");
    String before = version(client);
    try (Probe server = Probe.serve(cluster.node(1), near);
        Probe stream = Probe.stream(cluster.node(2), far, near.addresses().get(0))) {
      signal("STOP");
      try {
        cluster.sandbox().addNode("node3");
        Cluster.await("the new node's block", () -> Resources.isReady(cluster, "10-244-3-0-24"));
        compact(version(client));
        // What its cache of watches held goes too.
        cluster.sandbox().stopApi();
        cluster.sandbox().startApi();
        String watch = ALLOCATIONS + "?watch=true&timeoutSeconds=1&resourceVersion=" + before;
        Cluster.await(
            "the old version to be refused", () -> client.raw(watch).contains("\"code\":410"));
      } finally {
        signal("CONT");
      }
      Cluster.await(
          "a route to the block that came meanwhile",
          () ->
              cluster.ip(1, "route", "show", "proto", "87").stream()
                  .anyMatch(
                      route ->
                          route.startsWith("10.244.3.0/24 ")
                              && route.contains(" via 192.168.1.13 ")));
      assertThat(cluster.ip(1, "route", "show", "proto", "87")).containsAll(routes);
      assertThat(server.isAlive()).isTrue();
      cluster.assertLossless(stream);
    }
    cluster.node(1).awaitReady();
  }

  @Test
  @Order(13)
  void runningPodsKeepEveryRouteWhenTheDefinitionsAreDeleted() throws Exception {
    KubernetesClient client = cluster.sandbox().client();
    Set<String> routes = cluster.ip(1, "route", "show", "proto", "87");
    try (Probe server = Probe.serve(cluster.node(1), near);
        Probe stream = Probe.stream(cluster.node(2), far, near.addresses().get(0))) {
      client.apiextensions().v1().customResourceDefinitions().delete();
      Cluster.await(
          "the definitions and all their objects to go",
          () ->
              client.apiextensions().v1().customResourceDefinitions().list().getItems().isEmpty());
      // It says so, or it has seen its own block go before the list went.
      Cluster.await(
          "the agent to know of it",
          () -> {
            String ready = cluster.node(1).askAgent("/readyz").stdout();
            return ready.contains("API") || ready.contains("was deleted");
          });
      assertThat(cluster.ip(1, "route", "show", "proto", "87")).isEqualTo(routes);

      for (String plural : List.of("ippools", "ipallocations")) {
        Path file = Cluster.HOME.resolve("crds/" + plural + ".weft.dev.yaml");
        client.resource(Files.readString(file)).create();
      }
      Cluster.await("the pool to be taken again", this::poolIsTaken);
      for (String block : List.of("10-244-1-0-24", "10-244-2-0-24")) {
        Cluster.await(block + " to be back", () -> Resources.isReady(cluster, block));
      }
      cluster.node(1).awaitReady();
      assertThat(Resources.allocation(cluster, "10-244-1-0-24").getSpec().node())
          .isEqualTo("node1");
      assertThat(cluster.ip(1, "route", "show", "proto", "87")).isEqualTo(routes);
      assertThat(server.isAlive()).isTrue();
      cluster.assertLossless(stream);
    }
  }

  @Test
  @Order(14)
  void runningPodsKeepEveryRouteWhenTheListsAreRefused() throws Exception {
    SandboxNode node = cluster.node(1);
    Set<String> routes = cluster.ip(1, "route", "show", "proto", "87");
    // What the sandbox itself asks for when it waits for the API server.
    KubernetesClient client = cluster.sandbox().client();
    client
        .resource(
            """
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRole
            metadata: {name: little}
            rules: [{apiGroups: [""], resources: [namespaces], verbs: [get]}]
            """)
        .create();
    client
        .resource(
            """
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRoleBinding
            metadata: {name: little}
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: little}
            subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: sandbox}]
            """)
        .create();
    try (Probe server = Probe.serve(node, near);
        Probe stream = Probe.stream(cluster.node(2), far, near.addresses().get(0))) {
      String users = Files.readString(users());
      restartApiWith(users.replace(",system:masters", ""));
      Cluster.await("the agent to see it", () -> node.askAgent("/readyz").stdout().contains("API"));
      node.killAgent();
      node.startAgent();
      Cluster.await(
          "the agent to say why", () -> node.askAgent("/readyz").stdout().contains("forbidden"));
      Container pod = Container.create(node, "refused");
      Cluster.await("an ADD by an agent that may list nothing", () -> !pod.add().isEmpty());
      pod.delete();
      pod.removeNamespace();
      assertThat(cluster.ip(1, "route", "show", "proto", "87")).isEqualTo(routes);

      restartApiWith(users);
      Cluster.await(
          "the agent to be content", () -> node.askAgent("/readyz").stdout().equals("ready\n"));
      assertThat(cluster.ip(1, "route", "show", "proto", "87")).isEqualTo(routes);
      assertThat(server.isAlive()).isTrue();
      cluster.assertLossless(stream);
    }
  }

  private boolean poolIsTaken() {
    cluster.sandbox().applyPools(Cluster.POOL_4);
    return true;
  }

  private long used(String allocation) {
    return Resources.allocation(cluster, allocation).getStatus().addresses().used();
  }

  private static String version(KubernetesClient client) {
    return Serialization.unmarshal(
            client.raw(ALLOCATIONS), com.fasterxml.jackson.databind.JsonNode.class)
        .at("/metadata/resourceVersion")
        .asText();
  }

  /** Sends a signal to the first node's agent. */
  private void signal(String name) throws IOException, InterruptedException {
    String pid = Files.readString(cluster.state().resolve("pid/agent-node1")).split(" ")[0];
    Process kill = new ProcessBuilder("kill", "-" + name, pid).inheritIO().start();
    assertThat(kill.waitFor()).isZero();
  }

  /** Makes etcd forget everything before a version. */
  private void compact(String version) {
    String body = "{\"revision\":\"" + version + "\",\"physical\":true}";
    String request =
        "POST /v3/kv/compaction HTTP/1.1\r\nHost: etcd\r\nConnection: close\r\nContent-Length: "
            + body.length()
            + "\r\n\r\n"
            + body;
    String answer =
        cluster
            .sandbox()
            .exec(
                "bash",
                "-c",
                "exec 3<>/dev/tcp/127.0.0.1/2379; printf %s \"$0\" >&3; cat <&3",
                request)
            .orThrow()
            .stdout();
    assertThat(answer).startsWith("HTTP/1.1 200");
  }

  /** Changes who may do what. */
  private void restartApiWith(String users) throws IOException {
    cluster.sandbox().stopApi();
    Files.writeString(users(), users);
    cluster.sandbox().startApi();
  }

  private Path users() {
    return cluster.state().resolve("api/users.csv");
  }
}
