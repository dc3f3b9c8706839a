// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.as;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;
import static org.awaitility.Awaitility.await;

import dev.weft.probes.HttpAnswer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OperatorProgramTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final OperatorProgram program =
      new OperatorProgram(
          Map.of("WEFT_HTTP_PORT", "nine"),
          new PrintStream(out, true, UTF_8),
          new PrintStream(err, true, UTF_8));

  @Test
  void wrongOptionsAreReportedAllAtOnce() {
    int code = program.run("--grace-period=soon", "--service-cidrs=10.96.0.1/12", "--nonsense");
    assertThat(code).isEqualTo(2);
    assertThat(err.toString(UTF_8).lines())
        .hasSize(5)
        .allMatch(line -> line.startsWith("weft-operator: "))
        .anyMatch(line -> line.contains("--nonsense"))
        .anyMatch(line -> line.contains("--grace-period=soon") && line.contains("10m"))
        .anyMatch(line -> line.contains("10.96.0.0/12"))
        .anyMatch(line -> line.contains("WEFT_HTTP_PORT=nine"));
  }

  @Test
  void helpExplainsEachOption() {
    assertThat(program.run("--grace-period=1h", "--help")).isZero();
    assertThat(out.toString(UTF_8))
        .startsWith("Usage: weft-operator [OPTION]...")
        .contains("--grace-period=DURATION", "WEFT_GRACE_PERIOD, default 10m", "--pod-ips");
    assertThat(err.size()).isZero();
  }

  @Test
  void aKubeconfigThatCannotBeUsedIsReportedInOneLine(@TempDir Path directory) throws Exception {
    OperatorProgram program =
        new OperatorProgram(Map.of(), System.out, new PrintStream(err, true, UTF_8));
    Path file = directory.resolve("kubeconfig");
    assertThat(program.run("--kubeconfig=" + file)).isEqualTo(2);
    Files.writeString(file, "{ no: yaml");
    assertThat(program.run("--kubeconfig=" + file)).isEqualTo(2);
    Files.writeString(
        file,
        kubeconfig(1)
            .replace("server:", "certificate-authority: /nowhere/ca.crt, server:")
            .replace("http:", "https:"));
    assertThat(program.run("--kubeconfig=" + file)).isEqualTo(2);
    assertThat(err.toString(UTF_8).lines())
        .hasSize(3)
        .allMatch(line -> line.startsWith("weft-operator: kubeconfig " + file))
        .anyMatch(line -> line.endsWith("no such file: " + file))
        .anyMatch(
            line ->
                line.contains(", server https://127.0.0.1:1")
                    && line.endsWith("no such file: /nowhere/ca.crt"));
  }

  @Test
  void aKubeconfigOfTheEnvironmentThatIsNotThereIsReported(@TempDir Path directory) {
    String file = directory.resolve("kubeconfig").toString();
    OperatorProgram program =
        new OperatorProgram(
            Map.of("KUBECONFIG", file), System.out, new PrintStream(err, true, UTF_8));

    assertThat(program.run()).isEqualTo(2);
    assertThat(err.toString(UTF_8))
        .isEqualTo("weft-operator: kubeconfig %1$s: no such file: %1$s\n".formatted(file));
  }

  @Test
  void probesAndMetricsAreServedWhileTheApiServerIsAway(@TempDir Path directory) throws Exception {
    int probes = FreePort.find();
    int metrics = FreePort.find();
    Path kubeconfig = directory.resolve("kubeconfig");
    Files.writeString(kubeconfig, kubeconfig(FreePort.find()));
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
        .contains("weft_leader", "weft_allocation_passes_failed_total", "jvm_memory_used_bytes");
    program.stop();
    await().until(code::isDone);
    assertThat(code).isCompletedWithValue(0);
  }

  @Test
  void portsThatAreTakenEndNothingAndAreTakenOver(@TempDir Path directory) throws Exception {
    ServerSocket metrics = new ServerSocket(FreePort.find(), 1, InetAddress.getLoopbackAddress());
    ServerSocket probes = new ServerSocket(FreePort.find(), 1, InetAddress.getLoopbackAddress());
    Path kubeconfig = directory.resolve("kubeconfig");
    Files.writeString(kubeconfig, kubeconfig(FreePort.find()));
    CompletableFuture<Integer> code =
        CompletableFuture.supplyAsync(
            () ->
                program.run(
                    "--kubeconfig=" + kubeconfig,
                    "--pod-name=weft-operator-1",
                    "--http-port=" + probes.getLocalPort(),
                    "--metrics-port=" + metrics.getLocalPort()));
    probes.close();
    await()
        .failFast("the program has ended", () -> assertThat(code).isNotDone())
        .ignoreExceptions()
        .until(
            () ->
                get(probes.getLocalPort(), "/weft-operator/readyz")
                    .body()
                    .contains(
                        "port "
                            + metrics.getLocalPort()
                            + ": Address already in use; stop the program that has it (ss -ltnp)"
                            + " or choose another port: --metrics-port"));
    HttpResponse<String> answer = get(probes.getLocalPort(), "/weft-operator/readyz");
    assertThat(answer.headers().firstValue("Server"))
        .contains("weft-operator (pod weft-operator-1)");
    assertThat(get(probes.getLocalPort(), "/weft-agent/readyz").statusCode()).isEqualTo(404);
    metrics.close();
    await()
        .ignoreExceptions()
        .until(
            () ->
                get(metrics.getLocalPort(), "/metrics")
                    .body()
                    .contains(
                        "weft_operator_port_taken{port=\"" + metrics.getLocalPort() + "\"} 0.0"));
    program.stop();
    await().until(code::isDone);
    assertThat(code).isCompletedWithValue(0);
  }

  @Test
  void aPortThatIsTakenIsReportedOnce() throws Exception {
    try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        OperatorHttp http =
            OperatorHttp.start(
                OperatorOptions.parse(
                    List.of("--http-port=0", "--metrics-port=" + other.getLocalPort()), Map.of()),
                Optional::empty,
                () -> HttpAnswer.text(200, "leading\n"),
                new PrometheusMeterRegistry(PrometheusConfig.DEFAULT))) {
      List<String> reported = new ArrayList<>();
      http.report((reason, message) -> reported.add(reason + ": " + message));
      http.report((reason, message) -> reported.add(reason + ": " + message));
      assertThat(reported)
          .singleElement(as(STRING))
          .startsWith("MetricsPortTaken: listen on 127.0.0.1 port ");
    }
  }

  private static HttpResponse<String> get(int port, String path)
      throws IOException, InterruptedException {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build(),
            HttpResponse.BodyHandlers.ofString());
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
