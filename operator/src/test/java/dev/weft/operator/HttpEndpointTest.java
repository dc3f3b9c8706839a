// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class HttpEndpointTest {
  private final HttpClient client = HttpClient.newHttpClient();

  @Test
  void answersWhatItServes() throws Exception {
    try (HttpEndpoint endpoint = new HttpEndpoint(loopback(0))) {
      endpoint.serve("/readyz", () -> new HttpEndpoint.Answer(503, "not yet\n"));
      HttpResponse<String> answer = get(endpoint.port());
      assertThat(answer.statusCode()).isEqualTo(503);
      assertThat(answer.body()).isEqualTo("not yet\n");
    }
  }

  @Test
  void takesAPortOverThatItsNeighbourHadFirst() throws Exception {
    ServerSocket neighbour = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    try (HttpEndpoint endpoint = new HttpEndpoint(loopback(neighbour.getLocalPort()))) {
      endpoint.serve("/readyz", () -> new HttpEndpoint.Answer(200, "mine\n"));
      neighbour.close();
      await()
          .atMost(Duration.ofSeconds(30))
          .ignoreExceptions()
          .until(() -> get(endpoint.port()).body().equals("mine\n"));
    }
  }

  private HttpResponse<String> get(int port) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/readyz"))
            .timeout(Duration.ofSeconds(5))
            .build();
    return client.send(request, HttpResponse.BodyHandlers.ofString());
  }

  private static InetSocketAddress loopback(int port) {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  }
}
