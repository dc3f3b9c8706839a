// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import dev.weft.api.IPAllocation;
import dev.weft.api.IPAllocationSpec;
import dev.weft.api.IPPool;
import dev.weft.api.IPPoolSpec;
import dev.weft.core.options.OptionException;
import dev.weft.sandbox.api.ApiServer;
import dev.weft.sandbox.api.ApiServer.Refusal;
import dev.weft.sandbox.api.ApiServer.Request;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.http.BasicBuilder;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.Interceptor;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** An API server in memory, operators on it, and what tests say and ask. */
final class TestCluster implements AutoCloseable {
  /** Silent after 3 s, and never requested to answer again. */
  private static final AgentTimes AGENT_TIMES =
      new AgentTimes(Duration.ofSeconds(3), Duration.ofDays(1));

  final KubernetesClient client;
  private final ApiServer server;
  private final List<String> writes = new CopyOnWriteArrayList<>();
  private final Map<String, Integer> watches = new ConcurrentHashMap<>();
  private final List<WeftOperator> running = new ArrayList<>();
  private volatile Function<Request, Optional<Refusal>> refusals = request -> Optional.empty();

  TestCluster() {
    this(0);
  }

  /** On this port; 0: any free one. */
  TestCluster(int port) {
    server = new ApiServer(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    server.setAdmission(this::review);
    try (Stream<Path> definitions = Files.list(Path.of("..", "crds"))) {
      for (Path file : definitions.filter(f -> f.toString().endsWith(".yaml")).toList()) {
        server.define(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.start();
    client = new KubernetesClientBuilder().withConfig(config()).build();
  }

  private Config config() {
    return new ConfigBuilder(Config.empty()).withMasterUrl(server.url()).build();
  }

  /** Drops the rules in CEL of the CRDs, so that objects are possible which are older. */
  void dropRules() {
    server.dropRules();
  }

  private Optional<Refusal> review(Request request) {
    if (request.uri().contains("watch=true")) {
      watches.merge(path(request), 1, Integer::sum);
    }
    if (!request.method().equals("GET")) {
      writes.add(request.method() + " " + path(request));
    }
    return refusals.apply(request);
  }

  private static String path(Request request) {
    return request.uri().replaceFirst("\\?.*", "");
  }

  /**
   * Answers every request whose path and query hold this text by an error from now on; 0: no more.
   */
  void refuse(String path, int code) {
    refusals =
        request ->
            code != 0 && request.uri().contains(path)
                ? Optional.of(new Refusal(code, "refused by the test"))
                : Optional.empty();
  }

  /** Refuses the writes that this holds of, as {@code METHOD PATH BODY}, from now on. */
  void refuse(Predicate<String> refused) {
    refusals =
        request ->
            !request.method().equals("GET")
                    && refused.test(request.method() + " " + path(request) + " " + request.body())
                ? Optional.of(new Refusal(403, "admission webhook \"test\" denied the request"))
                : Optional.empty();
  }

  /** Every write so far, as {@code METHOD PATH}. */
  List<String> writes() {
    return List.copyOf(writes);
  }

  /** How many watches were opened so far, by path. */
  Map<String, Integer> watches() {
    return Map.copyOf(watches);
  }

  /** Starts an operator of its own on the API server. */
  WeftOperator operator(String... arguments) {
    return operator(request -> {}, arguments);
  }

  /**
   * Starts an operator of its own on the API server.
   *
   * @param before is given each of its requests, as {@code METHOD PATH BODY}, before it is sent
   */
  WeftOperator operator(Consumer<String> before, String... arguments) {
    return start(before, Clocks.SYSTEM, AGENT_TIMES, arguments);
  }

  /** As above, with an operator for which time passes as the test lets it. */
  WeftOperator operator(ManualTime time, String... arguments) {
    return start(request -> {}, time.clocks(), AGENT_TIMES, arguments);
  }

  /** As both. */
  WeftOperator operator(Consumer<String> before, ManualTime time, String... arguments) {
    return start(before, time.clocks(), AGENT_TIMES, arguments);
  }

  /** As above, with an operator that probes agents that are not Ready in these times. */
  WeftOperator operator(AgentTimes agentTimes, String... arguments) {
    return start(request -> {}, Clocks.SYSTEM, agentTimes, arguments);
  }

  private WeftOperator start(
      Consumer<String> before, Clocks clocks, AgentTimes agentTimes, String... arguments) {
    List<String> all = new ArrayList<>(List.of("--leader-elect=false", "--release-hold=100ms"));
    for (String argument : arguments) {
      all.removeIf(given -> given.startsWith(argument.replaceFirst("=.*", "=")));
      all.add(argument);
    }
    WeftOperator operator = operator(client(before), clocks, agentTimes, all);
    running.add(operator);
    return operator;
  }

  private KubernetesClient client(Consumer<String> before) {
    Interceptor interceptor =
        new Interceptor() {
          @Override
          public void before(BasicBuilder builder, HttpRequest request, RequestTags tags) {
            String path = request.uri().getPath();
            before.accept("%s %s %s".formatted(request.method(), path, request.bodyString()));
          }
        };
    return new KubernetesClientBuilder()
        .withConfig(client.getConfiguration())
        .withHttpClientBuilderConsumer(
            builder -> builder.addOrReplaceInterceptor("test", interceptor))
        .build();
  }

  /** Starts an operator on any API server. */
  static WeftOperator operator(KubernetesClient client, String... arguments) {
    return operator(client, Clocks.SYSTEM, AGENT_TIMES, List.of(arguments));
  }

  private static WeftOperator operator(
      KubernetesClient client, Clocks clocks, AgentTimes agentTimes, List<String> arguments) {
    try {
      WeftOperator operator =
          new WeftOperator(
              client,
              OperatorOptions.parse(arguments, Map.of()),
              new SimpleMeterRegistry(),
              () -> {},
              clocks,
              agentTimes);
      operator.start();
      return operator;
    } catch (OptionException e) {
      throw new IllegalArgumentException(e);
    }
  }

  IPPool pool(String name, String cidr, Integer blockLength, String... reserved) {
    return pool(
        name,
        new IPPoolSpec(cidr, blockLength, List.of(reserved), null, null, null, null, null, null));
  }

  IPPool pool(String name, IPPoolSpec spec) {
    IPPool pool = new IPPool();
    pool.setMetadata(new ObjectMetaBuilder().withName(name).build());
    pool.setSpec(spec);
    return client.resource(pool).create();
  }

  /** Lets a user change the range of a pool. */
  void declare(String pool, String cidr) {
    merge(pool, "{\"spec\":{\"cidr\":\"%s\"}}".formatted(cidr));
  }

  /** Lets a user change the state of a pool. */
  void declare(String pool, IPPoolSpec.State state) {
    merge(pool, "{\"spec\":{\"state\":\"%s\"}}".formatted(state));
  }

  private void merge(String pool, String patch) {
    client
        .resources(IPPool.class)
        .withName(pool)
        .patch(PatchContext.of(PatchType.JSON_MERGE), patch);
  }

  void deletePool(String name) {
    client.resources(IPPool.class).withName(name).delete();
  }

  void deleteAllocation(String name) {
    client.resources(IPAllocation.class).withName(name).delete();
  }

  Node node(String name, String address) {
    return node(name, address, "machine-" + name, "boot-1");
  }

  Node node(String name, String address, String systemUuid, String bootId) {
    return client
        .resource(
            new NodeBuilder()
                .withNewMetadata()
                .withName(name)
                .endMetadata()
                .withNewStatus()
                .addNewAddress(address, "InternalIP")
                .withNewNodeInfo()
                .withSystemUUID(systemUuid)
                .withBootID(bootId)
                .endNodeInfo()
                .endStatus()
                .build())
        .create();
  }

  void deleteNode(String name) {
    client.nodes().withName(name).delete();
  }

  IPAllocation allocation(String name, String cidr, String node, String nodeUid, String pool) {
    IPAllocation allocation = new IPAllocation();
    allocation.setMetadata(new ObjectMetaBuilder().withName(name).build());
    allocation.setSpec(new IPAllocationSpec(cidr, node, nodeUid, pool, null));
    return client.resource(allocation).create();
  }

  List<IPAllocation> allocations() {
    return client.resources(IPAllocation.class).list().getItems();
  }

  /** Blocks and their nodes. */
  Map<String, String> owners() {
    Map<String, String> owners = new TreeMap<>();
    allocations().forEach(a -> owners.put(a.getSpec().cidr(), a.getSpec().node()));
    return owners;
  }

  IPPool pool(String name) {
    return client.resources(IPPool.class).withName(name).get();
  }

  IPAllocation allocation(String name) {
    return client.resources(IPAllocation.class).withName(name).get();
  }

  /** A text on each version of each object of a kind, from its first change on. */
  <T extends HasMetadata> List<String> follow(Class<T> kind, Function<T, String> text) {
    List<String> seen = new CopyOnWriteArrayList<>();
    client
        .resources(kind)
        .inform(
            new ResourceEventHandler<>() {
              @Override
              public void onAdd(T object) {}

              @Override
              public void onUpdate(T before, T object) {
                seen.add(text.apply(object));
              }

              @Override
              public void onDelete(T object, boolean unknown) {}
            });
    return seen;
  }

  /** A condition as {@code STATUS REASON}, or empty text. */
  static String condition(List<Condition> conditions, String type) {
    return find(conditions, type)
        .map(condition -> condition.getStatus() + " " + condition.getReason())
        .orElse("");
  }

  static String message(List<Condition> conditions, String type) {
    return find(conditions, type).map(Condition::getMessage).orElse("");
  }

  String poolCondition(String name, String type) {
    IPPool pool = pool(name);
    return pool == null || pool.getStatus() == null
        ? ""
        : condition(pool.getStatus().conditions(), type);
  }

  String allocationCondition(String name, String type) {
    IPAllocation allocation = allocation(name);
    return allocation == null || allocation.getStatus() == null
        ? ""
        : condition(allocation.getStatus().conditions(), type);
  }

  /** The range in force of a pool; null: none. */
  String range(String pool) {
    IPPool there = pool(pool);
    return there == null || there.getStatus() == null ? null : there.getStatus().cidr();
  }

  String poolMessage(String name, String type) {
    IPPool pool = pool(name);
    return pool == null || pool.getStatus() == null
        ? ""
        : message(pool.getStatus().conditions(), type);
  }

  /** The state of a block that is there; null: its allocation says none. */
  IPAllocationSpec.State state(String allocation) {
    return allocation(allocation).getSpec().state();
  }

  /** The condition NetworkUnavailable of a node, as {@code STATUS REASON}, or empty text. */
  String networkUnavailable(String node) {
    return client.nodes().withName(node).get().getStatus().getConditions().stream()
        .filter(condition -> condition.getType().equals("NetworkUnavailable"))
        .map(condition -> condition.getStatus() + " " + condition.getReason())
        .findFirst()
        .orElse("");
  }

  /** Events as {@code KIND NAME REASON}. */
  List<String> events() {
    return client.v1().events().inNamespace("default").list().getItems().stream()
        .map(TestCluster::words)
        .toList();
  }

  /** The same, of the Events that are warnings. */
  List<String> warnings() {
    return client.v1().events().inNamespace("default").list().getItems().stream()
        .filter(event -> event.getType().equals("Warning"))
        .map(TestCluster::words)
        .toList();
  }

  private static String words(Event event) {
    return "%s %s %s"
        .formatted(
            event.getInvolvedObject().getKind(),
            event.getInvolvedObject().getName(),
            event.getReason());
  }

  private static Optional<Condition> find(List<Condition> conditions, String type) {
    return (conditions == null ? List.<Condition>of() : conditions)
        .stream().filter(condition -> type.equals(condition.getType())).findFirst();
  }

  @Override
  public void close() {
    for (WeftOperator one : running) {
      one.close();
    }
    client.close();
    server.close();
  }
}
