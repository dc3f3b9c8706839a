// SPDX-License-Identifier: Apache-2.0
package dev.weft.chart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weft.api.IPAllocation;
import dev.weft.api.SchemaRevision;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * The chart's roles are what the programs need, no less and no more: both programs run as their
 * service accounts on a real API server, whose audit log is compared with the roles.
 */
@Tag("kernel")
class RbacKernelTest {
  private static final Path HOME = Path.of("..");
  private static final String NODE = "node-0";
  private static final String CRD =
      "apis/apiextensions.k8s.io/v1/customresourcedefinitions/ippools.weft.dev";
  private static final String POOL = "apis/weft.dev/v1alpha1/ippools/default";
  private static final int BATCH = 20;

  /** The operator searches for a named port when its policy is a minute old. */
  private static final Duration A_SEARCH = Duration.ofMinutes(2);

  /** Everybody may ask what he may do: Kubernetes' own role system:basic-user. */
  private static final String OPEN_TO_ALL = ".authorization.k8s.io";

  /** The operator's framework refuses to elect a leader without it, and never does it. */
  private static final String ONLY_REVIEWED = "update leases.coordination.k8s.io";

  /** Only an Event that is repeated a minute later is patched: EventApiTest shows it. */
  private static final String ONLY_REPEATED = "patch events";

  /** Only where a policy selects a pod that is attached to the node: no container runs here. */
  private static final Set<String> ONLY_WITH_PODS =
      Set.of("get pods", "list namespaces", "watch namespaces");

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  Path folder;

  private RealApiServer server;
  private Programs programs;
  private KubernetesClient client;
  private int nodes;

  @AfterEach
  void end() {
    Optional.ofNullable(programs).ifPresent(Programs::close);
    Optional.ofNullable(client).ifPresent(KubernetesClient::close);
    Optional.ofNullable(server).ifPresent(RealApiServer::close);
  }

  @Test
  void theRolesAreExactlyWhatTheProgramsAskFor() throws Exception {
    server = RealApiServer.start(folder);
    client = server.client();
    programs = new Programs(server, folder);
    server
        .run(
            "helm",
            "install",
            "weft",
            HOME.resolve("helm/weft").toString(),
            "-n",
            "weft-system",
            "--create-namespace",
            "--set",
            "pool.cidr=10.240.0.0/12") // room for as many nodes as the race takes
        .succeeded();
    server
        .run("kubectl", "annotate", "crd", "ippools.weft.dev", SchemaRevision.ANNOTATION + "-")
        .succeeded();
    addNodes();
    addPolicy();
    startOperator("--lease-namespace=weft-system");
    startAgent();
    await("the agent tells of its block").until(this::isProgrammed);
    client.resources(IPAllocation.class).delete();
    await("the agent claims its block again, and the operator accepts")
        .until(
            () -> isProgrammed() && asked("weft-agent").contains("create ipallocations.weft.dev"));
    assertAgentsClaimForTheirOwnNodeOnly();
    assertOperatorsWriteNothingElseOfNodesPoolsAndCrds();
    startOperator("--leader-elect=false", "--lease-namespace=weft-system");
    await("two operators want the same block")
        .pollInterval(Duration.ofSeconds(2))
        .until(
            () -> {
              addNodes();
              return asked("weft-operator").contains("get ipallocations.weft.dev");
            });
    client.nodes().withName("node-1").delete();
    addNode(1);
    await("a machine that registers anew inherits its block")
        .until(() -> asked("weft-operator").contains("patch ipallocations.weft.dev"));
    IntStream.range(1, nodes).forEach(i -> client.nodes().withName("node-" + i).delete());
    await("blocks of nodes that are gone are released")
        .until(() -> asked("weft-operator").contains("delete ipallocations.weft.dev"));
    for (String account : List.of("weft-operator", "weft-agent")) {
      await(account + " asks for all that it may ask for, and for nothing else")
          .atMost(A_SEARCH)
          .untilAsserted(() -> assertThat(asked(account)).isEqualTo(granted(account)));
      assertThat(server.requestsOf(account))
          .as("refused")
          .noneMatch(request -> request.code() == 403);
    }
  }

