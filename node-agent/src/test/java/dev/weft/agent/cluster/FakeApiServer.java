// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import dev.weft.api.IPAllocation;
import dev.weft.api.IPAllocationSpec;
import dev.weft.api.IPAllocationStatus;
import dev.weft.api.IPPool;
import dev.weft.api.IPPoolSpec;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.mockwebserver.Context;
import io.fabric8.mockwebserver.MockWebServer;
import io.fabric8.mockwebserver.http.MockResponse;
import io.fabric8.mockwebserver.http.RecordedRequest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.HashMap;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** An API server that can be away, and keeps what is applied to it by server-side apply. */
public final class FakeApiServer implements AutoCloseable {
  /** A server-side apply: where to, and what. */
  public record Applied(String path, String contentType, String body) {}

  public final Queue<Applied> applied = new ConcurrentLinkedQueue<>();
  private final int port;
  private final KubernetesCrudDispatcher objects = new Objects();
  private KubernetesMockServer server;

  /** One that is away. */
  public FakeApiServer() throws IOException {
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
  }

  /** It is there. */
  public void start() {
    server =
        new KubernetesMockServer(
            new Context(), new MockWebServer(), new HashMap<>(), objects, false);
    server.init(InetAddress.getLoopbackAddress(), port);
  }

  /** It is away; its objects are kept. */
  public void stop() {
    server.destroy();
    server = null;
  }

  /** A client of a test. */
  public KubernetesClient client() {
    return new KubernetesClientBuilder().withConfig(config()).build();
  }

  /** A client as an agent has it, with short pauses. */
  KubernetesClient agentClient() {
    return ApiClients.client(config());
  }

  private Config config() {
    return new ConfigBuilder()
        .withAutoConfigure(false)
        .withMasterUrl("http://127.0.0.1:" + port)
        .withWatchReconnectInterval(20)
        .withRequestRetryBackoffLimit(0)
        .build();
  }

  /** How a program reaches it. */
  public String kubeconfig() {
    return """
    apiVersion: v1
    kind: Config
    clusters: [{name: fake, cluster: {server: "http://127.0.0.1:%d"}}]
    users: [{name: fake, user: {}}]
    contexts: [{name: fake, context: {cluster: fake, user: fake}}]
    current-context: fake
    """
        .formatted(port);
  }

  /** Makes a Node with an InternalIP. */
  public static void createNode(KubernetesClient client, String name, String address) {
    client
        .resource(
            new NodeBuilder()
                .withNewMetadata()
                .withName(name)
                .withUid("uid-" + name)
                .endMetadata()
                .withNewStatus()
                .addNewAddress(address, "InternalIP")
                .addNewAddress(name, "Hostname")
                .withNewNodeInfo()
                .withSystemUUID("sys")
                .withBootID("boot")
                .endNodeInfo()
                .endStatus()
                .build())
        .create();
  }

  /** A block that its node serves. */
  public static IPAllocation allocation(String cidr, String node, String nodeUid, String endpoint) {
    IPAllocation object = new IPAllocation();
    object.setMetadata(
        new ObjectMetaBuilder()
            .withName(cidr.replace('.', '-').replace(':', '-').replace('/', '-'))
            .build());
    object.setSpec(new IPAllocationSpec(cidr, node, nodeUid, "pool"));
    object.setStatus(
        new IPAllocationStatus(
            IPAllocationStatus.Phase.Ready,
            new IPAllocationStatus.Endpoint(List.of(endpoint)),
            null,
            List.of()));
    return object;
  }

  /** The same, being released. */
  public static IPAllocation releasing(IPAllocation object) {
    IPAllocationStatus status = object.getStatus();
    object.setStatus(
        new IPAllocationStatus(
            status.phase(),
            status.endpoint(),
            status.addresses(),
            List.of(
                new ConditionBuilder()
                    .withType("Releasing")
                    .withStatus("True")
                    .withReason("NodeGone")
                    .withMessage("gone")
                    .withLastTransitionTime("2026-01-01T00:00:00Z")
                    .build())));
    return object;
  }

  /** A pool. */
  public static IPPool pool(String cidr, String... reserved) {
    IPPool object = new IPPool();
    object.setMetadata(new ObjectMetaBuilder().withName("pool").build());
    object.setSpec(new IPPoolSpec(cidr, null, List.of(reserved), null, null, null));
    return object;
  }

  @Override
  public void close() {
    if (server != null) {
      server.destroy();
    }
  }

  private final class Objects extends KubernetesCrudDispatcher {
    @Override
    public MockResponse handlePatch(RecordedRequest request) {
      String type = String.valueOf(request.getHeader("Content-Type"));
      if (!type.contains("apply-patch")) {
        return super.handlePatch(request);
      }
      String body = request.getBody().readUtf8();
      applied.add(new Applied(request.getPath(), type, body));
      return new MockResponse().setResponseCode(200).setBody(body);
    }
  }
}
