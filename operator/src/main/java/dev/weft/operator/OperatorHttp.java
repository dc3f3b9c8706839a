// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import dev.weft.probes.Cached;
import dev.weft.probes.HttpAnswer;
import dev.weft.probes.HttpRequest;
import dev.weft.probes.HttpServer;
import dev.weft.probes.Liveness;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * What the operator serves over HTTP: probes to its own node only, {@code /metrics} on the address
 * of the option. A port that is taken ends nothing.
 */
final class OperatorHttp implements AutoCloseable {
  private final HttpServer probes;
  private final HttpServer metrics;

  /** What was reported, by reason. */
  private final Map<String, String> reported = new LinkedHashMap<>();

  private OperatorHttp(HttpServer probes, HttpServer metrics) {
    this.probes = probes;
    this.metrics = metrics;
  }

  /**
   * Begins to answer.
   *
   * @throws IOException if the process may open no more descriptors
   */
  static OperatorHttp start(
      OperatorOptions options,
      Liveness liveness,
      Supplier<HttpAnswer> readiness,
      PrometheusMeterRegistry registry)
      throws IOException {
    String program = "weft-operator (pod " + options.podName().orElse("-") + ")";
    Cached metricsText = Cached.metrics(registry::scrape);
    HttpServer metrics =
        HttpServer.start(
            new HttpServer.Endpoint(
                program,
                new InetSocketAddress(options.metricsAddress(), options.metricsPort()),
                "--metrics-port, in the chart operator.metricsPort"),
            Map.of("/metrics", request -> metricsText.get()),
            () -> {});
    Function<HttpRequest, HttpAnswer> ready = request -> ready(readiness.get(), metrics.trouble());
    HttpServer probes =
        HttpServer.start(
            new HttpServer.Endpoint(
                program,
                new InetSocketAddress("127.0.0.1", options.httpPort()),
                "--http-port, in the chart operator.httpPort"),
            Map.of(
                "/healthz", request -> HttpAnswer.health(liveness),
                "/readyz", ready,
                // What the kubelet requests: no other program on this port answers there.
                "/weft-operator/readyz", ready),
            () -> {});
    gauge(registry, options.httpPort(), probes);
    gauge(registry, options.metricsPort(), metrics);
    return new OperatorHttp(probes, metrics);
  }

  /**
   * Reports each port that is taken, once for as long as it is. Not thread-safe.
   *
   * @param event takes a reason and a message
   */
  void report(BiConsumer<String, String> event) {
    report("ProbePortTaken", probes.trouble(), event);
    report("MetricsPortTaken", metrics.trouble(), event);
  }

  int probePort() {
    return probes.port();
  }

  int metricsPort() {
    return metrics.port();
  }

  @Override
  public void close() {
    probes.close();
    metrics.close();
  }

  private void report(String reason, Optional<String> trouble, BiConsumer<String, String> event) {
    String message = trouble.orElse("");
    if (message.equals(reported.getOrDefault(reason, ""))) {
      return;
    }
    reported.put(reason, message);
    if (!message.isEmpty()) {
      event.accept(reason, message);
    }
  }

  private static HttpAnswer ready(HttpAnswer answer, Optional<String> warning) {
    return warning
        .map(words -> HttpAnswer.text(answer.status(), answer.text() + words + "\n"))
        .orElse(answer);
  }

  private static void gauge(PrometheusMeterRegistry registry, int port, HttpServer server) {
    Gauge.builder("weft.operator.port.taken", () -> server.trouble().isPresent() ? 1 : 0)
        .description("Whether a port of the operator's own cannot be listened on")
        .tag("port", String.valueOf(port))
        .register(registry);
  }
}
