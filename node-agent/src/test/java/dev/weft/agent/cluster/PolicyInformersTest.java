// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.core.label.Selector;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.Protocol;
import dev.weft.core.node.PodName;
import dev.weft.core.policy.Policy;
import dev.weft.core.policy.PolicyNamespace;
import dev.weft.core.policy.PolicyPod;
import dev.weft.core.policy.PolicyPod.NamedPort;
import dev.weft.core.policy.PolicyWatches;
import dev.weft.core.policy.PolicyWatches.PeerWatch;
import dev.weft.sandbox.api.ApiServer;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PolicyInformersTest {
  private static final Selector FRONT = new Selector(Map.of("app", "front"), List.of());

  private final TestApiServer server = new TestApiServer();
  private final Feed feed = new Feed();
  private final AtomicLong aheadNanos = new AtomicLong();
  private final AtomicInteger connections = new AtomicInteger();
  private final AtomicInteger nodes = new AtomicInteger(1);
  private final AtomicReference<Double> random = new AtomicReference<>(0.0);
  private KubernetesClient shared;
  private KubernetesClient client;
  private PolicyInformers informers;

  PolicyInformersTest() throws IOException {}

  private static final class Feed implements PolicyFeed {
    private final Map<String, Policy> policies = new ConcurrentHashMap<>();
    private final Map<String, List<String>> troubles = new ConcurrentHashMap<>();
    private final Map<String, PolicyNamespace> namespaces = new ConcurrentHashMap<>();
    private final Map<String, PolicyPod> pods = new ConcurrentHashMap<>();
    private final Queue<String> podsGone = new ConcurrentLinkedQueue<>();

    @Override
    public void upsert(Policy policy, List<String> newTroubles) {
      policies.put(policy.toString(), policy);
      troubles.put(policy.toString(), newTroubles);
    }

    @Override
    public void policyGone(String namespace, String name) {
      policies.remove(namespace + "/" + name);
    }

    @Override
    public void upsert(PolicyNamespace namespace) {
      namespaces.put(namespace.name(), namespace);
    }

    @Override
    public void namespaceGone(String name) {
      namespaces.remove(name);
    }

    @Override
    public void upsert(PolicyPod pod) {
      pods.put(pod.toString(), pod);
    }

    @Override
    public void podGone(String namespace, String name) {
      pods.remove(namespace + "/" + name);
      podsGone.add(namespace + "/" + name);
    }

    @Override
    public void listed() {}
  }

  @BeforeEach
  void start() {
    server.start();
    client = server.client();
    shared = server.agentClient();
    informers =
        new PolicyInformers(
            shared,
            () -> {
              connections.incrementAndGet();
              return server.agentClient();
            },
            "node1",
            feed,
            nodes::get,
            random::get,
            () -> System.nanoTime() + aheadNanos.get());
    informers.start();
  }

  @AfterEach
  void stop() {
    informers.close();
    shared.close();
    client.close();
    server.close();
  }

  private Pod pod(String namespace, String name, String node, String address, String app) {
    return client
        .resource(
            new PodBuilder()
                .withNewMetadata()
                .withNamespace(namespace)
                .withName(name)
                .addToLabels("app", app)
                .endMetadata()
                .withNewSpec()
                .withNodeName(node)
                .addNewContainer()
                .withName("main")
                .addNewPort()
                .withName("http")
                .withContainerPort(8080)
                .endPort()
                .endContainer()
                .endSpec()
                .withNewStatus()
                .withPhase("Running")
                .addNewPodIP(address)
                .endStatus()
                .build())
        .create();
  }

  private void phase(String namespace, String name, String phase) {
    client
        .pods()
        .inNamespace(namespace)
        .withName(name)
        .editStatus(pod -> new PodBuilder(pod).editStatus().withPhase(phase).endStatus().build());
  }

  private void want(boolean namespaces, boolean ownPods, PeerWatch... peers) {
    informers.want(new PolicyWatches(Set.of(), namespaces, ownPods, Set.of(peers)));
    await().until(() -> informers.listed().all());
  }

  @Test
  void itWatchesPoliciesAlone() {
    client
        .resource(
            new NetworkPolicyBuilder()
                .withNewMetadata()
                .withNamespace("shop")
                .withName("deny")
                .endMetadata()
                .withNewSpec()
                .withNewPodSelector()
                .endPodSelector()
                .endSpec()
                .build())
        .create();
    await().until(() -> feed.policies.containsKey("shop/deny"));
    assertThat(informers.listed().policies()).isTrue();
    assertThat(informers.count()).isEqualTo(1);
    client.network().v1().networkPolicies().inNamespace("shop").withName("deny").delete();
    await().until(() -> feed.policies.isEmpty());
  }

  @Test
  void policiesOfANamespaceAreReadAgainWhereTheirRulesAreWanted() {
    client
        .resource(
            new NetworkPolicyBuilder()
                .withNewMetadata()
                .withNamespace("shop")
                .withName("deny")
                .endMetadata()
                .withNewSpec()
                .withNewPodSelector()
                .endPodSelector()
                .endSpec()
                .build())
        .create();
    await().until(() -> feed.policies.containsKey("shop/deny"));
    feed.policies.clear();
    informers.want(new PolicyWatches(Set.of("shop"), false, false, Set.of()));
    await().until(() -> feed.policies.containsKey("shop/deny"));
  }

  @Test
  void aPodIsReadWithItsLabelsAddressesAndPorts() {
    pod("shop", "a", "node1", "10.1.0.2", "front");
    pod("shop", "b", "node2", "10.1.1.2", "front");
    want(false, true);
    assertThat(feed.pods).containsOnlyKeys("shop/a");
    PolicyPod pod = feed.pods.get("shop/a");
    assertThat(pod.labels()).isEqualTo(Map.of("app", "front"));
    assertThat(pod.addresses()).containsExactly(IpAddress.parse("10.1.0.2"));
    assertThat(pod.ports()).containsExactly(new NamedPort("http", Protocol.TCP, 8080));
    assertThat(pod.created().getEpochSecond()).isPositive();
  }

  @Test
  void aPodThatHasEndedIsNone() {
    pod("shop", "a", "node1", "10.1.0.2", "front");
    pod("shop", "b", "node2", "10.1.1.2", "front");
    want(false, true, new PeerWatch(Optional.of("shop"), Selector.ALL));
    await().until(() -> feed.pods.size() == 2);
    phase("shop", "a", "Succeeded");
    phase("shop", "b", "Failed");
    await().until(() -> feed.pods.isEmpty());
  }

  @Test
  void namespacesComeWithTheirLabels() {
    client
        .resource(
            new NamespaceBuilder()
                .withNewMetadata()
                .withName("shop")
                .addToLabels("team", "red")
                .endMetadata()
                .build())
        .create();
    want(true, false);
    await().until(() -> feed.namespaces.containsKey("shop"));
    assertThat(feed.namespaces.get("shop").labels()).containsEntry("team", "red");
    client
        .namespaces()
        .withName("shop")
        .edit(
            ns ->
                new NamespaceBuilder(ns)
                    .editMetadata()
                    .addToLabels("team", "blue")
                    .endMetadata()
                    .build());
    await().until(() -> feed.namespaces.get("shop").labels().get("team").equals("blue"));
  }

  @Test
  void onlyPodsThatAPolicyNamesAreWatched() {
    pod("shop", "a", "node2", "10.1.1.2", "front");
    pod("shop", "b", "node2", "10.1.1.3", "back");
    pod("other", "c", "node2", "10.1.1.4", "front");
    want(false, false, new PeerWatch(Optional.of("shop"), FRONT));
    assertThat(feed.pods).containsOnlyKeys("shop/a");
    want(false, false, new PeerWatch(Optional.empty(), FRONT));
    assertThat(feed.pods).containsOnlyKeys("shop/a", "other/c");
  }

  @Test
  void aPodThatAnotherWatchHasStays() {
    pod("shop", "a", "node2", "10.1.1.2", "front");
    want(
        false,
        false,
        new PeerWatch(Optional.of("shop"), Selector.ALL),
        new PeerWatch(Optional.empty(), FRONT));
    client
        .pods()
        .inNamespace("shop")
        .withName("a")
        .edit(
            pod ->
                new PodBuilder(pod).editMetadata().addToLabels("app", "x").endMetadata().build());
    await().until(() -> feed.pods.get("shop/a").labels().get("app").equals("x"));
    assertThat(informers.rows()).anySatisfy(row -> assertThat(row.objects()).isZero());
    client.pods().inNamespace("shop").withName("a").delete();
    await().until(() -> feed.pods.isEmpty());
  }

  @Test
  void aWatchThatIsNotWantedEndsAfterAGraceTimeAndTakesItsPodsAlong() {
    pod("shop", "a", "node2", "10.1.1.2", "front");
    want(false, false, new PeerWatch(Optional.of("shop"), Selector.ALL));
    informers.want(PolicyWatches.NONE);
    assertThat(informers.count()).isEqualTo(2);
    assertThat(feed.pods).containsOnlyKeys("shop/a");
    aheadNanos.set(PolicyInformers.GRACE.plus(Duration.ofSeconds(1)).toNanos());
    await().until(() -> informers.count() == 1);
    assertThat(feed.pods).isEmpty();
  }

  @Test
  void aPodIsRequestedByName() {
    pod("shop", "a", "node1", "10.1.0.2", "front");
    informers.request(new PodName("shop", "nobody"));
    informers.request(new PodName("shop", "a"));
    await().until(() -> feed.pods.containsKey("shop/a"));
  }

  @Test
  void moreWatchesThanTheBoundAreNotOpened() {
    PeerWatch[] peers = new PeerWatch[30];
    for (int i = 0; i < peers.length; i++) {
      peers[i] = new PeerWatch(Optional.of("ns" + i), Selector.ALL);
    }
    want(true, true, peers);
    assertThat(informers.count()).isEqualTo(PolicyWatches.MAX_WATCHES);
    want(true, true, new PeerWatch(Optional.of("other"), Selector.ALL));
    await().until(() -> informers.count() <= PolicyWatches.MAX_WATCHES);
    assertThat(informers.rows())
        .extracting(PolicyInformers.Row::what)
        .contains("pods of namespace other");
  }

  @Test
  void whatIsKnownStaysWhileTheServerIsAwayAndWhatIsGoneThenIsNoticed() {
    pod("shop", "a", "node2", "10.1.1.2", "front");
    pod("shop", "b", "node2", "10.1.1.3", "front");
    want(false, false, new PeerWatch(Optional.of("shop"), Selector.ALL));
    await().until(() -> informers.trouble().isEmpty());
    server.stop();
    await().until(() -> informers.trouble().isPresent());
    assertThat(feed.pods).hasSize(2);
    server.start();
    client.pods().inNamespace("shop").withName("a").delete();
    await().until(() -> feed.pods.size() == 1);
    await().until(() -> informers.trouble().isEmpty());
  }

  @Test
  void aConnectionThatStaysInTroubleIsMadeAnew() {
    await().until(() -> informers.trouble().isEmpty());
    final long begin = System.nanoTime();
    server.stop();
    await().until(() -> informers.trouble().isPresent());
    assertThat(connections).hasValue(0);
    assertThat(untilConnections(1, begin)).isGreaterThan(Duration.ofSeconds(25));
  }

  /** Lets time pass; how much the informers saw since then, with what passed by itself. */
  private Duration untilConnections(int wanted, long begin) {
    await()
        .until(
            () -> {
              aheadNanos.addAndGet(Duration.ofSeconds(1).toNanos());
              return connections.get() == wanted;
            });
    return Duration.ofNanos(System.nanoTime() + aheadNanos.get() - begin);
  }

  @Test
  void aNewConnectionListsAgainAndNoticesWhatIsGone() {
    pod("shop", "a", "node2", "10.1.1.2", "front");
    want(false, false, new PeerWatch(Optional.of("shop"), Selector.ALL));
    server.stop();
    informers.reconnect();
    assertThat(feed.pods).hasSize(1);
    server.start();
    client.pods().inNamespace("shop").withName("a").delete();
    pod("shop", "b", "node2", "10.1.1.3", "front");
    await().until(() -> feed.pods.containsKey("shop/b") && feed.pods.size() == 1);
    assertThat(new TreeMap<>(feed.pods)).containsOnlyKeys("shop/b");
  }

  /** What was read of a path. */
  private static Predicate<ApiServer.Request> readsOf(String path) {
    return request -> request.uri().contains(path);
  }

  @Test
  void aWatchThatIsRefusedIsAloneInBeginningAgain() {
    Queue<ApiServer.Request> reads = new ConcurrentLinkedQueue<>();
    server.refuseReads(
        request -> {
          reads.add(request);
          return request.uri().contains("/namespaces/secret/")
              ? Optional.of(new ApiServer.Refusal(403, "not for you"))
              : Optional.empty();
        });
    final long begin = System.nanoTime();
    informers.want(
        new PolicyWatches(
            Set.of(),
            false,
            false,
            Set.of(
                new PeerWatch(Optional.of("shop"), Selector.ALL),
                new PeerWatch(Optional.of("secret"), Selector.ALL))));
    await().until(() -> informers.trouble().filter(text -> text.contains("secret")).isPresent());
    await()
        .until(
            () ->
                informers.rows().stream()
                    .anyMatch(
                        row ->
                            row.what().equals("pods of namespace shop")
                                && row.state().equals("open")));
    long shop = reads.stream().filter(readsOf("/namespaces/shop/")).count();
    assertThat(untilConnections(2, begin)).isGreaterThan(Duration.ofSeconds(85));
    assertThat(informers.trouble()).hasValueSatisfying(text -> assertThat(text).contains("secret"));
    assertThat(reads.stream().filter(readsOf("/namespaces/shop/"))).hasSize((int) shop);
  }

  @Test
  void aWatchThatIsReplacedStaysUntilTheOtherIsListed() {
    pod("shop", "a", "node2", "10.1.1.2", "front");
    want(false, false, new PeerWatch(Optional.of("shop"), Selector.ALL));
    server.refuseReads(
        request ->
            request.uri().contains("labelSelector")
                ? Optional.of(new ApiServer.Refusal(500, "later"))
                : Optional.empty());
    informers.want(
        new PolicyWatches(Set.of(), false, false, Set.of(new PeerWatch(Optional.empty(), FRONT))));
    aheadNanos.set(PolicyInformers.GRACE.plus(Duration.ofSeconds(1)).toNanos());
    await()
        .during(Duration.ofSeconds(2))
        .until(() -> informers.count() == 3 && feed.pods.containsKey("shop/a"));
    server.refuseReads(request -> Optional.empty());
    await().until(() -> informers.count() == 2);
    assertThat(feed.pods).containsOnlyKeys("shop/a");
    assertThat(feed.podsGone).isEmpty();
  }

  @Test
  void whileNothingIsListedTheLongestUnwantedEndAtTwiceTheBound() {
    server.stop();
    for (int round = 0; round < 4; round++) {
      PeerWatch[] peers = new PeerWatch[PolicyWatches.MAX_WATCHES - 1];
      for (int i = 0; i < peers.length; i++) {
        peers[i] = new PeerWatch(Optional.of("ns" + round + "-" + i), Selector.ALL);
      }
      informers.want(new PolicyWatches(Set.of(), false, false, Set.of(peers)));
    }
    assertThat(informers.count()).isLessThanOrEqualTo(PolicyInformers.MAX_OPEN);
    assertThat(informers.rows())
        .extracting(PolicyInformers.Row::what)
        .contains("pods of namespace ns3-0", "pods of namespace ns2-0")
        .doesNotContain("pods of namespace ns0-0");
  }

  private long listMillis(String what) {
    return informers.rows().stream()
        .filter(row -> row.what().equals(what))
        .findFirst()
        .orElseThrow()
        .listMillis();
  }

  @Test
  void inALargeClusterWatchesThatEveryNodeMayBeginAreSpread() {
    nodes.set(5_000);
    random.set(0.5);
    want(true, true, new PeerWatch(Optional.of("shop"), Selector.ALL));
    assertThat(listMillis("pods of namespace shop")).isGreaterThanOrEqualTo(2_500);
    assertThat(listMillis("namespaces")).isGreaterThanOrEqualTo(2_500);
    assertThat(listMillis("pods of node node1")).isLessThan(listMillis("pods of namespace shop"));
  }

  @Test
  void aListThatIsLongIsNotBegunAgain() {
    for (int i = 0; i < 30; i++) {
      pod("shop", "a" + i, "node2", "10.1.1." + (2 + i), "front");
    }
    await().until(() -> informers.trouble().isEmpty());
    Queue<String> pages = new ConcurrentLinkedQueue<>();
    server.refuseReads(
        request -> {
          if (request.uri().contains("/namespaces/shop/pods?")
              && request.uri().contains("limit=")) {
            pages.add(request.uri());
            aheadNanos.addAndGet(Duration.ofSeconds(20).toNanos());
            pauseForCheck();
          }
          return Optional.empty();
        });
    want(false, false, new PeerWatch(Optional.of("shop"), Selector.ALL));
    assertThat(pages).hasSize(4);
    assertThat(connections).hasValue(0);
    assertThat(feed.pods).hasSize(30);
  }

  /** Longer than the time between two checks. */
  private static void pauseForCheck() {
    try {
      Thread.sleep(1_200);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void theSharedClientIsNeverClosed() {
    informers.reconnect();
    informers.close();
    assertThat(shared.resources(PodObject.class).inAnyNamespace().list().getItems()).isEmpty();
    assertThat(connections).hasValue(1);
  }
}
