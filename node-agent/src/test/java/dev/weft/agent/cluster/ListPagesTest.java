// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.sandbox.api.ApiServer;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ListPagesTest {
  private static final Pattern LIMIT = Pattern.compile("[?&]limit=(\\d+)");

  private final TestApiServer server = new TestApiServer();
  private final Queue<Integer> limits = new ConcurrentLinkedQueue<>();
  private KubernetesClient client;

  ListPagesTest() throws IOException {}

  @BeforeEach
  void start() {
    server.start();
    client = server.agentClient();
    server.refuseReads(
        request -> {
          note(request);
          return Optional.empty();
        });
  }

  @AfterEach
  void stop() {
    client.close();
    server.close();
  }

  private void note(ApiServer.Request request) {
    Matcher limit = LIMIT.matcher(request.uri());
    if (limit.find()) {
      limits.add(Integer.parseInt(limit.group(1)));
    }
  }

  private void create(int count, String prefix, int annotationBytes) {
    try (KubernetesClient creator = server.client()) {
      for (int i = 0; i < count; i++) {
        creator
            .resource(
                new NetworkPolicyBuilder()
                    .withNewMetadata()
                    .withNamespace("shop")
                    .withName(prefix + i)
                    .addToAnnotations("note", "x".repeat(annotationBytes))
                    .endMetadata()
                    .withNewSpec()
                    .withNewPodSelector()
                    .endPodSelector()
                    .endSpec()
                    .build())
            .create();
      }
    }
  }

  private int list() throws Exception {
    SharedIndexInformer<PolicyObject> informer =
        client.resources(PolicyObject.class).inAnyNamespace().withLimit(40L).runnableInformer(0);
    informer.exceptionHandler((started, error) -> true);
    informer.start().toCompletableFuture().get(30, TimeUnit.SECONDS);
    int size = informer.getStore().list().size();
    informer.stop();
    return size;
  }

  @Test
  void pagesOfSmallObjectsGrowToWhatIsRequested() throws Exception {
    create(60, "small", 10);
    assertThat(list()).isEqualTo(60);
    assertThat(limits).containsExactly(3, 6, 12, 24, 40);
  }

  @Test
  void pagesOfLargeObjectsDoNotGrow() throws Exception {
    create(8, "large", 400_000);
    assertThat(list()).isEqualTo(8);
    assertThat(limits).containsExactly(3, 3, 3);
  }

  @Test
  void aPageThatIsTooLargeIsGivenUpAndTheListBeginsAgainWithSmallerOnes() throws Exception {
    create(45, "a", 10);
    create(40, "b", 400_000);
    assertThat(list()).isEqualTo(85);
    assertThat(List.copyOf(limits).subList(0, 9)).containsExactly(3, 6, 12, 24, 40, 3, 5, 5, 5);
    assertThat(limits.stream().filter(limit -> limit > 5).count()).isEqualTo(4);
  }

  @Test
  void whatIsNotUsedOfMetadataIsNotRead() throws Exception {
    create(1, "a", 10);
    PolicyObject object =
        client.resources(PolicyObject.class).inNamespace("shop").withName("a0").get();
    assertThat(object.getMetadata().getAnnotations()).isEmpty();
    assertThat(object.getMetadata().getResourceVersion()).isNotEmpty();
  }
}
