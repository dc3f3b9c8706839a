// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.weft.api.IPAllocation;
import dev.weft.api.IPAllocationSpec;
import dev.weft.api.IPPool;
import dev.weft.api.IPPoolSpec;
import dev.weft.api.IPPoolStatus;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElectionConfigBuilder;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaseLock;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ApiServerTest {
  private final ServerFixture fixture = new ServerFixture();

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void givesAnObjectItsIdentity() {
    IPPool created = create(pool("main", "10.244.0.0/16"));

    assertThat(created.getMetadata().getUid()).isNotBlank();
    assertThat(created.getMetadata().getCreationTimestamp()).isNotBlank();
    assertThat(created.getMetadata().getGeneration()).isEqualTo(1);
    assertThat(created.getMetadata().getNamespace()).isNull();
    assertThat(created.getSpec().masquerade()).as("default of the schema").isTrue();
  }

  @Test
  void refusesASecondObjectOfTheSameName() {
    create(pool("main", "10.244.0.0/16"));

    assertRefused(409, () -> create(pool("main", "10.245.0.0/16")));
  }

  @Test
  void refusesAStaleUpdate() {
    IPPool first = create(pool("main", "10.244.0.0/16"));
    IPPool second = fixture.client.resource(labelled(first, "a", "1")).update();
    assertThat(second.getMetadata().getResourceVersion())
        .isNotEqualTo(first.getMetadata().getResourceVersion());

    assertRefused(409, () -> fixture.client.resource(labelled(first, "a", "2")).update());
  }

  @Test
  void refusesWhatTheSchemaForbids() {
    IPPool empty = pool("main", null);
    empty.setSpec(new IPPoolSpec(null, null, null, null, null, null, null, null, null));
    assertThatThrownBy(() -> create(empty)).hasMessageContaining("spec.cidr: Required value");
    IPAllocation block = allocation("10-244-1-0-24", "10.244.1.0/24");
    fixture.client.resource(block).create();
    block.setSpec(new IPAllocationSpec("10.244.1.0/24", "node2", "uid", "main", null));
    assertRefused(422, () -> fixture.client.resource(block).update());
  }

  @Test
  void countsGenerationsOfTheSpecOnly() {
    create(pool("main", "10.244.0.0/16"));
    IPPool change = pool("main", "10.244.0.0/15");
    assertThat(apply(change, "user").getMetadata().getGeneration()).isEqualTo(2);

    IPPool status = pool("main", null);
    status.setStatus(new IPPoolStatus(null, 2L, 24, null, null, null));
    IPPool after = applyStatus(status, "operator");

    assertThat(after.getMetadata().getGeneration()).isEqualTo(2);
    assertThat(after.getSpec().cidr()).isEqualTo("10.244.0.0/15");
    assertThat(after.getStatus().observedGeneration()).isEqualTo(2);
  }

  @Test
  void mergesAppliedConditionsByTypeAndRemovesWhatIsAppliedNoMore() {
    create(pool("main", "10.244.0.0/16"));
    applyStatus(withConditions("Ready", "Exhausted"), "operator");
    applyStatus(withConditions("Programmed"), "agent");
    IPPool after = applyStatus(withConditions("Ready"), "operator");

    assertThat(after.getStatus().conditions())
        .extracting(Condition::getType)
        .containsExactlyInAnyOrder("Ready", "Programmed");
  }

  @Test
  void keepsWhatHasFinalizersUntilTheyAreGone() {
    IPPool pool = pool("main", "10.244.0.0/16");
    pool.getMetadata().setFinalizers(List.of("weft.dev/blocks"));
    create(pool);

    pools().withName("main").delete();
    IPPool marked = pools().withName("main").get();
    assertThat(marked.getMetadata().getDeletionTimestamp()).isNotBlank();

    pools()
        .withName("main")
        .edit(
            current -> {
              current.getMetadata().setFinalizers(List.of());
              return current;
            });
    assertThat(pools().withName("main").get()).isNull();
  }

  @Test
  void selectsByLabelsAndFields() {
    node("node1", "blue");
    node("node2", "green");

    assertThat(fixture.client.nodes().withLabel("colour", "blue").list().getItems()).hasSize(1);
    assertThat(fixture.client.nodes().withLabelIn("colour", "blue", "green").list().getItems())
        .hasSize(2);
    assertThat(fixture.client.nodes().withLabelNotIn("colour", "blue").list().getItems())
        .hasSize(1);
    assertThat(fixture.client.nodes().withField("metadata.name", "node2").list().getItems())
        .hasSize(1);
  }

  @Test
  void tellsAnInformerOfEveryChangeAlsoAcrossARestart() {
    node("node1", "blue");
    node("node2", "blue");
    try (SharedIndexInformer<Node> informer = fixture.client.nodes().inform()) {
      await().until(() -> informer.getStore().list().size() == 2);

      fixture.server.stop();
      assertThatThrownBy(() -> fixture.client.nodes().list())
          .isInstanceOf(KubernetesClientException.class);
      fixture.server.start();
      fixture.client.nodes().withName("node1").delete();
      node("node3", "green");

      await()
          .until(
              () ->
                  informer.getStore().list().stream()
                      .map(node -> node.getMetadata().getName())
                      .sorted()
                      .toList()
                      .equals(List.of("node2", "node3")));
    }
  }

  @Test
  void servesLeasesForLeaderElection() throws Exception {
    AtomicBoolean leads = new AtomicBoolean();
    CompletableFuture<?> election =
        fixture
            .client
            .leaderElector()
            .withConfig(
                new LeaderElectionConfigBuilder()
                    .withName("test")
                    .withLock(new LeaseLock("default", "weft-operator", "me"))
                    .withLeaseDuration(Duration.ofSeconds(60))
                    .withRenewDeadline(Duration.ofSeconds(40))
                    .withRetryPeriod(Duration.ofMillis(200))
                    .withLeaderCallbacks(
                        new LeaderCallbacks(
                            () -> leads.set(true), () -> leads.set(false), id -> {}))
                    .build())
            .build()
            .start();
    try {
      await().untilTrue(leads);
    } finally {
      election.cancel(true);
    }
  }

  @Test
  void deletesOnlyTheObjectThatWasMeant() {
    IPPool first = create(pool("main", "10.244.0.0/16"));
    pools().withName("main").delete();
    create(pool("main", "10.244.0.0/16"));

    assertRefused(
        409,
        () ->
            pools()
                .withName("main")
                .lockResourceVersion(first.getMetadata().getResourceVersion())
                .delete());
    assertThat(pools().withName("main").get()).isNotNull();
  }

  private static void assertRefused(
      int code, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            KubernetesClientException.class, e -> assertThat(e.getCode()).isEqualTo(code));
  }

  private io.fabric8.kubernetes.client.dsl.NonNamespaceOperation<
          IPPool,
          io.fabric8.kubernetes.api.model.KubernetesResourceList<IPPool>,
          io.fabric8.kubernetes.client.dsl.Resource<IPPool>>
      pools() {
    return fixture.client.resources(IPPool.class);
  }

  private IPPool create(IPPool pool) {
    return fixture.client.resource(pool).create();
  }

  private IPPool apply(IPPool pool, String manager) {
    return fixture.client.resource(pool).fieldManager(manager).forceConflicts().serverSideApply();
  }

  private IPPool applyStatus(IPPool pool, String manager) {
    return fixture
        .client
        .resource(pool)
        .subresource("status")
        .patch(
            new PatchContext.Builder()
                .withPatchType(PatchType.SERVER_SIDE_APPLY)
                .withFieldManager(manager)
                .withForce(true)
                .build(),
            pool);
  }

  private static IPPool withConditions(String... types) {
    IPPool pool = pool("main", null);
    List<Condition> conditions =
        java.util.stream.Stream.of(types)
            .map(
                type ->
                    new ConditionBuilder()
                        .withType(type)
                        .withStatus("True")
                        .withReason("Test")
                        .withMessage("")
                        .withLastTransitionTime("2026-01-01T00:00:00Z")
                        .build())
            .toList();
    pool.setStatus(new IPPoolStatus(null, null, null, null, null, conditions));
    return pool;
  }

  private void node(String name, String colour) {
    fixture
        .client
        .resource(
            new NodeBuilder()
                .withNewMetadata()
                .withName(name)
                .addToLabels("colour", colour)
                .endMetadata()
                .build())
        .create();
  }

  private static IPPool labelled(IPPool pool, String key, String value) {
    IPPool copy = new IPPool();
    copy.setMetadata(new ObjectMetaBuilder(pool.getMetadata()).addToLabels(key, value).build());
    copy.setSpec(pool.getSpec());
    return copy;
  }

  private static IPPool pool(String name, String cidr) {
    IPPool pool = new IPPool();
    pool.setMetadata(new ObjectMetaBuilder().withName(name).build());
    if (cidr != null) {
      pool.setSpec(new IPPoolSpec(cidr, null, null, null, null, null, null, null, null));
    }
    return pool;
  }

  private static IPAllocation allocation(String name, String cidr) {
    IPAllocation allocation = new IPAllocation();
    allocation.setMetadata(new ObjectMetaBuilder().withName(name).build());
    allocation.setSpec(new IPAllocationSpec(cidr, "node1", "uid", "main", null));
    return allocation;
  }
}
