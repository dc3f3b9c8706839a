// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.http;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.weft.agent.cni.AddressRow;
import dev.weft.core.node.OwnBlock;
import dev.weft.core.node.PeerReport;
import dev.weft.probes.Liveness;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the agent says over HTTP: probes and {@code /v1} to its own node only, {@code /metrics} to
 * whoever reaches the node's address. Nothing is ever changed by a request.
 */
public final class AgentHttp implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AgentHttp.class);
  private static final String TEXT = "text/plain; charset=utf-8";
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

  static {
    // Seconds that a client may take; jdk.httpserver has no setter for them.
    System.setProperty("sun.net.httpserver.maxReqTime", "10");
    System.setProperty("sun.net.httpserver.maxRspTime", "10");
  }

  private final ExecutorService executor = thread("http");
  private final ExecutorService metricsExecutor = thread("metrics");
  private final HttpServer local;
  private HttpServer metrics;

  private AgentHttp(HttpServer local) {
    this.local = local;
  }

  /**
   * Begins to answer on 127.0.0.1.
   *
   * @throws IOException if the port is taken
   */
  public static AgentHttp start(int port, Liveness liveness, Source source) throws IOException {
    HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 16);
    AgentHttp http = new AgentHttp(server);
    http.route(server, "/healthz", exchange -> health(exchange, liveness));
    http.route(server, "/readyz", exchange -> ready(exchange, source));
    http.route(
        server, "/v1/addresses", exchange -> table(exchange, Tables.addresses(source.addresses())));
    http.route(server, "/v1/blocks", exchange -> table(exchange, Tables.blocks(source.blocks())));
    http.route(server, "/v1/peers", exchange -> table(exchange, Tables.peers(source.peers())));
    server.setExecutor(http.executor);
    server.start();
    return http;
  }

  /**
   * Begins to answer {@code /metrics} on the node's address.
   *
   * @throws IOException if it cannot be listened on
   */
  public void startMetrics(InetAddress address, int port, Supplier<String> scrape)
      throws IOException {
    HttpServer server = HttpServer.create(new InetSocketAddress(address, port), 16);
    route(
        server,
        "/metrics",
        exchange ->
            answer(exchange, 200, "text/plain; version=0.0.4; charset=utf-8", scrape.get()));
    server.setExecutor(metricsExecutor);
    server.start();
    metrics = server;
  }

  /** The port it answers on: the one chosen, where 0 was asked for. */
  public int port() {
    return local.getAddress().getPort();
  }

  /** The port that metrics are answered on. */
  int metricsPort() {
    return metrics.getAddress().getPort();
  }

  @Override
  public void close() {
    local.stop(0);
    if (metrics != null) {
      metrics.stop(0);
    }
    executor.shutdown();
    metricsExecutor.shutdown();
  }

  private static ExecutorService thread(String name) {
    return Executors.newSingleThreadExecutor(
        task -> {
          Thread thread = new Thread(task, name);
          thread.setDaemon(true);
          return thread;
        });
  }

  private interface Handler {
    void handle(HttpExchange exchange) throws IOException;
  }

  private void route(HttpServer server, String path, Handler handler) {
    server.createContext(
        path,
        exchange -> {
          try (exchange) {
            if (!exchange.getRequestURI().getPath().equals(path)) {
              answer(
                  exchange, 404, TEXT, "not found: " + exchange.getRequestURI().getPath() + "\n");
            } else if (!exchange.getRequestMethod().matches("GET|HEAD")) {
              answer(exchange, 405, TEXT, "only GET\n");
            } else {
              handler.handle(exchange);
            }
          } catch (RuntimeException e) {
            LOG.error("answer GET {}", path, e);
          }
        });
  }

  private static void health(HttpExchange exchange, Liveness liveness) throws IOException {
    Optional<String> stuck = liveness.stuck();
    answer(exchange, stuck.isEmpty() ? 200 : 503, TEXT, stuck.orElse("ok") + "\n");
  }

  private static void ready(HttpExchange exchange, Source source) throws IOException {
    Probe probe = source.ready();
    StringBuilder text = new StringBuilder(probe.ready() ? "ready\n" : "not ready\n");
    probe.lines().forEach(line -> text.append(line).append('\n'));
    answer(exchange, probe.ready() ? 200 : 503, TEXT, text.toString());
  }

  private static void table(HttpExchange exchange, Table table) throws IOException {
    String query = String.valueOf(exchange.getRequestURI().getQuery());
    String accept = String.valueOf(exchange.getRequestHeaders().getFirst("Accept"));
    boolean json =
        query.equals("format=json") || !query.equals("format=text") && accept.contains(JSON);
    answer(exchange, 200, json ? JSON : TEXT, json ? table.json() : table.text());
  }

  private static void answer(HttpExchange exchange, int status, String type, String text)
      throws IOException {
    byte[] body = text.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", type);
    if (exchange.getRequestMethod().equals("HEAD")) {
      exchange.sendResponseHeaders(status, -1);
      return;
    }
    exchange.sendResponseHeaders(status, body.length);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(body);
    }
  }
}
