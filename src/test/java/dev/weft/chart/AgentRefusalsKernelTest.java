// SPDX-License-Identifier: Apache-2.0
package dev.weft.chart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.api.SchemaRevision;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * What keeps a node's agent from being ready is said in its readiness, its log and an Event, and
 * when it is mended the agent goes on by itself.
 */
@Tag("kernel")
class AgentRefusalsKernelTest {
  private static final URI READYZ = URI.create("http://127.0.0.1:9470/readyz");
  private static final String NODE = "node-0";
  private static final Path CHART = Path.of("..", "helm", "weft");

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  Path folder;

  private RealApiServer server;
  private KubernetesClient client;
  private Programs programs;

  @BeforeEach
  void startServer() throws Exception {
    server = RealApiServer.start(folder);
    client = server.client();
    programs = new Programs(server, folder);
    Node node =
        new NodeBuilder()
            .withNewMetadata()
            .withName(NODE)
            .endMetadata()
            .withNewStatus()
            .addNewAddress("192.168.1.11", "InternalIP")
            .endStatus()
            .build();
    client.resource(node).create();
    client.resource(node).patchStatus();
  }

  @AfterEach
  void end() {
    if (server != null) {
      programs.close();
      client.close();
      server.close();
    }
  }

  @Test
  void anotherNetworksConfigurationAndAnOlderCrd() throws Exception {
    install("pool.cidr=10.244.0.0/16");
    Path conf = Files.createDirectories(folder.resolve("net.d"));
    Path other = Files.writeString(conf.resolve("10-flannel.conflist"), "{}");
    startOperator();
    Path log = programs.startAgent(NODE, folder);
    soon(() -> assertThat(readiness()).startsWith("503").contains(other + " is another network's"));
    soon(() -> assertThat(log).content().contains(other + " is another network's"));
    soon(() -> assertThat(events()).contains("CNIConfigConflict", other.toString()));
    assertThat(conf.resolve("10-weft.conflist")).doesNotExist();

    Files.delete(other);
    soon(() -> assertThat(readiness()).startsWith("200"));
    assertThat(conf.resolve("10-weft.conflist")).exists();

    programs.close();
    server
        .run("kubectl", "annotate", "crd", "ippools.weft.dev", SchemaRevision.ANNOTATION + "-")
        .succeeded();
    programs.startAgent(NODE, folder);
    String older = "CustomResourceDefinition ippools.weft.dev is older than this agent";
    soon(() -> assertThat(readiness()).startsWith("503").contains(older));
    soon(() -> assertThat(events()).contains("SchemaOutdated", older));
    startOperator();
    soon(() -> assertThat(readiness()).startsWith("200"));
  }

  @Test
  void aPoolOverTheServiceRangeOrTheNodesAddresses() throws Exception {
    install("pool.cidr=10.100.0.0/16");
    startOperator();
    programs.startAgent(NODE, folder);
    String services = "IPPool default: 10.100.0.0/16 overlaps the Service CIDR 10.96.0.0/12";
    soon(() -> assertThat(readiness()).startsWith("503").contains(services));
    soon(() -> assertThat(events()).contains("ippool/default", "Overlapping"));

    server.run("kubectl", "delete", "ippool", "default").succeeded();
    server
        .run(
            "helm",
            "upgrade",
            "weft",
            CHART.toString(),
            "-n",
            "weft-system",
            "--set",
            "pool.cidr=192.168.0.0/16")
        .succeeded();
    soon(() -> assertThat(readiness()).startsWith("200"));
    soon(() -> assertThat(events()).contains("ippool/default", "NodeAddresses", NODE));
    assertThat(server.run("kubectl", "get", "ipallocations", "-o", "name").succeeded())
        .as("the block around the node's address is nobody's")
        .contains("192-168-0-0-24")
        .doesNotContain("192-168-1-0-24");
  }

  private void install(String setting) throws IOException {
    server
        .run(
            "helm",
            "install",
            "weft",
            CHART.toString(),
            "-n",
            "weft-system",
            "--create-namespace",
            "--set",
            setting)
        .succeeded();
  }

  private void startOperator() throws IOException {
    programs.start(
        "weft-operator", NODE, "--leader-elect=false", "--http-port=0", "--metrics-port=0");
  }

  private static void soon(ThrowingRunnable assertion) {
    await().pollInterval(Duration.ofSeconds(1)).untilAsserted(assertion);
  }

  private String events() throws IOException {
    return server.run("kubectl", "get", "events", "-A").succeeded();
  }

  private static String readiness() throws InterruptedException {
    try {
      HttpResponse<String> answer =
          HttpClient.newHttpClient()
              .send(HttpRequest.newBuilder(READYZ).build(), HttpResponse.BodyHandlers.ofString());
      return answer.statusCode() + " " + answer.body();
    } catch (IOException e) {
      return "no answer: " + e.getMessage();
    }
  }
}
