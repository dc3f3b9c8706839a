// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.http;

import dev.weft.agent.cni.AddressRow;
import dev.weft.core.node.Obstacle;
import dev.weft.core.node.OwnBlock;
import dev.weft.core.node.PeerReport;
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

/**
 * What the agent says over HTTP: probes and {@code /v1} to its own node only, {@code /metrics} to
 * whoever reaches the node's address. Nothing is ever changed by a request. A port that is taken
 * ends nothing; {@link #obstacles} tells of it.
 */
public final class AgentHttp implements AutoCloseable {
  /** The reason where the port of the probes cannot be listened on. */
  public static final String PROBE_PORT_TAKEN = "ProbePortTaken";

  /** The reason where the port of the metrics cannot be listened on. */
  public static final String METRICS_PORT_TAKEN = "MetricsPortTaken";

  private static final String JSON = "application/json";

  /** What the answers are made of. */
  public interface Source {
    /** Whether CNI's STATUS says that the node is good, and the runtime has what it reads. */
    Probe ready();

    /** The node's addresses. */
    Collection<AddressRow> addresses();

    /** The node's blocks. */
    Collection<OwnBlock> blocks();

    /** The other nodes' blocks. */
    Collection<PeerReport> peers();
  }

  private final String program;
  private final Runnable changed;
  private final HttpServer local;
  private volatile Optional<HttpServer> metrics = Optional.empty();

  private AgentHttp(String program, Runnable changed, HttpServer local) {
    this.program = program;
    this.changed = changed;
    this.local = local;
  }

  /**
   * Begins to answer on 127.0.0.1.
   *
   * @param nodeName told in each answer
   * @param changed called when {@link #obstacles} may have changed, also before this method returns
   * @throws IOException if the process may open no more descriptors
   */
  public static AgentHttp start(
      String nodeName, int port, Liveness liveness, Source source, Runnable changed)
      throws IOException {
    String program = "weft-agent (node " + nodeName + ")";
    Map<String, Function<HttpRequest, HttpAnswer>> handlers =
        Map.of(
            "/healthz",
            request -> HttpAnswer.health(liveness),
            "/readyz",
            request -> ready(source),
            // What the kubelet asks: no other program on this port answers there.
            "/weft-agent/readyz",
            request -> ready(source),
            "/v1/addresses",
            table(() -> Tables.addresses(source.addresses())),
            "/v1/blocks",
            table(() -> Tables.blocks(source.blocks())),
            "/v1/peers",
            table(() -> Tables.peers(source.peers())));
    HttpServer.Endpoint endpoint =
        new HttpServer.Endpoint(
            program,
            new InetSocketAddress("127.0.0.1", port),
            "--http-port, in the chart agent.httpPort");
    return new AgentHttp(program, changed, HttpServer.start(endpoint, handlers, changed));
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

  /** The port it answers on: the one chosen, where 0 was asked for. */
  public int port() {
    return local.port();
  }

  /** Whether metrics are answered, or that is tried. */
  public boolean hasMetrics() {
    return metrics.isPresent();
  }

  /** The port that metrics are answered on. */
  int metricsPort() {
    return metrics.orElseThrow().port();
  }

  /** Why the port of the probes cannot be listened on; empty where it can. */
  public Optional<String> probePortTrouble() {
    return local.trouble();
  }

  /** Why the port of the metrics cannot be listened on; empty where it can, or was not tried. */
  public Optional<String> metricsPortTrouble() {
    return metrics.flatMap(HttpServer::trouble);
  }

  /** The ports that cannot be listened on, each with what to do. */
  public List<Obstacle> obstacles() {
    List<Obstacle> obstacles = new ArrayList<>();
    probePortTrouble().ifPresent(words -> obstacles.add(new Obstacle(PROBE_PORT_TAKEN, words)));
    metricsPortTrouble().ifPresent(words -> obstacles.add(new Obstacle(METRICS_PORT_TAKEN, words)));
    return obstacles;
  }

  @Override
  public void close() {
    local.close();
    metrics.ifPresent(HttpServer::close);
  }

  private static HttpAnswer ready(Source source) {
    Probe probe = source.ready();
    StringBuilder text = new StringBuilder(probe.ready() ? "ready\n" : "not ready\n");
    probe.lines().forEach(line -> text.append(line).append('\n'));
    return HttpAnswer.text(probe.ready() ? 200 : 503, text.toString());
  }

  private static Function<HttpRequest, HttpAnswer> table(Supplier<Table> table) {
    Cached asText = new Cached(Duration.ZERO, () -> HttpAnswer.text(200, table.get().text()));
    Cached asJson = new Cached(Duration.ZERO, () -> new HttpAnswer(200, JSON, table.get().json()));
    return request -> isJsonWanted(request) ? asJson.get() : asText.get();
  }

  private static boolean isJsonWanted(HttpRequest request) {
    return request.query().equals("format=json")
        || !request.query().equals("format=text") && request.accept().contains(JSON);
  }
}
