// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The operator where the API server or its rival comes and goes. */
class AvailabilityTest {
  /** Who cannot renew it for 20 s leads no more: longer than a busy machine's pauses. */
  private static final String LEASE = "--lease-duration=30s";

  @Test
  void anApiServerThatIsAwayAtTheStartIsWaitedForAndReadinessSaysSo() throws IOException {
    int port = FreePort.find();
    try (KubernetesClient client = client(port);
        WeftOperator operator = TestCluster.operator(client, "--leader-elect=false")) {
      await()
          .untilAsserted(
              () ->
                  assertThat(operator.readiness().text())
                      .contains("localhost:" + port, "does not answer"));
      assertThat(operator.readiness().status()).isEqualTo(503);
      assertThat(operator.stuck()).isEmpty();
      try (TestCluster cluster = new TestCluster(port)) {
        cluster.pool("default", "10.244.0.0/16", 24);
        cluster.node("node1", "192.168.1.11");
        await().until(() -> operator.readiness().status() == 200);
        await()
            .untilAsserted(
                () -> assertThat(cluster.owners()).isEqualTo(Map.of("10.244.0.0/24", "node1")));
      }
      await().until(() -> operator.readiness().status() == 503);
    }
  }

  @ParameterizedTest
  @CsvSource({"403, Forbidden", "503, code=503"})
  void untilTheServiceCidrsAreKnownNothingIsAllocatedAndReadinessReportsWhy(
      int refusal, String message) {
    try (TestCluster cluster = new TestCluster()) {
      cluster.client.resource(serviceCidr("10.244.0.0/20")).create();
      cluster.refuse("/servicecidrs", refusal);
      cluster.pool("default", "10.244.0.0/16", 24);
      cluster.node("node1", "192.168.1.11");
      WeftOperator operator = cluster.operator();
      await().until(() -> operator.readiness().text().contains("servicecidrs"));
      assertThat(operator.readiness().status()).isEqualTo(503);
      assertThat(operator.readiness().text()).contains(message);
      assertThat(cluster.owners()).isEmpty();
      cluster.refuse("", 0);
      await().until(() -> cluster.poolCondition("default", "Ready").equals("False Overlapping"));
      assertThat(cluster.owners()).isEmpty();
    }
  }

  @Test
  void anApiServerWithoutServiceCidrsIsEnough() {
    try (TestCluster cluster = new TestCluster()) {
      cluster.refuse("/servicecidrs", 404);
      cluster.pool("default", "10.244.0.0/16", 24);
      cluster.node("node1", "192.168.1.11");
      cluster.operator();
      await().until(() -> cluster.owners().size() == 1);
    }
  }

  private static GenericKubernetesResource serviceCidr(String cidr) {
    GenericKubernetesResource range = new GenericKubernetesResource();
    range.setApiVersion("networking.k8s.io/v1");
    range.setKind("ServiceCIDR");
    range.setMetadata(new ObjectMetaBuilder().withName("kubernetes").build());
    range.setAdditionalProperty("spec", Map.of("cidrs", List.of(cidr)));
    return range;
  }

  @Test
  void oneOperatorLeadsAndTheOtherTakesOver() {
    try (TestCluster cluster = new TestCluster()) {
      cluster.pool("default", "10.244.0.0/16", 24);
      cluster.node("node1", "192.168.1.11");
      WeftOperator first = cluster.operator("--leader-elect=true", LEASE);
      await().until(() -> first.readiness().text().equals("leading\n"));
      WeftOperator second = cluster.operator("--leader-elect=true", LEASE);
      await().until(() -> second.readiness().text().equals("standing by\n"));
      await().until(() -> cluster.owners().size() == 1);
      first.close();
      cluster
          .client
          .leases()
          .inNamespace("default")
          .withName("weft-operator")
          .delete(); // or in 30 s it has run out
      await().until(() -> second.readiness().text().equals("leading\n"));
      cluster.node("node2", "192.168.1.12");
      await().until(() -> cluster.owners().size() == 2);
    }
  }

  private static KubernetesClient client(int port) {
    return new KubernetesClientBuilder()
        .withConfig(
            new ConfigBuilder(Config.empty())
                .withMasterUrl("http://localhost:" + port)
                .withRequestRetryBackoffLimit(0)
                .build())
        .build();
  }
}
