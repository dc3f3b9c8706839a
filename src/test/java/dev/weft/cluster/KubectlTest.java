// SPDX-License-Identifier: Apache-2.0
package dev.weft.cluster;

import static dev.weft.cluster.Cluster.SOON;
import static dev.weft.cluster.Cluster.TESTS;
import static dev.weft.cluster.Cluster.eventuallyAsserted;
import static dev.weft.cluster.Cluster.kubectl;
import static dev.weft.cluster.Cluster.pods;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** What a user does to a pod with kubectl goes through API server and kubelet to the pod. */
@ClusterTests
@Order(50)
class KubectlTest {
  private static final Pattern FORWARDING =
      Pattern.compile("Forwarding from 127\\.0\\.0\\.1:(\\d+)");

  @Test
  @Order(1)
  void execAndLogsWorkOnEveryNode() {
    for (Pod pod : pods("app=web,set=a")) {
      assertThat(pod.sh("echo exec works")).isEqualTo("exec works");
      assertThat(kubectl("logs", "-n", TESTS, pod.name())).contains("8080");
    }
  }

  @Test
  @Order(2)
  void theApiServersProxyReachesPodsAndServices() {
    for (Pod pod : pods("app=web,set=a")) {
      assertThat(kubectl("get", "--raw", proxy("pods", pod.name() + ":8080")))
          .isEqualTo(pod.name());
    }
    assertThat(kubectl("get", "--raw", proxy("services", "alone:80"))).isEqualTo("alone");
  }

  @Test
  @Order(3)
  void portForwardReachesAPodOfEveryNode() throws IOException, InterruptedException {
    for (Pod pod : pods("app=web,set=a")) {
      Path log = Files.createTempFile("port-forward", ".log");
      Process forward =
          new ProcessBuilder("kubectl", "port-forward", "-n", TESTS, "pod/" + pod.name(), ":8080")
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
      try {
        eventuallyAsserted(
            "port-forward to " + pod,
            SOON,
            () -> assertThat(throughForward(log)).isEqualTo(pod.name()));
      } finally {
        forward.destroy();
        forward.waitFor();
        Files.delete(log);
      }
    }
  }

  private static String throughForward(Path log) throws IOException, InterruptedException {
    Matcher line = FORWARDING.matcher(Files.readString(log));
    assertThat(line.find()).as("kubectl says where it listens").isTrue();
    URI uri = URI.create("http://127.0.0.1:%s/hostname".formatted(line.group(1)));
    return HttpClient.newHttpClient()
        .send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString())
        .body();
  }

  private static String proxy(String kind, String name) {
    return "/api/v1/namespaces/%s/%s/%s/proxy/hostname".formatted(TESTS, kind, name);
  }
}
