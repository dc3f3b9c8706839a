// SPDX-License-Identifier: Apache-2.0
package dev.weft.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weft.api.IPAllocation;
import dev.weft.api.IPAllocationSpec;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import dev.weft.sandbox.SandboxNode;
import dev.weft.sandbox.SandboxPod;
import dev.weft.sandbox.Topology;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenRequest;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * What a token of node3's agent may write changes nothing between node1 and node2, and gives no
 * address to a second pod: the chart's roles and admission policies hold on a kube-apiserver, and
 * no agent runs on node3 that would mend what is written in its name.
 */
@Tag("system-long")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RealApiTrustSystemTest {
  private static final Path CHART =
      Cluster.HOME.resolve("src/test/resources/chart/dual-stack.golden.yaml");
  private static final Set<String> RIGHTS =
      Set.of(
          "ServiceAccount",
          "ClusterRole",
          "ClusterRoleBinding",
          "ValidatingAdmissionPolicy",
          "ValidatingAdmissionPolicyBinding");
  private static final List<String> POOLS = List.of("main", "main-6");

  /** Own, of node2, outside of every pool, of the nodes' networks. */
  private static final List<String> WITHIN =
      List.of(
          "10.244.3.7",
          "10.244.2.7",
          "10.99.0.7",
          "192.168.1.11",
          "192.168.1.10",
          "192.168.2.13",
          "fd00:244:0:3::7",
          "fd00:244:0:2::7",
          "fd00:99::7",
          "fd00:1::11",
          "fd00:2::13");

  private static final List<Integer> LENGTHS_4 = List.of(8, 15, 16, 20, 23, 24, 25, 28, 32);
  private static final List<Integer> LENGTHS_6 = List.of(16, 32, 47, 48, 63, 64, 65, 112, 128);

  private Cluster cluster;
  private KubernetesClient node3;
  private String node3Uid;
  private SandboxPod first;
  private SandboxPod second;
  private int markers;

  @BeforeAll
  void start() throws IOException {
    cluster =
        Cluster.up(
            RealApi.of(Cluster.options("trust", 3, Family.IPV4, Family.IPV6))
                .withTopology(Topology.ROUTED));
    first = cluster.addPod(1, "first");
    second = cluster.addPod(2, "second");
    cluster
        .sandbox()
        .client()
        .resource("apiVersion: v1\nkind: Namespace\nmetadata: {name: weft-system}")
        .create();
    for (String document : Files.readString(CHART).split("\n---\n")) {
      JsonNode object = Serialization.unmarshal(document, JsonNode.class);
      if (object != null && RIGHTS.contains(object.path("kind").asText())) {
        cluster.sandbox().client().resource(document).create();
      }
    }
    node3Uid = cluster.sandbox().client().nodes().withName("node3").get().getMetadata().getUid();
    cluster.node(3).killAgent();
    node3 = clientOf("node3");
    Cluster.await("the admission policies to be in force", this::isActiveRefused);
  }

  /** One with the token of a node's agent. */
  private KubernetesClient clientOf(String node) {
    TokenRequest request =
        new TokenRequestBuilder()
            .withNewSpec()
            .withExpirationSeconds(7200L)
            .withNewBoundObjectRef("v1", "Node", node, null)
            .endSpec()
            .build();
    KubernetesClient admin = cluster.sandbox().client();
    String token =
        admin
            .serviceAccounts()
            .inNamespace("weft-system")
            .withName("weft-agent")
            .tokenRequest(request)
            .getStatus()
            .getToken();
    return new KubernetesClientBuilder()
        .withConfig(
            new ConfigBuilder(admin.getConfiguration())
                .withOauthToken(token)
                .withAutoOAuthToken(null)
                .build())
        .build();
  }

  @AfterAll
  void stop() {
    if (node3 != null) {
      node3.close();
    }
    if (cluster != null) {
      cluster.close();
    }
  }

  @Test
  void noClaimChangesWhatOtherNodesDo() throws Exception {
    Set<Cidr> claims = new LinkedHashSet<>();
    for (String within : WITHIN) {
      IpAddress address = IpAddress.parse(within);
      for (int length : address.family() == Family.IPV4 ? LENGTHS_4 : LENGTHS_6) {
        claims.add(Cidr.containing(address, length));
      }
    }
    int written = 0;
    try (Watched watched = new Watched()) {
      for (Cidr claim : claims) {
        for (String pool : POOLS) {
          for (int again = 0; again < 2; again++) {
            IPAllocation hostile =
                allocation(claim.toString(), pool, IPAllocationSpec.State.Claimed);
            if (refusal(hostile) == null) {
              written++;
              awaitDeleted(hostile.getMetadata().getName());
            }
          }
        }
      }
      assertThat(written).isGreaterThan(claims.size());
      watched.assertUnchanged();
    }
  }

  private IPAllocation allocation(String cidr, String pool, IPAllocationSpec.State state) {
    IPAllocation allocation = new IPAllocation();
    allocation.setMetadata(new ObjectMetaBuilder().withName(Cidr.parse(cidr).objectName()).build());
    allocation.setSpec(new IPAllocationSpec(cidr, "node3", node3Uid, pool, state));
    return allocation;
  }

  /** By the admission policy, and not because the roles are not in force yet; writes nothing. */
  private boolean isActiveRefused() {
    IPAllocation active = allocation("10.99.99.0/24", "main", IPAllocationSpec.State.Active);
    try {
      node3.resource(active).dryRun().create();
      return false;
    } catch (KubernetesClientException e) {
      return e.getMessage().contains("an agent creates allocations of state Claimed only");
    }
  }

  /** What the API server says against it; null: it is written. */
  private String refusal(IPAllocation hostile) {
    try {
      node3.resource(hostile).create();
      return null;
    } catch (KubernetesClientException e) {
      return e.getMessage();
    }
  }

  /** By the operator: agents may not. */
  private void awaitDeleted(String name) {
    Cluster.await(name + " to be deleted", () -> Resources.allocation(cluster, name) == null);
  }

  /** Waits until the agents of node1 and node2 have read what was written before. */
  private void awaitRead() {
    String cidr = "8.8.%d.0/24".formatted(markers++);
    IPAllocation marker = allocation(cidr, "main", IPAllocationSpec.State.Active);
    cluster.sandbox().client().resource(marker).create();
    for (int node : List.of(1, 2)) {
      Cluster.await(
          "node" + node + " to read " + cidr,
          () -> cluster.node(node).askAgent("/v1/peers").stdout().contains(cidr));
    }
    cluster.sandbox().client().resource(marker).delete();
  }

  /** What node1 and node2 do, and the traffic between them. */
  private final class Watched implements AutoCloseable {
    private final List<String> before;
    private final Probe echo;
    private final List<Probe> streams = new ArrayList<>();

    Watched() throws IOException {
      awaitRead();
      before = state();
      echo = Probe.serve(cluster.node(2), second);
      for (String address : second.addresses()) {
        streams.add(Probe.stream(cluster.node(1), first, address));
      }
    }

    void assertUnchanged() throws IOException {
      awaitRead();
      for (Probe stream : streams) {
        cluster.assertLossless(stream);
      }
      assertThat(echo.isAlive()).isTrue();
      assertThat(state()).isEqualTo(before);
      for (int node : List.of(1, 2)) {
        Container pod = Container.create(cluster.node(node), "young" + node);
        List<String> addresses = pod.add();
        assertThat(addresses).doesNotContainAnyElementsOf(first.addresses());
        assertThat(addresses).doesNotContainAnyElementsOf(second.addresses());
        pod.delete();
        pod.removeNamespace();
      }
    }

    private List<String> state() {
      List<String> state = new ArrayList<>();
      for (int node : List.of(1, 2)) {
        state.addAll(cluster.ip(node, "route", "show", "proto", "87"));
        state.addAll(cluster.ip(node, "-6", "route", "show", "proto", "87"));
        state.addAll(cluster.ip(node, "neigh", "show", "nud", "permanent"));
        SandboxNode one = cluster.node(node);
        one.exec("nft", "-s", "list", "ruleset").orThrow().stdout().lines().forEach(state::add);
      }
      return state;
    }

    @Override
    public void close() throws IOException {
      for (Probe stream : streams) {
        stream.close();
      }
      echo.close();
    }
  }
}
