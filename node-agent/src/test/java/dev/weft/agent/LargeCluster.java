// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * An API server of a cluster of many blocks, as far as an agent of node1 needs one: it lists, in
 * pages where it is asked to, holds watches open without an event, and accepts what is written.
 * Block number i is 10.(i / 256).(i % 256).0/24 of node (i % 5,000), the last one is node1's.
 */
final class LargeCluster implements AutoCloseable {
  private static final String ALLOCATIONS = "/apis/weft.dev/v1alpha1/ipallocations";
  private static final int NODES = 5000;

  /** How many lists without a limit came. */
  final AtomicInteger unpagedLists = new AtomicInteger();

  private final CountDownLatch closed = new CountDownLatch(1);
  private final ExecutorService executor = Executors.newCachedThreadPool();
  private final HttpServer server;
  private final int peers;

  LargeCluster(int peers) throws IOException {
    this.peers = peers;
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(executor);
    server.createContext("/", this::answer);
    server.start();
  }

  /** How a program reaches it. */
  String kubeconfig() {
    return """
    apiVersion: v1
    kind: Config
    clusters: [{name: fake, cluster: {server: "http://127.0.0.1:%d"}}]
    users: [{name: fake, user: {}}]
    contexts: [{name: fake, context: {cluster: fake, user: fake}}]
    current-context: fake
    """
        .formatted(server.getAddress().getPort());
  }

  @Override
  public void close() {
    closed.countDown();
    server.stop(0);
    executor.shutdownNow();
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readAllBytes();
      String path = exchange.getRequestURI().getPath();
      if (exchange.getRequestHeaders().containsKey("Upgrade")
          && "websocket".equalsIgnoreCase(exchange.getRequestHeaders().getFirst("Upgrade"))) {
        exchange.sendResponseHeaders(503, -1);
      } else if (parameter(exchange, "watch", "").equals("true")) {
        exchange.sendResponseHeaders(200, 0);
        exchange.getResponseBody().flush();
        closed.await();
      } else if (!exchange.getRequestMethod().equals("GET")) {
        send(exchange, new String(body, StandardCharsets.UTF_8));
      } else {
        send(exchange, path.equals(ALLOCATIONS) ? page(exchange) : list(path));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void send(HttpExchange exchange, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().add("Content-Type", "application/json");
    exchange.sendResponseHeaders(200, bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  private static String parameter(HttpExchange exchange, String name, String otherwise) {
    String query = String.valueOf(exchange.getRequestURI().getQuery());
    for (String part : query.split("&")) {
      if (part.startsWith(name + "=")) {
        return part.substring(name.length() + 1);
      }
    }
    return otherwise;
  }

  private static String list(String path) {
    if (path.endsWith("/ippools")) {
      return listOf(
          "weft.dev/v1alpha1",
          "IPPool",
          "",
          "{\"apiVersion\":\"weft.dev/v1alpha1\",\"kind\":\"IPPool\",\"metadata\":{\"name\":\"pool\",\"uid\":\"p\",\"resourceVersion\":\"1\"},\"spec\":{\"cidr\":\"10.0.0.0/8\"}}");
    }
    if (path.endsWith("/nodes")) {
      return listOf(
          "v1",
          "Node",
          "",
          "{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":\"node1\",\"uid\":\"u1\",\"resourceVersion\":\"1\"},\"status\":{\"addresses\":[{\"type\":\"InternalIP\",\"address\":\"192.168.1.11\"}]}}");
    }
    return "{}";
  }

  private static String listOf(String version, String kind, String next, String items) {
    return "{\"apiVersion\":\"%s\",\"kind\":\"%sList\",\"metadata\":{\"resourceVersion\":\"1\"%s},\"items\":[%s]}"
        .formatted(version, kind, next, items);
  }

  private String page(HttpExchange exchange) {
    String limit = parameter(exchange, "limit", "");
    if (limit.isEmpty()) {
      unpagedLists.incrementAndGet();
    }
    int from = Integer.parseInt(parameter(exchange, "continue", "0"));
    int to = Math.min(peers + 1, from + (limit.isEmpty() ? peers + 1 : Integer.parseInt(limit)));
    String next = to <= peers ? ",\"continue\":\"" + to + "\"" : "";
    String items =
        IntStream.range(from, to)
            .mapToObj(i -> i == peers ? own() : peer(i))
            .collect(Collectors.joining(","));
    return listOf("weft.dev/v1alpha1", "IPAllocation", next, items);
  }

  private static String own() {
    return allocation("10.244.1.0/24", 1, "node1", "u1", "192.168.1.11");
  }

  private static String peer(int number) {
    int node = number % NODES;
    return allocation(
        "10.%d.%d.0/24".formatted(number / 256, number % 256),
        node,
        "ip-192-168-%d.compute.internal".formatted(node),
        "11111111-0000-4000-8000-%012d".formatted(node),
        "192.168.%d.%d".formatted(2 + node / 250, 1 + node % 250));
  }

  /** As large as a real one, with what server-side apply keeps of it. */
  private static String allocation(
      String cidr, int node, String nodeName, String nodeUid, String address) {
    String fields =
        IntStream.range(0, 20)
            .mapToObj(i -> "\"f:field%d\":{\".\":{},\"f:message\":{}}".formatted(i))
            .collect(Collectors.joining(","));
    return """
    {"apiVersion":"weft.dev/v1alpha1","kind":"IPAllocation","metadata":{"name":"%1$s",
    "uid":"00000000-0000-4000-8000-%2$012d","resourceVersion":"1234567","generation":1,
    "creationTimestamp":"2026-01-01T00:00:00Z","labels":{"weft.dev/pool":"pool"},
    "annotations":{"weft.dev/system-uuid":"4c4c4544-0000-4000-8000-%2$012d",
    "weft.dev/boot-id":"5d5d5555-0000-4000-8000-%2$012d"},
    "managedFields":[{"manager":"weft-agent","operation":"Apply","subresource":"status",
    "apiVersion":"weft.dev/v1alpha1","time":"2026-01-01T00:00:00Z","fieldsType":"FieldsV1",
    "fieldsV1":{"f:status":{%3$s}}}]},
    "spec":{"cidr":"%4$s","node":"%5$s","nodeUID":"%6$s","pool":"pool"},
    "status":{"phase":"Ready","endpoint":{"addresses":["%7$s"]},
    "addresses":{"capacity":253,"used":110,"free":143},
    "conditions":[{"type":"Programmed","status":"True","reason":"Programmed","message":"",
    "lastTransitionTime":"2026-01-01T00:00:00Z","observedGeneration":1}]}}
    """
        .formatted(
            cidr.replace('.', '-').replace('/', '-'),
            node,
            fields,
            cidr,
            nodeName,
            nodeUid,
            address)
        .replace("\n", "");
  }
}
