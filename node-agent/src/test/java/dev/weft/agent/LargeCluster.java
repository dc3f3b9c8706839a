// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.weft.core.net.MacAddress;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * An API server of a cluster of many blocks, as far as an agent of node1 needs one: it lists, in
 * pages where it is asked to, holds watches open, and accepts what is written. The last blocks of
 * its list are node1's.
 */
final class LargeCluster implements AutoCloseable {
  private static final String ALLOCATIONS = "/apis/weft.dev/v1alpha1/ipallocations";
  private static final int NODES = 5000;

  /** The resourceVersion of what is listed. */
  private static final int FIRST = 1_234_567;

  /** How many lists without a limit came. */
  final AtomicInteger unpagedLists = new AtomicInteger();

  private final CountDownLatch closed = new CountDownLatch(1);
  private final ExecutorService executor = Executors.newCachedThreadPool();
  private final HttpServer server;
  private final Content content;

  /** Streams of the watches of allocations. */
  private final List<OutputStream> watches = new CopyOnWriteArrayList<>();

  private int resourceVersion = FIRST;

  /**
   * What is in the cluster, as JSON.
   *
   * @param pools every IPPool
   * @param addresses node1's InternalIPs
   * @param peers how many allocations of other nodes
   * @param peer each of them
   * @param own node1's allocations
   */
  private record Content(
      List<String> pools,
      List<String> addresses,
      int peers,
      IntFunction<String> peer,
      List<String> own) {
    int size() {
      return peers + own.size();
    }

    String allocation(int number) {
      return number < peers ? peer.apply(number) : own.get(number - peers);
    }
  }

  /** A node that owns blocks, with its endpoint as JSON. */
  private record Owner(String node, String uid, String endpoint) {}

  static {
    // An event is two small segments: the second would wait for the acknowledgement of the first.
    System.setProperty("sun.net.httpserver.nodelay", "true");
  }

  /**
   * A cluster of IPv4 whose nodes are on one link, with up to 5,000 of them: block number i is
   * 10.(i / 256).(i % 256).0/24 of node (i % 5,000).
   */
  LargeCluster(int peers) throws IOException {
    this(
        new Content(
            List.of(pool("pool", "10.0.0.0/8", "Auto")),
            List.of("192.168.1.11"),
            peers,
            LargeCluster::peer,
            List.of(own())));
  }

  /** A cluster of both families of so many other nodes, each with a block of each, by VXLAN. */
  static LargeCluster tunnelled(int nodes) throws IOException {
    return new LargeCluster(
        new Content(
            List.of(pool("pool4", "10.0.0.0/8", "VXLAN"), pool("pool6", "fd00:244::/48", "VXLAN")),
            List.of("192.168.1.11", "fd00:192::11"),
            2 * nodes,
            number -> tunnelledPeer(number / 2, number % 2 == 0, underlay(number / 2), FIRST),
            List.of(tunnelledOwn("10.244.1.0/24"), tunnelledOwn("fd00:244:0:f001::/64"))));
  }

