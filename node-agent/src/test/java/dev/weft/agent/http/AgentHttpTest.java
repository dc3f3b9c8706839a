// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.weft.agent.cni.AddressRow;
import dev.weft.agent.policy.PolicyItem;
import dev.weft.agent.policy.PolicyRow;
import dev.weft.core.dataplane.Route;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.IpAddress;
import dev.weft.core.node.AddressStatus;
import dev.weft.core.node.Attachment;
import dev.weft.core.node.AttachmentKey;
import dev.weft.core.node.BlockState;
import dev.weft.core.node.Blocker;
import dev.weft.core.node.Endpoint;
import dev.weft.core.node.OwnBlock;
import dev.weft.core.node.Peer;
import dev.weft.core.node.PeerReport;
import dev.weft.core.node.PodName;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AgentHttpTest {
  private final HttpClient client = HttpClient.newHttpClient();
  private Probe probe = new Probe(true, List.of());
  private Optional<String> stuck = Optional.empty();
  private AgentHttp http;

  @BeforeEach
  void start() throws Exception {
    http = new AgentHttp("node1", 0, () -> stuck, new Answers(), () -> {});
    http.start();
  }

  @AfterEach
  void stop() {
    http.close();
  }

  @Test
  void healthz_follows_the_loop() throws Exception {
    assertThat(get("/healthz").statusCode()).isEqualTo(200);
    stuck = Optional.of("the loop stands still");
    assertThat(get("/healthz").statusCode()).isEqualTo(503);
    assertThat(get("/healthz").body()).isEqualTo("the loop stands still\n");
  }

  @Test
  void readyz_names_each_reason() throws Exception {
    assertThat(get("/readyz").body()).isEqualTo("ready\n");
    probe = new Probe(false, List.of("no block", "API server: away"));
    assertThat(get("/readyz").statusCode()).isEqualTo(503);
    assertThat(get("/readyz").body()).isEqualTo("not ready\nno block\nAPI server: away\n");
  }

  @Test
  void addresses_are_a_table_of_text_by_default() throws Exception {
    assertThat(get("/v1/addresses").body())
        .isEqualTo(
            """
            IP          STATUS    POD        CONTAINER-ID  INTERFACE
            10.244.1.2  ASSIGNED  shop/blue  c1            eth0
            10.244.1.3  FREE      -          -             -
            """);
  }

  @Test
  void addresses_are_json_on_request() throws Exception {
    for (HttpResponse<String> answer :
        List.of(
            get("/v1/addresses?format=json"), get("/v1/addresses", "Accept", "application/json"))) {
      JsonNode json = new ObjectMapper().readTree(answer.body());
      assertThat(json).hasSize(2);
      assertThat(json.at("/0/containerId").asText()).isEqualTo("c1");
      assertThat(json.at("/1").has("pod")).isFalse();
    }
    assertThat(get("/v1/addresses?format=text", "Accept", "application/json").body())
        .startsWith("IP ");
  }

  @Test
  void blocks_say_how_each_stands() throws Exception {
    assertThat(get("/v1/blocks").body())
        .isEqualTo(
            """
            BLOCK          STATE     MESSAGE
            10.244.1.0/24  Active    -
            10.244.1.0/24  Draining  IPAllocation a is Draining
            """);
  }

  @Test
  void peers_say_how_each_is_reached_and_since_when() throws Exception {
    assertThat(get("/v1/peers").body())
        .isEqualTo(
            """
            NODE   BLOCK          ENDPOINT      VIA                               SINCE                 REACHED
            node2  10.244.2.0/24  192.168.1.12  direct via 192.168.1.12 dev eth0  1970-01-01T00:00:00Z  yes, 12s ago
            node3  10.244.3.0/24  -             NoEndpoint: not told              1970-01-01T00:00:00Z  -
            """);
  }

  @Test
  void the_policies_of_a_pod_are_its_rules_in_order() throws Exception {
    assertThat(get("/v1/policy?pod=shop/blue").body())
        .isEqualTo(
            """
            DIRECTION  VERDICT  POLICY      RULE  PEER            PORTS   PACKETS  BYTES
            ingress    accept   shop/allow  0     pods app=front  tcp/80  3        180
            ingress    drop     shop/allow  -     anyone else     -       -        -
            """);
    assertThat(new ObjectMapper().readTree(get("/v1/policy?pod=shop/blue&format=json").body()))
        .hasSize(2);
    assertThat(get("/v1/policy?pod=shop/red").statusCode()).isEqualTo(404);
    assertThat(get("/v1/policy?pod=blue").statusCode()).isEqualTo(400);
    assertThat(get("/v1/policy").body())
        .isEqualTo(
            """
            KIND   NAME             SIZE  DETAIL
            watch  networkpolicies  2     open
            """);
  }

  @Test
  void metrics_are_served_on_the_nodes_address_only() throws Exception {
    assertThat(get("/metrics").statusCode()).isEqualTo(404);
    http.startMetrics(InetAddress.getLoopbackAddress(), 0, () -> "weft_agent_ready 1.0\n");
    URI uri = URI.create("http://127.0.0.1:" + http.metricsPort() + "/metrics");
    assertThat(
            client
                .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
                .body())
        .isEqualTo("weft_agent_ready 1.0\n");
  }

  @Test
  void the_kubelet_is_answered_on_a_path_of_the_agents_own_by_name() throws Exception {
    HttpResponse<String> answer = get("/weft-agent/readyz");
    assertThat(answer.body()).isEqualTo("ready\n");
    assertThat(answer.headers().firstValue("Server")).contains("weft-agent (node node1)");
    assertThat(get("/weft-operator/readyz").statusCode()).isEqualTo(404);
  }

  @Test
  void a_port_that_is_taken_is_told_with_what_to_do() throws Exception {
    assertThat(http.blockers()).isEmpty();
    http.startMetrics(InetAddress.getLoopbackAddress(), http.port(), () -> "");
    assertThat(http.blockers())
        .singleElement()
        .satisfies(
            taken -> {
              assertThat(taken.reason()).isEqualTo("MetricsPortTaken");
              assertThat(taken.message())
                  .contains(
                      "port " + http.port() + ": Address already in use", "agent.metricsPort");
            });
  }

  @Test
  void clients_that_send_one_byte_keep_nobody_from_its_answer() throws Exception {
    List<Socket> slow = new ArrayList<>();
    try {
      for (int i = 0; i < 1_000; i++) {
        Socket socket = new Socket("127.0.0.1", http.port());
        slow.add(socket);
        socket.getOutputStream().write('G');
      }
      HttpRequest request =
          HttpRequest.newBuilder(uri("/healthz")).timeout(Duration.ofSeconds(60)).build();
      assertThat(client.send(request, HttpResponse.BodyHandlers.ofString()).body())
          .isEqualTo("ok\n");
    } finally {
      for (Socket socket : slow) {
        socket.close();
      }
    }
  }

  @Test
  void anything_else_is_refused() throws Exception {
    assertThat(get("/v1").statusCode()).isEqualTo(404);
    assertThat(get("/healthz/x").statusCode()).isEqualTo(404);
    HttpRequest post =
        HttpRequest.newBuilder(uri("/v1/peers"))
            .POST(HttpRequest.BodyPublishers.ofString("x"))
            .build();
    assertThat(client.send(post, HttpResponse.BodyHandlers.ofString()).statusCode()).isEqualTo(405);
  }

  private HttpResponse<String> get(String path, String... headers) throws Exception {
    HttpRequest.Builder request = HttpRequest.newBuilder(uri(path));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  private URI uri(String path) {
    return URI.create("http://127.0.0.1:" + http.port() + path);
  }

  private final class Answers implements AgentHttp.Source {
    @Override
    public Optional<List<PolicyRow>> policyRows(PodName pod) {
      PolicyRow accept =
          new PolicyRow(
              "ingress",
              "accept",
              "shop/allow",
              "0",
              "pods app=front",
              "tcp/80",
              OptionalLong.of(3),
              OptionalLong.of(180));
      PolicyRow drop =
          new PolicyRow(
              "ingress",
              "drop",
              "shop/allow",
              "",
              "anyone else",
              "",
              OptionalLong.empty(),
              OptionalLong.empty());
      return pod.name().equals("blue") ? Optional.of(List.of(accept, drop)) : Optional.empty();
    }

    @Override
    public List<PolicyItem> policyItems() {
      return List.of(new PolicyItem("watch", "networkpolicies", "2", "open"));
    }

    @Override
    public String reached(PeerReport peer) {
      return peer.route().isPresent() ? "yes, 12s ago" : "";
    }

    @Override
    public Probe ready() {
      return probe;
    }

    @Override
    public Collection<AddressRow> addresses() {
      Attachment blue =
          new Attachment(
              "weft",
              new AttachmentKey("c1", "eth0"),
              List.of(IpAddress.parse("10.244.1.2")),
              Optional.of(new PodName("shop", "blue")));
      return List.of(
          new AddressRow(blue.addresses().get(0), AddressStatus.ASSIGNED, Optional.of(blue)),
          new AddressRow(IpAddress.parse("10.244.1.3"), AddressStatus.FREE, Optional.empty()));
    }

    @Override
    public Collection<OwnBlock> blocks() {
      OwnBlock block = OwnBlock.of(Cidr.parse("10.244.1.0/24"), List.of());
      return List.of(block, block.with(BlockState.DRAINING, "IPAllocation a is Draining"));
    }

    @Override
    public Collection<PeerReport> peers() {
      IpAddress hop = IpAddress.parse("192.168.1.12");
      Cidr block = Cidr.parse("10.244.2.0/24");
      return List.of(
          new PeerReport(
              new Peer(
                  "node2", block, new Endpoint(List.of(hop)), Peer.State.LISTED, Instant.EPOCH),
              Optional.of(Route.toPeer(block, hop, "eth0")),
              Optional.empty()),
          new PeerReport(
              new Peer(
                  "node3",
                  Cidr.parse("10.244.3.0/24"),
                  Endpoint.UNKNOWN,
                  Peer.State.LISTED,
                  Instant.EPOCH),
              Optional.empty(),
              Optional.of(new Blocker(Blocker.NO_ENDPOINT, "not told"))));
    }
  }
}
