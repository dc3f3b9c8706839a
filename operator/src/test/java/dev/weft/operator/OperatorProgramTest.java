// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OperatorProgramTest {
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final OperatorProgram program =
      new OperatorProgram(
          Map.of("WEFT_HTTP_PORT", "nine"), new PrintStream(err, true, StandardCharsets.UTF_8));

  @Test
  void wrongOptionsAreToldAllAtOnce() {
    int code = program.run("--grace-period=soon", "--service-cidrs=10.96.0.1/12", "--nonsense");
    assertThat(code).isEqualTo(2);
    assertThat(err.toString(StandardCharsets.UTF_8).lines())
        .hasSize(4)
        .allMatch(line -> line.startsWith("weft-operator: "))
        .anyMatch(line -> line.contains("--nonsense"))
        .anyMatch(line -> line.contains("--grace-period=soon") && line.contains("10m"))
        .anyMatch(line -> line.contains("10.96.0.0/12"))
        .anyMatch(line -> line.contains("WEFT_HTTP_PORT=nine"));
  }

  @Test
  void probesAndMetricsAreServedWhileTheApiServerIsAway(@TempDir Path folder) throws Exception {
    int probes = freePort();
    int metrics = freePort();
    Path kubeconfig = folder.resolve("kubeconfig");
    Files.writeString(kubeconfig, kubeconfig(freePort()));
    CompletableFuture<Integer> code =
        CompletableFuture.supplyAsync(
            () ->
                program.run(
                    "--kubeconfig=" + kubeconfig,
                    "--http-port=" + probes,
                    "--metrics-port=" + metrics));
    await().ignoreExceptions().until(() -> get(probes, "/healthz").statusCode() == 200);
    await().until(() -> get(probes, "/readyz").body().contains("does not answer"));
    assertThat(get(probes, "/readyz").statusCode()).isEqualTo(503);
    assertThat(get(metrics, "/metrics").body())
        .contains("weft_leader", "weft_rounds_failed_total", "jvm_memory_used_bytes");
    program.stop();
    await().until(code::isDone);
    assertThat(code).isCompletedWithValue(0);
  }

  private static HttpResponse<String> get(int port, String path)
      throws IOException, InterruptedException {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build(),
            HttpResponse.BodyHandlers.ofString());
  }

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String kubeconfig(int port) {
    return """
        apiVersion: v1
        kind: Config
        clusters: [{name: c, cluster: {server: "http://127.0.0.1:%d"}}]
        contexts: [{name: c, context: {cluster: c, user: u}}]
        users: [{name: u, user: {}}]
        current-context: c
        """
        .formatted(port);
  }
}
