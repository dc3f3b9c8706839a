// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.api.SchemaRevision;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SchemaRevisionCheckTest {
  private static final String PATH = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/%s";
  private static final String WITHOUT_METADATA =
      """
      {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition"}""";

  private final AtomicInteger changes = new AtomicInteger();
  private final KubernetesMockServer server = new KubernetesMockServer(false);
  private KubernetesClient client;
  private SchemaRevisionCheck check;

  @BeforeEach
  void start() {
    server.init();
    client = server.createClient();
    check = new SchemaRevisionCheck(client, changes::incrementAndGet);
  }

  @AfterEach
  void stop() {
    client.close();
    server.destroy();
  }

  @Test
  void a_schema_that_is_older_is_named_until_it_is_replaced() {
    SchemaRevision.CRDS.forEach(crd -> answer(crd, ofRevision(SchemaRevision.CURRENT - 1), 1));
    SchemaRevision.CRDS.forEach(crd -> answer(crd, ofRevision(SchemaRevision.CURRENT - 1), 1));
    SchemaRevision.CRDS.forEach(crd -> answer(crd, ofRevision(SchemaRevision.CURRENT), 9));

    check.run();
    assertThat(check.trouble().orElse("")).contains(SchemaRevision.CRDS.get(0));
    while (check.trouble().isPresent()) {
      check.run();
    }
    assertThat(changes.get()).as("changes").isGreaterThanOrEqualTo(2);
  }

  @Test
  void of_an_answer_without_metadata_nothing_is_known() {
    SchemaRevision.CRDS.forEach(crd -> answer(crd, WITHOUT_METADATA, 9));

    check.run();

    assertThat(check.trouble()).isEmpty();
    assertThat(changes.get()).isZero();
  }

  @Test
  void of_a_schema_that_is_not_there_nothing_is_known() {
    check.run();
    assertThat(check.trouble()).isEmpty();
  }

  private void answer(String crd, String body, int times) {
    server.expect().get().withPath(PATH.formatted(crd)).andReturn(200, body).times(times);
  }

  private static String ofRevision(int revision) {
    return """
    {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
     "metadata": {"name": "any", "annotations": {"%s": "%d"}}}"""
        .formatted(SchemaRevision.ANNOTATION, revision);
  }
}