  private LargeCluster(Content content) throws IOException {
    this.content = content;
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
        if (path.equals(ALLOCATIONS)) {
          watches.add(exchange.getResponseBody());
        }
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

  private String list(String path) {
    if (path.endsWith("/ippools")) {
      return listOf("weft.dev/v1alpha1", "IPPool", "", String.join(",", content.pools()));
    }
    if (path.endsWith("/nodes")) {
      String addresses =
          content.addresses().stream()
              .map("{\"type\":\"InternalIP\",\"address\":\"%s\"}"::formatted)
              .collect(Collectors.joining(","));
      return listOf(
          "v1",
          "Node",
          "",
          "{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":\"node1\",\"uid\":\"u1\",\"resourceVersion\":\"1\"},\"status\":{\"addresses\":[%s]}}"
              .formatted(addresses));
    }
    return "{}";
  }

  private static String pool(String name, String cidr, String routing) {
    return "{\"apiVersion\":\"weft.dev/v1alpha1\",\"kind\":\"IPPool\",\"metadata\":{\"name\":\"%1$s\",\"uid\":\"%1$s\",\"resourceVersion\":\"1\"},\"spec\":{\"cidr\":\"%2$s\",\"routing\":\"%3$s\"}}"
        .formatted(name, cidr, routing);
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
    int all = content.size();
    int to = Math.min(all, from + (limit.isEmpty() ? all : Integer.parseInt(limit)));
    String next = to < all ? ",\"continue\":\"" + to + "\"" : "";
    String items =
        IntStream.range(from, to).mapToObj(content::allocation).collect(Collectors.joining(","));
    return listOf("weft.dev/v1alpha1", "IPAllocation", next, items);
  }

  /** The events, one of each family, by which another node of {@link #tunnelled} moves. */
  List<byte[]> moves(int node, String ipv4Address) {
    return Stream.of(true, false)
        .map(
            ipv4 ->
                tunnelledPeer(
                    node, ipv4, List.of(ipv4Address, underlay(node).get(1)), ++resourceVersion))
        .map("{\"type\":\"MODIFIED\",\"object\":%s}\n"::formatted)
        .map(event -> event.getBytes(StandardCharsets.UTF_8))
        .toList();
  }

  /** Sends events to every watch. */
  void send(List<byte[]> events) throws IOException {
    for (byte[] event : events) {
      for (OutputStream watch : watches) {
        watch.write(event);
        watch.flush();
      }
    }
  }

  private static String own() {
    return allocation(
        "10.244.1.0/24", "pool", 1, new Owner("node1", "u1", endpoint("192.168.1.11")), FIRST);
  }

  private static String peer(int number) {
    int node = number % NODES;
    return allocation(
        "10.%d.%d.0/24".formatted(number / 256, number % 256),
        "pool",
        node,
        owner(node, endpoint(underlay(node).get(0))),
        FIRST);
  }

  /** Another node with its endpoint as JSON. */
  private static Owner owner(int node, String endpoint) {
    return new Owner("ip-192-168-%d.compute.internal".formatted(node), uid(node), endpoint);
  }

  private static String uid(int node) {
    return "11111111-0000-4000-8000-%012d".formatted(node);
  }

  private static String endpoint(String address) {
    return "{\"addresses\":[\"%s\"]}".formatted(address);
  }

  private static List<String> underlay(int node) {
    return List.of(
        "192.168.%d.%d".formatted(2 + node / 250, 1 + node % 250),
        "fd00:192::%x:%x".formatted(2 + node / 250, 1 + node % 250));
  }

  private static String tunnelledPeer(
      int node, boolean ipv4, List<String> addresses, int resourceVersion) {
    return allocation(
        ipv4
            ? "10.%d.%d.0/24".formatted(node / 256, node % 256)
            : "fd00:244:0:%x::/64".formatted(node + 1),
        ipv4 ? "pool4" : "pool6",
        2 * node + (ipv4 ? 0 : 1),
        owner(node, tunnelEnd(addresses, uid(node))),
        resourceVersion);
  }

  private static String tunnelledOwn(String cidr) {
    boolean ipv4 = cidr.contains(".");
    return allocation(
        cidr,
        ipv4 ? "pool4" : "pool6",
        ipv4 ? 900_001 : 900_002,
        new Owner("node1", "u1", tunnelEnd(List.of("192.168.1.11", "fd00:192::11"), "u1")),
        FIRST);
  }

  private static String tunnelEnd(List<String> addresses, String uid) {
    return "{\"addresses\":[\"%s\"],\"onLink\":[\"192.168.0.0/16\",\"fd00:192::/64\"],\"vxlan\":{\"mac\":\"%s\"}}"
        .formatted(String.join("\",\"", addresses), MacAddress.ofNode(uid));
  }

  /** As large as a real one, with what server-side apply keeps of it. */
  private static String allocation(
      String cidr, String pool, int number, Owner owner, int resourceVersion) {
    String fields =
        IntStream.range(0, 20)
            .mapToObj(i -> "\"f:field%d\":{\".\":{},\"f:message\":{}}".formatted(i))
            .collect(Collectors.joining(","));
    return """
    {"apiVersion":"weft.dev/v1alpha1","kind":"IPAllocation","metadata":{"name":"%1$s",
    "uid":"00000000-0000-4000-8000-%2$012d","resourceVersion":"%9$d","generation":1,
    "creationTimestamp":"2026-01-01T00:00:00Z","labels":{"weft.dev/pool":"%8$s"},
    "annotations":{"weft.dev/system-uuid":"4c4c4544-0000-4000-8000-%2$012d",
    "weft.dev/boot-id":"5d5d5555-0000-4000-8000-%2$012d"},
    "managedFields":[{"manager":"weft-agent","operation":"Apply","subresource":"status",
    "apiVersion":"weft.dev/v1alpha1","time":"2026-01-01T00:00:00Z","fieldsType":"FieldsV1",
    "fieldsV1":{"f:status":{%3$s}}}]},
    "spec":{"cidr":"%4$s","node":"%5$s","nodeUID":"%6$s","pool":"%8$s"},
    "status":{"phase":"Ready","endpoint":%7$s,
    "addresses":{"capacity":253,"used":110,"free":143},
    "conditions":[{"type":"Programmed","status":"True","reason":"Programmed","message":"",
    "lastTransitionTime":"2026-01-01T00:00:00Z","observedGeneration":1}]}}
    """
        .formatted(
            cidr.replace('.', '-').replace(':', '-').replace('/', '-'),
            number,
            fields,
            cidr,
            owner.node(),
            owner.uid(),
            owner.endpoint(),
            pool,
            resourceVersion)
        .replace("\n", "");
  }
}
