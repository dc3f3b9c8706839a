// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An API server of policies that it makes when they are listed, and again for a watch, after which
 * it has one more: all of them fit into no heap.
 */
final class LargePolicies implements AutoCloseable {
  /** Just fewer values than a policy may have of everything. */
  private static final int VALUES = PolicyMapper.MAX_ENTRIES - 10;

  /** So long that a policy is about as large as etcd takes it. */
  private static final String VALUE = "\"%063d\"";

  private static final Pattern LIMIT = Pattern.compile("[?&]limit=(\\d+)");
  private static final Pattern FROM = Pattern.compile("[?&]continue=(\\d+)");

  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final HttpServer server;
  private final String namespace;
  private final int count;

  LargePolicies(String namespace, int count) throws IOException {
    this.namespace = namespace;
    this.count = count;
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/", this::answer);
    server.start();
  }

  /** How a program reaches it. */
  String kubeconfig() {
    return TestApiServer.kubeconfig("http://127.0.0.1:" + server.getAddress().getPort());
  }

  private void answer(HttpExchange exchange) throws IOException {
    String uri = exchange.getRequestURI().toString();
    if ("websocket".equals(exchange.getRequestHeaders().getFirst("Upgrade"))) {
      exchange.sendResponseHeaders(503, -1); // the client watches by plain HTTP then
      return;
    }
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(200, 0);
    try (Writer writer =
        new BufferedWriter(
            new OutputStreamWriter(exchange.getResponseBody(), StandardCharsets.UTF_8))) {
      if (uri.contains("watch=true")) {
        watch(writer);
      } else {
        list(number(FROM, uri, 0), number(LIMIT, uri, 500), writer);
      }
    }
  }

  private static int number(Pattern parameter, String uri, int otherwise) {
    Matcher matcher = parameter.matcher(uri);
    return matcher.find() ? Integer.parseInt(matcher.group(1)) : otherwise;
  }

  private void list(int from, int limit, Writer list) throws IOException {
    int to = Math.min(count, from + limit);
    list.append("{\"kind\":\"NetworkPolicyList\",\"apiVersion\":\"networking.k8s.io/v1\",");
    list.append("\"metadata\":{\"resourceVersion\":\"1\"");
    list.append(to < count ? ",\"continue\":\"" + to + "\"}," : "},");
    list.append("\"items\":[");
    for (int i = from; i < to; i++) {
      list.append(i == from ? "" : ",");
      policy("large" + i, i, 1, list);
    }
    list.append("]}");
  }

  private void watch(Writer events) throws IOException {
    for (int i = 0; i <= count; i++) {
      events.append("{\"type\":\"MODIFIED\",\"object\":");
      policy(i == count ? PolicyHeapTest.LAST : "large" + i, i, 2, events);
      events.append("}\n");
    }
  }

  private void policy(String name, int number, int version, Writer to) throws IOException {
    to.append("{\"kind\":\"NetworkPolicy\",\"apiVersion\":\"networking.k8s.io/v1\",");
    to.append(
        "\"metadata\":{\"namespace\":\"%s\",\"name\":\"%s\",\"uid\":\"u\",\"resourceVersion\":\"%d\"},"
            .formatted(namespace, name, version));
    to.append("\"spec\":{\"podSelector\":{},\"ingress\":[{\"from\":[{\"podSelector\":");
    to.append("{\"matchExpressions\":[{\"key\":\"app\",\"operator\":\"In\",\"values\":[");
    for (int i = 0; i < VALUES; i++) {
      to.append(i == 0 ? "" : ",").append(VALUE.formatted(number * VALUES + i));
    }
    to.append("]}]}}]}]}}");
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
