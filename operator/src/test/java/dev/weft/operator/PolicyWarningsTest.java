// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.weft.core.net.Cidr;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.ContainerPortBuilder;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PolicyWarningsTest {
  private static final String BY_NAME =
      "{podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress], ingress: [{ports: [{port: http}]}]}";
  private static final String TO_TEAM =
      "{podSelector: {}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {matchLabels: {team: a}}}], ports: [{port: sql}]}]}";
  private static final String UNENFORCEABLE =
      "{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 192.0.2.0/24}}], ports: [{port: web}]}]}";

  private final AtomicLong nanos = new AtomicLong();
  private List<Cidr> ranges = List.of(Cidr.parse("10.244.0.0/16"));
  private final TestCluster cluster = new TestCluster();
  private final PolicyWarnings warnings =
      new PolicyWarnings(
          new PodPorts(cluster.client),
          () -> ranges,
          new Events(cluster.client, Clock.systemUTC(), nanos::get),
          nanos::get);

  @AfterEach
  void end() {
    warnings.close();
    cluster.close();
  }

  @Test
  void what_is_wrong_is_reported_once_and_again_where_it_changed() {
    put("p", UNENFORCEABLE);
    warnings.run();
    put("p", UNENFORCEABLE);
    warnings.run();
    assertThat(reported()).containsExactly("RuleUnenforceable");
    put("p", UNENFORCEABLE.replace("port: web", "port: 80"));
    warnings.run();
    put("p", UNENFORCEABLE.replace("port: web", "port: other"));
    warnings.run();
    assertThat(reported()).containsExactly("RuleUnenforceable", "RuleUnenforceable");
  }

  @Test
  void a_name_to_a_block_is_in_order_where_pods_may_be_there_or_pools_are_not_known() {
    put("p", UNENFORCEABLE.replace("192.0.2.0/24", "10.244.3.0/24"));
    put("all", UNENFORCEABLE.replace("192.0.2.0/24", "0.0.0.0/0"));
    warnings.run();
    ranges = List.of();
    put("q", UNENFORCEABLE);
    warnings.run();
    assertThat(reported()).isEmpty();
    ranges = List.of(Cidr.parse("10.244.0.0/16"));
    put("r", UNENFORCEABLE);
    warnings.run();
    assertThat(reported()).containsExactly("RuleUnenforceable", "RuleUnenforceable");
    assertThat(message())
        .startsWith(
            "spec.egress[0]: port \"web\" (TCP) is a name, and no pod has an address of ipBlock 192.0.2.0/24");
  }

  @Test
  void a_name_that_no_pod_has_is_reported_when_pods_had_time_to_come() {
    pod("shop", "web-0", "web", "metrics", "TCP");
    pod("shop", "other-0", "other", "http", "TCP");
    pod("elsewhere", "web-0", "web", "http", "TCP");
    put("p", BY_NAME);
    warnings.run();
    assertThat(reported()).isEmpty();

    pass(PolicyWarnings.FIRST_SEARCH);
    assertThat(reported()).containsExactly("NamedPortMissing");
    assertThat(message()).startsWith("spec.ingress[0]: ").contains("port \"http\" (TCP)");

    pod("shop", "web-1", "web", "http", "UDP");
    pass(PolicyWarnings.NEXT_SEARCH);
    pod("shop", "web-2", "web", "http", "TCP");
    pass(PolicyWarnings.NEXT_SEARCH);
    assertThat(reported()).hasSize(1);
    cluster.refuse("/pods", 500);
    pass(PolicyWarnings.NEXT_SEARCH); // a pod has it: nothing more is asked
  }

  @Test
  void nothing_is_reported_while_there_are_no_pods_or_one_of_many_has_it() {
    put("p", BY_NAME);
    warnings.run();
    pass(PolicyWarnings.FIRST_SEARCH);
    pod("shop", "web-0", "web", "metrics", "TCP");
    pod("shop", "web-1", "web", "http", "TCP");
    pass(PolicyWarnings.NEXT_SEARCH);
    assertThat(reported()).isEmpty();
  }

  @Test
  void a_sidecars_port_counts_and_another_init_containers_does_not() {
    ContainerPort http =
        new ContainerPortBuilder()
            .withName("http")
            .withContainerPort(8080)
            .withProtocol("TCP")
            .build();
    pod("shop", "web-0", "web", "metrics", "TCP");
    initContainer("web-1", null, http);
    put("p", BY_NAME);
    warnings.run();
    pass(PolicyWarnings.FIRST_SEARCH);
    assertThat(reported()).containsExactly("NamedPortMissing");

    initContainer("web-2", "Always", http);
    put("q", BY_NAME);
    warnings.run();
    pass(PolicyWarnings.FIRST_SEARCH);
    assertThat(reported()).hasSize(1);
  }

  private void initContainer(String name, String restartPolicy, ContainerPort port) {
    cluster
        .client
        .resource(
            new PodBuilder()
                .withNewMetadata()
                .withNamespace("shop")
                .withName(name)
                .withLabels(Map.of("app", "web"))
                .endMetadata()
                .withNewSpec()
                .addNewInitContainer()
                .withName("c")
                .withRestartPolicy(restartPolicy)
                .withPorts(port)
                .endInitContainer()
                .endSpec()
                .build())
        .create();
  }

  @Test
  void a_peers_port_is_looked_for_in_the_namespaces_that_are_selected() {
    namespace("db", Map.of("team", "a"));
    namespace("lab", Map.of("team", "b"));
    pod("lab", "sql-0", "sql", "sql", "TCP");
    put("p", TO_TEAM);
    warnings.run();
    pass(PolicyWarnings.FIRST_SEARCH);
    assertThat(reported()).as("no pods at all").isEmpty();
    pod("db", "sql-0", "sql", "metrics", "TCP");
    pass(PolicyWarnings.NEXT_SEARCH);
    assertThat(reported()).containsExactly("NamedPortMissing");
  }

  @Test
  void a_search_that_fails_is_made_another_time_and_keeps_no_other_from_being_reported() {
    pod("shop", "web-0", "web", "metrics", "TCP");
    put("p", BY_NAME);
    warnings.run();
    cluster.refuse("/pods", 500);
    put("q", UNENFORCEABLE);
    nanos.addAndGet(PolicyWarnings.FIRST_SEARCH.toNanos());
    assertThatThrownBy(warnings::run).isInstanceOf(KubernetesClientException.class);
    assertThat(reported()).containsExactly("RuleUnenforceable");
    cluster.refuse("/pods", 0);
    pass(PolicyWarnings.NEXT_SEARCH);
    assertThat(reported()).containsExactlyInAnyOrder("RuleUnenforceable", "NamedPortMissing");
  }

  @Test
  void an_operator_follows_policies_while_it_leads_unless_they_are_off() {
    NetworkPolicy policy = PolicyReviewTest.policy("shop", "p", UNENFORCEABLE);
    cluster.client.resource(policy).create();
    cluster.operator("--policy-mode=Off");
    cluster.node("node1", "192.168.1.11");
    cluster.pool("default", "10.244.0.0/16", 24);
    await().until(() -> cluster.allocations().size() == 1);
    assertThat(cluster.watches().keySet()).noneMatch(path -> path.contains("networkpolicies"));
    cluster.operator("--policy-mode=Audit");
    await().until(() -> reported().equals(List.of("RuleUnenforceable")));
  }

  private void pass(Duration time) {
    nanos.addAndGet(time.toNanos());
    warnings.run();
  }

  private void put(String name, String spec) {
    NetworkPolicy policy = PolicyReviewTest.policy("shop", name, spec);
    policy.getMetadata().setUid("uid-" + name);
    warnings.reviews().put(warnings.reviews().getKey(policy), policy);
  }

  private void namespace(String name, Map<String, String> labels) {
    cluster
        .client
        .resource(
            new NamespaceBuilder()
                .withNewMetadata()
                .withName(name)
                .withLabels(labels)
                .endMetadata()
                .build())
        .create();
  }

  private void pod(String namespace, String name, String app, String port, String protocol) {
    cluster
        .client
        .resource(
            new PodBuilder()
                .withNewMetadata()
                .withNamespace(namespace)
                .withName(name)
                .withLabels(Map.of("app", app))
                .endMetadata()
                .withNewSpec()
                .addNewContainer()
                .withName("c")
                .withPorts(
                    new ContainerPortBuilder()
                        .withName(port)
                        .withContainerPort(8080)
                        .withProtocol(protocol)
                        .build())
                .endContainer()
                .endSpec()
                .build())
        .create();
  }

  private List<String> reported() {
    return events().stream().map(Event::getReason).toList();
  }

  private String message() {
    return events().get(0).getMessage();
  }

  private List<Event> events() {
    return cluster.client.v1().events().inNamespace("shop").list().getItems();
  }
}
