// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.http;

import dev.weft.agent.cni.AddressRow;
import dev.weft.agent.policy.PolicyItem;
import dev.weft.agent.policy.PolicyRow;
import dev.weft.core.node.Blocker;
import dev.weft.core.node.OwnBlock;
import dev.weft.core.node.PeerReport;
import dev.weft.core.node.PodName;
import dev.weft.probes.Cached;
import dev.weft.probes.HttpAnswer;
import dev.weft.probes.HttpRequest;
import dev.weft.probes.HttpServer;
import dev.weft.probes.Liveness;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * The agent's HTTP servers: probes and {@code /v1} on 127.0.0.1, {@code /metrics} on the node's
 * address. No request changes anything. A TCP port that is taken ends nothing; {@link #blockers}
 * reports it. Thread-safe, but for {@link #start} and {@link #startMetrics}.
 */
public final class AgentHttp implements AutoCloseable {
  /** The reason where the TCP port of the probes cannot be listened on. */
  public static final String PROBE_PORT_TAKEN = "ProbePortTaken";

  /** The reason where the TCP port of the metrics cannot be listened on. */
  public static final String METRICS_PORT_TAKEN = "MetricsPortTaken";

  private static final String JSON = "application/json";

  /** What the answers are read from. */
  public interface Source {
    /** Whether CNI's STATUS reports the node as good, and the runtime has its files. */
    Probe ready();

    /** The node's addresses. */
    Collection<AddressRow> addresses();

    /** The node's blocks. */
    Collection<OwnBlock> blocks();

    /** The other nodes' blocks. */
    Collection<PeerReport> peers();

    /** What a probe of the path to a block of another node found; empty where there was none. */
    String reached(PeerReport peer);

    /** A pod's effective rules; empty where it is no pod of this node. */
    default Optional<List<PolicyRow>> policyRows(PodName pod) {
      return Optional.empty();
    }

    /** What policies have on this node. */
    default List<PolicyItem> policyItems() {
      return List.of();
    }
  }

  private final String program;
  private final Runnable changed;
  private final InetSocketAddress address;
  private final Map<String, Function<HttpRequest, HttpAnswer>> handlers;
  private volatile Optional<HttpServer> local = Optional.empty();
  private volatile Optional<HttpServer> metrics = Optional.empty();

  /**
   * Servers that have not started.
   *
   * @param nodeName named in each answer
   * @param port TCP port on 127.0.0.1; 0: one that is free
   * @param changed called when {@link #blockers} may have changed, also before {@link #start}
   *     returns
   */
  public AgentHttp(String nodeName, int port, Liveness liveness, Source source, Runnable changed) {
    this.program = "weft-agent (node " + nodeName + ")";
    this.changed = changed;
    this.address = new InetSocketAddress("127.0.0.1", port);
    this.handlers =
        Map.of(
            "/healthz",
            request -> HttpAnswer.health(liveness),
            "/readyz",
            request -> ready(source),
            // The kubelet's: no other program on this port answers there.
            "/weft-agent/readyz",
            request -> ready(source),
            "/v1/addresses",
            table(() -> Tables.addresses(source.addresses())),
            "/v1/blocks",
            table(() -> Tables.blocks(source.blocks())),
            "/v1/peers",
            table(() -> Tables.peers(source.peers(), source::reached)),
            "/v1/policy",
            policy(source));
  }

  /**
   * Begins to answer probes and {@code /v1}; only once.
   *
   * @throws IOException if the process may open no more descriptors
   */
  public void start() throws IOException {
    HttpServer.Endpoint endpoint =
        new HttpServer.Endpoint(program, address, "--http-port, in the chart agent.httpPort");
    local = Optional.of(HttpServer.start(endpoint, handlers, changed));
  }

  /**
   * Begins to answer {@code /metrics} on the node's address; only once.
   *
   * @throws IOException if the process may open no more descriptors
   */
  public void startMetrics(InetAddress address, int port, Supplier<String> metricsText)
      throws IOException {
    HttpServer.Endpoint endpoint =
        new HttpServer.Endpoint(
            program,
            new InetSocketAddress(address, port),
            "--metrics-port, in the chart agent.metricsPort");
    Cached text = Cached.metrics(metricsText);
    metrics =
        Optional.of(HttpServer.start(endpoint, Map.of("/metrics", request -> text.get()), changed));
  }

  /** The TCP port of probes and {@code /v1}: the one chosen, where 0 was requested. */
  int port() {
    return local.orElseThrow().port();
  }

  /** The TCP port of the metrics. */
  int metricsPort() {
    return metrics.orElseThrow().port();
  }

  /** Why the port of the probes cannot be listened on; empty where it can, or was not tried. */
  public Optional<String> probePortTrouble() {
    return local.flatMap(HttpServer::trouble);
  }

  /** Why the port of the metrics cannot be listened on; empty where it can, or was not tried. */
  public Optional<String> metricsPortTrouble() {
    return metrics.flatMap(HttpServer::trouble);
  }

  /** The TCP ports that cannot be listened on, each with what to do. */
  public List<Blocker> blockers() {
    List<Blocker> blockers = new ArrayList<>();
    probePortTrouble().ifPresent(why -> blockers.add(new Blocker(PROBE_PORT_TAKEN, why)));
    metricsPortTrouble().ifPresent(why -> blockers.add(new Blocker(METRICS_PORT_TAKEN, why)));
    return blockers;
  }

  @Override
  public void close() {
    local.ifPresent(HttpServer::close);
    metrics.ifPresent(HttpServer::close);
  }

  private static HttpAnswer ready(Source source) {
    Probe probe = source.ready();
    StringBuilder text = new StringBuilder(probe.ready() ? "ready\n" : "not ready\n");
    probe.lines().forEach(line -> text.append(line).append('\n'));
    return HttpAnswer.text(probe.ready() ? 200 : 503, text.toString());
  }

  private static Function<HttpRequest, HttpAnswer> table(Supplier<Table> table) {
    Cached asText = new Cached(Duration.ZERO, () -> text(table.get()));
    Cached asJson = new Cached(Duration.ZERO, () -> json(table.get()));
    return request -> isJsonWanted(request) ? asJson.get() : asText.get();
  }

  private static Function<HttpRequest, HttpAnswer> policy(Source source) {
    Function<HttpRequest, HttpAnswer> items = table(() -> Tables.policyItems(source.policyItems()));
    return request ->
        parameters(request)
            .filter(parameter -> parameter.startsWith("pod="))
            .map(parameter -> parameter.substring("pod=".length()))
            .findFirst()
            .map(pod -> policies(source, pod, request))
            .orElseGet(() -> items.apply(request));
  }

  private static HttpAnswer policies(Source source, String pod, HttpRequest request) {
    String[] name = pod.split("/", -1);
    if (name.length != 2 || name[0].isEmpty() || name[1].isEmpty()) {
      return HttpAnswer.text(400, "pod=NAMESPACE/NAME is expected, not " + pod + "\n");
    }
    return source
        .policyRows(new PodName(name[0], name[1]))
        .map(Tables::policyRows)
        .map(table -> isJsonWanted(request) ? json(table) : text(table))
        .orElseGet(
            () ->
                HttpAnswer.text(
                    404, "no pod %s is attached to this node by Weft\n".formatted(pod)));
  }

  private static HttpAnswer text(Table table) {
    return HttpAnswer.text(200, table.text());
  }

  private static HttpAnswer json(Table table) {
    return new HttpAnswer(200, JSON, table.json());
  }

  private static Stream<String> parameters(HttpRequest request) {
    return Stream.of(request.query().split("&"));
  }

  private static boolean isJsonWanted(HttpRequest request) {
    return parameters(request).anyMatch("format=json"::equals)
        || parameters(request).noneMatch("format=text"::equals) && request.accept().contains(JSON);
  }
}
