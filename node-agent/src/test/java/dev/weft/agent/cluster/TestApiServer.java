// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import dev.weft.api.IPAllocation;
import dev.weft.api.IPAllocationSpec;
import dev.weft.api.IPAllocationStatus;
import dev.weft.api.IPPool;
import dev.weft.api.IPPoolSpec;
import dev.weft.sandbox.api.ApiServer;
import dev.weft.sandbox.api.ApiServer.Refusal;
import dev.weft.sandbox.api.ApiServer.Request;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import java.util.stream.Stream;

/** An API server that can be away, with our CRDs, and a record of what is applied to it. */
public final class TestApiServer implements AutoCloseable {
  public final Queue<Request> applied = new ConcurrentLinkedQueue<>();

  /** What is created through the API. */
  public final Queue<Request> created = new ConcurrentLinkedQueue<>();

  /** Why something that would be created is refused; empty: it is not. */
  private volatile Function<Request, Optional<Refusal>> refusal = request -> Optional.empty();

  /** Sees what is read, and why that is refused; empty: it is not. */
  private volatile Function<Request, Optional<Refusal>> readRefusal = request -> Optional.empty();

  private final ApiServer server;

  /** One that is away. */
  public TestApiServer() throws IOException {
    server = new ApiServer(new InetSocketAddress(InetAddress.getLoopbackAddress(), freePort()));
    server.setAdmission(
        request -> {
          if (request.contentType().contains("apply-patch")) {
            applied.add(request);
          }
          return switch (request.method()) {
            case "POST" -> create(request);
            case "GET" -> readRefusal.apply(request);
            default -> Optional.empty();
          };
        });
    try (Stream<Path> definitions = Files.list(Path.of("..", "crds"))) {
      for (Path file : definitions.filter(f -> f.toString().endsWith(".yaml")).toList()) {
        server.define(file);
      }
    }
  }

  private Optional<Refusal> create(Request request) {
    created.add(request);
    return refusal.apply(request);
  }

  /** From now on it refuses to create what this has a reason for. */
  void refuse(Function<Request, Optional<Refusal>> newRefusal) {
    refusal = newRefusal;
  }

  /** From now on it shows this what is read, and refuses it where this has a reason for that. */
  void refuseReads(Function<Request, Optional<Refusal>> newRefusal) {
    readRefusal = newRefusal;
  }

  /**
   * Below the ports that outgoing connections get, so that none has it while the server is away.
   */
  private static int freePort() throws IOException {
    while (true) {
      int port = ThreadLocalRandom.current().nextInt(10_000, 30_000);
      try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        return socket.getLocalPort();
      } catch (BindException e) {
        continue;
      }
    }
  }

  /** Drops the rules in CEL of the CRDs, so that objects are possible which are older. */
  void dropRules() {
    server.dropRules();
  }

  /** It is there. */
  public void start() {
    server.start();
  }

  /** It is away; its objects are kept. */
  public void stop() {
    server.stop();
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
        .withMasterUrl(server.url())
        .withWatchReconnectInterval(20)
        .withRequestRetryBackoffLimit(0)
        .build();
  }

  /** How a program reaches it. */
  public String kubeconfig() {
    return kubeconfig(server.url());
  }

  /** How a program reaches what is at a URL. */
  static String kubeconfig(String url) {
    return """
    apiVersion: v1
    kind: Config
    clusters: [{name: fake, cluster: {server: "%s"}}]
    users: [{name: fake, user: {}}]
    contexts: [{name: fake, context: {cluster: fake, user: fake}}]
    current-context: fake
    """
        .formatted(url);
  }

  /** Makes a Node with an InternalIP. */
  public static void createNode(KubernetesClient client, String name, String address) {
    client
        .resource(
            new NodeBuilder()
                .withNewMetadata()
                .withName(name)
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
    object.setSpec(new IPAllocationSpec(cidr, node, nodeUid, "pool", null));
    object.setStatus(
        new IPAllocationStatus(
            IPAllocationStatus.Phase.Ready,
            new IPAllocationStatus.Endpoint(List.of(endpoint), null, null),
            null,
            List.of()));
    return object;
  }

  /** Sets the state of an allocation, whatever else of it changes meanwhile. */
  public static void setState(KubernetesClient client, String name, IPAllocationSpec.State state) {
    client
        .resources(IPAllocation.class)
        .withName(name)
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            "{\"spec\":{\"state\":\"%s\"}}".formatted(state));
  }

  /** The same in another state. */
  public static IPAllocation in(IPAllocationSpec.State state, IPAllocation object) {
    IPAllocationSpec spec = object.getSpec();
    object.setSpec(
        new IPAllocationSpec(spec.cidr(), spec.node(), spec.nodeUID(), spec.pool(), state));
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
    object.setSpec(
        new IPPoolSpec(cidr, null, List.of(reserved), null, null, null, null, null, null));
    return object;
  }

  /** Makes an object with its status, which an API server takes by itself only. */
  public static <T extends HasMetadata> T create(KubernetesClient client, T object) {
    T made = client.resource(object).create();
    object.getMetadata().setResourceVersion(made.getMetadata().getResourceVersion());
    return client.resource(object).updateStatus();
  }

  @Override
  public void close() {
    server.close();
  }
}