  /** Nothing is created by any of these. */
  private void assertAgentsClaimForTheirOwnNodeOnly() throws IOException {
    String uid = client.nodes().withName(NODE).get().getMetadata().getUid();
    String other = client.nodes().withName("node-1").get().getMetadata().getUid();
    claim("node: %s, nodeUID: %s, state: Claimed".formatted(NODE, uid)).succeeded();
    assertThat(claim("node: node-1, nodeUID: %s, state: Claimed".formatted(other)).failed())
        .contains("this agent's token is not of node node-1");
    assertThat(claim("node: %s, nodeUID: %s, state: Claimed".formatted(NODE, other)).failed())
        .contains("this agent's token is not of the Node with UID " + other);
    for (String state : List.of("", ", state: Active", ", state: Draining")) {
      assertThat(claim("node: %s, nodeUID: %s%s".formatted(NODE, uid, state)).failed())
          .contains("an agent creates allocations of state Claimed only");
    }
    for (String more :
        List.of(
            "finalizers: [attacker.example/hold]",
            "annotations: {weft.dev/inherited-by: nobody}",
            "labels: {a: b}",
            "ownerReferences: [{apiVersion: v1, kind: Node, name: node-1, uid: %s}]"
                .formatted(other))) {
      assertThat(
              claim(", " + more, "node: %s, nodeUID: %s, state: Claimed".formatted(NODE, uid))
                  .failed())
          .contains("an agent claims by name and spec alone");
    }
  }

  private Tool.Result claim(String spec) throws IOException {
    return claim("", spec);
  }

  private Tool.Result claim(String metadata, String spec) throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("claim.yaml"),
            ("{apiVersion: weft.dev/v1alpha1, kind: IPAllocation, metadata: {name: 10-255-9-0-24%s},"
                    + " spec: {cidr: 10.255.9.0/24, pool: default, %s}}")
                .formatted(metadata, spec));
    return Tool.run(
        server.kubeconfig(server.token("weft-agent", NODE)),
        "kubectl",
        "create",
        "--dry-run=server",
        "--validate=false",
        "-f",
        file.toString());
  }

  /** Nothing is changed by any of these. */
  private void assertOperatorsWriteNothingElseOfNodesPoolsAndCrds() throws IOException {
    await("the operator writes its condition")
        .until(
            () ->
                client.nodes().withName(NODE).get().getStatus().getConditions().stream()
                    .anyMatch(condition -> condition.getType().equals("NetworkUnavailable")));
    assertThat(
            nodeStatus(
                "status: {conditions: [{type: NetworkUnavailable, status: 'True', reason: R, message: M}]}"))
        .startsWith("200 ");
    for (String patch :
        List.of(
            "metadata: {labels: {node-role.kubernetes.io/control-plane: ''}}",
            "metadata: {annotations: {a: b}}",
            "metadata: {finalizers: [a.example/b]}",
            "status: {addresses: [{type: InternalIP, address: 203.0.113.66}]}",
            "status: {daemonEndpoints: {kubeletEndpoint: {Port: 6666}}}",
            "status: {capacity: {cpu: '64'}}",
            "status: {nodeInfo: {machineID: other}}",
            "status: {volumesInUse: [a]}",
            "status: {addresses: null}",
            "status: {images: [{names: [a], sizeBytes: 1}]}",
            "status: {phase: Running}",
            "status: {runtimeHandlers: [{name: a}]}",
            "status: {features: {supplementalGroupsPolicy: true}}",
            "metadata: {ownerReferences: [{apiVersion: v1, kind: Pod, name: a, uid: b}]}",
            "status: {conditions: [{type: Ready, status: 'True', reason: R, message: M}]}")) {
      assertThat(nodeStatus(patch))
          .as(patch)
          .startsWith("422 ")
          .contains("the operator writes the condition NetworkUnavailable of Nodes, the fin");
    }
    assertThat(byOperator(POOL, "metadata: {finalizers: [weft.dev/blocks, a.example/b]}"))
        .startsWith("200 ");
    for (String patch : List.of("spec: {state: Draining}", "metadata: {labels: {a: b}}")) {
      assertThat(byOperator(POOL, patch))
          .as(patch)
          .startsWith("422 ")
          .contains("the finalizer of IPPools", "and nothing else of them");
    }
    assertThat(byOperator(CRD, "metadata: {annotations: {weft.dev/schema-revision: '99'}}"))
        .startsWith("200 ");
    for (String patch :
        List.of(
            "spec: {conversion: {strategy: Webhook, webhook: {conversionReviewVersions: [v1],"
                + " clientConfig: {url: 'https://a.example'}}}}",
            "spec: {names: {shortNames: [pods]}}",
            "metadata: {labels: {a: b}}")) {
      assertThat(byOperator(CRD, patch))
          .as(patch)
          .startsWith("422 ")
          .contains("versions and annotations of CRDs, and nothing else of them");
    }
  }

  private String nodeStatus(String patch) throws IOException {
    return byOperator("api/v1/nodes/" + NODE + "/status", patch);
  }

  /** The code and the body of the answer to a patch; kubectl would read the object before. */
  private String byOperator(String path, String patch) throws IOException {
    Config account =
        Config.fromKubeconfig(server.kubeconfig(server.token("weft-operator", NODE)).toFile());
    try (KubernetesClient operator = new KubernetesClientBuilder().withConfig(account).build()) {
      HttpRequest request =
          operator
              .getHttpClient()
              .newHttpRequestBuilder()
              .uri(operator.getMasterUrl() + path + "?dryRun=All")
              .method(
                  "PATCH",
                  path.startsWith("api/")
                      ? "application/strategic-merge-patch+json"
                      : "application/merge-patch+json",
                  Serialization.asJson(Serialization.unmarshal(patch, JsonNode.class)))
              .build();
      HttpResponse<String> answer =
          operator.getHttpClient().sendAsync(request, String.class).join();
      return answer.code() + " " + answer.bodyString();
    }
  }

  private void addNodes() {
    for (int i = 0; i < BATCH; i++) {
      addNode(nodes++);
    }
  }

  private void addNode(int i) {
    Node node =
        new NodeBuilder()
            .withNewMetadata()
            .withName("node-" + i)
            .endMetadata()
            .withNewStatus()
            .addNewAddress("192.168.%d.%d".formatted(i / 200, 11 + i % 200), "InternalIP")
            .withNewNodeInfo()
            .withSystemUUID("machine-" + i)
            .withBootID("boot")
            .endNodeInfo()
            .endStatus()
            .build();
    client.resource(node).create();
    client.resource(node).patchStatus();
  }

  /** Its named port is to be searched for in other namespaces. */
  private void addPolicy() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("policy.yaml"),
            """
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: {name: by-name, namespace: default}
            spec:
              podSelector: {}
              policyTypes: [Egress]
              egress: [{to: [{namespaceSelector: {}}], ports: [{port: http}]}]
            """);
    server.run("kubectl", "create", "-f", file.toString()).succeeded();
  }

  private void startOperator(String... options) throws IOException {
    programs.start(
        "weft-operator",
        NODE,
        Stream.concat(
                Stream.of(
                    "--http-port=0", "--metrics-port=0", "--grace-period=20s", "--release-hold=1s"),
                Stream.of(options))
            .toArray(String[]::new));
  }

  /** Its node has another network's configuration, which it tells of by an Event. */
  private void startAgent() throws IOException {
    Path conf = Files.createDirectories(folder.resolve("net.d"));
    Files.writeString(conf.resolve("05-other.conflist"), "{\"name\": \"other\", \"plugins\": []}");
    programs.startAgent(NODE, folder);
  }

  private boolean isProgrammed() {
    return client.resources(IPAllocation.class).list().getItems().stream()
        .filter(allocation -> allocation.getSpec().node().equals(NODE))
        .anyMatch(
            allocation -> allocation.getStatus() != null && allocation.getStatus().phase() != null);
  }

  private Set<String> asked(String account) throws IOException {
    return server.requestsOf(account).stream()
        .map(request -> words(request.verb(), request.group(), request.resource()))
        .filter(words -> !words.endsWith(OPEN_TO_ALL))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private Set<String> granted(String account) {
    ClusterRole everywhere = client.rbac().clusterRoles().withName(account).get();
    Role here = client.rbac().roles().inNamespace("weft-system").withName(account).get();
    Set<String> granted = new TreeSet<>();
    Stream.concat(
            everywhere.getRules().stream(),
            here == null ? Stream.empty() : here.getRules().stream())
        .forEach(rule -> granted.addAll(words(rule)));
    granted.remove(ONLY_REVIEWED);
    granted.remove(ONLY_REPEATED);
    if (account.equals("weft-agent")) {
      granted.removeAll(ONLY_WITH_PODS);
    }
    return granted;
  }

  private static Set<String> words(PolicyRule rule) {
    Set<String> all = new TreeSet<>();
    for (String group : rule.getApiGroups()) {
      for (String resource : rule.getResources()) {
        rule.getVerbs().forEach(verb -> all.add(words(verb, group, resource)));
      }
    }
    return all;
  }

  private static String words(String verb, String group, String resource) {
    return verb + " " + resource + (group.isEmpty() ? "" : "." + group);
  }
}
