// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.policy.Policy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PolicyReviewTest {
  @Test
  void a_policy_of_numbers_and_blocks_is_in_order() {
    PolicyReview review =
        review(
            """
            podSelector: {}
            policyTypes: [Ingress, Egress]
            ingress:
              - {from: [{podSelector: {}}], ports: [{port: 80}, {protocol: SCTP, port: 9, endPort: 12}]}
            egress:
              - {to: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}], ports: [{protocol: UDP}]}
              - {}
            """);
    assertThat(review.problems()).isEmpty();
    assertThat(review.ports()).isEmpty();
  }

  @Test
  void rules_of_a_direction_that_the_types_leave_out_are_reported() {
    assertThat(
            messages("{podSelector: {}, policyTypes: [Ingress], egress: [{ports: [{port: web}]}]}"))
        .singleElement()
        .asString()
        .startsWith("RulesIgnored: spec.policyTypes is [Ingress], so spec.egress counts")
        .contains("add Egress");
    assertThat(messages("{podSelector: {}, policyTypes: [Egress], ingress: [{}]}"))
        .singleElement()
        .asString()
        .contains("spec.ingress counts for nothing");
  }

  @Test
  void without_types_they_are_as_the_api_server_defaults_them() {
    assertThat(
            review("{podSelector: {}, egress: [{ports: [{port: web}], to: [{podSelector: {}}]}]}"))
        .satisfies(
            review -> {
              assertThat(review.problems()).isEmpty();
              assertThat(review.ports()).hasSize(1);
            });
    assertThat(messages("{}")).isEmpty();
  }

  @Test
  void a_field_of_a_later_version_is_reported_with_its_place() {
    assertThat(
            messages(
                """
                podSelector: {}
                policyTypes: [Ingress]
                ingress: [{from: [{podSelector: {}}, {fqdn: a.example}], ports: [{port: 80, icmp: 8}]}]
                later: true
                """))
        .singleElement()
        .asString()
        .startsWith("UnknownField: spec has later, ")
        .contains("; spec.ingress[0].from[1] has fqdn, ", "; spec.ingress[0].ports[0] has icmp, ");
  }

  @Test
  void a_name_may_be_of_a_pod_in_a_block() {
    PolicyReview review =
        review(
            """
            podSelector: {}
            policyTypes: [Egress]
            egress:
              - {to: [{ipBlock: {cidr: 192.0.2.1/24}}], ports: [{port: web}]}
              - {to: [{podSelector: {}}, {ipBlock: {cidr: "::/0"}}], ports: [{port: dns, protocol: UDP}]}
              - {ports: [{port: web}]}
            """);
    assertThat(review.problems()).isEmpty();
    assertThat(review.ports())
        .extracting(port -> port.rule() + " " + port + " " + port.blocks())
        .containsExactly(
            "spec.egress[0] port \"web\" (TCP) [192.0.2.0/24]",
            "spec.egress[1] port \"dns\" (UDP) [::/0]");
  }

  @Test
  void more_clauses_than_a_pod_can_have_are_reported_and_single_addresses_are_one() {
    assertThat(messages(peers("{ipBlock: {cidr: 10.%d.%d.0/24}}")))
        .singleElement()
        .asString()
        .startsWith("TooManyClauses: spec.ingress makes 5100 clauses or more")
        .contains("the pods that it selects are closed");
    assertThat(messages(peers("{ipBlock: {cidr: 10.1.%d.%d/32}}"))).isEmpty();
  }

  @Test
  void a_policy_with_more_entries_than_agents_read_is_reported() {
    String ports = "{port: 80}, ".repeat(Policy.MAX_ENTRIES);
    assertThat(messages("{podSelector: {}, ingress: [{ports: [%s]}]}".formatted(ports)))
        .singleElement()
        .asString()
        .startsWith("PolicyTooLarge: it has more than 20,000 rules");
  }

  @Test
  void values_of_selectors_count_and_a_few_labels_do_not() {
    String values =
        IntStream.range(0, Policy.MAX_ENTRIES)
            .mapToObj(i -> "v" + i)
            .collect(Collectors.joining(", "));
    for (String selector : List.of("podSelector", "namespaceSelector")) {
      String peer = "{%s: {matchExpressions: [{key: a, operator: In, values: [%s]}]}}";
      assertThat(
              messages(
                  "{podSelector: {}, ingress: [{from: [%s]}]}"
                      .formatted(peer.formatted(selector, values))))
          .singleElement()
          .asString()
          .startsWith("PolicyTooLarge: ");
    }
    String labels =
        "{podSelector: {matchLabels: {a: x, b: x, c: x}}}, ".repeat(Policy.MAX_ENTRIES / 2);
    assertThat(messages("{podSelector: {}, ingress: [{from: [%s]}]}".formatted(labels)))
        .noneMatch(message -> message.startsWith("PolicyTooLarge"));
  }

  private static String peers(String peer) {
    return IntStream.range(0, 5_100)
        .mapToObj(i -> peer.formatted(i / 200, i % 200))
        .collect(
            Collectors.joining(
                ", ", "{podSelector: {}, policyTypes: [Ingress], ingress: [{from: [", "]}]}"));
  }

  @Test
  void whose_port_a_name_is_depends_on_the_direction() {
    PolicyReview review =
        review(
            """
            podSelector: {matchLabels: {app: web}}
            policyTypes: [Ingress, Egress]
            ingress: [{from: [{podSelector: {matchLabels: {app: other}}}], ports: [{port: http}]}]
            egress:
              - to: [{namespaceSelector: {matchLabels: {team: a}}, podSelector: {matchLabels: {app: db}}}]
                ports: [{port: sql}]
            """);
    assertThat(review.ports())
        .extracting(PolicyReview.NamedPort::name)
        .containsExactly("http", "sql");
    assertThat(review.ports().get(0).pods())
        .singleElement()
        .satisfies(
            pods -> {
              assertThat(pods.namespaces()).isEmpty();
              assertThat(pods.selector().getMatchLabels()).containsEntry("app", "web");
            });
    assertThat(review.ports().get(1).pods())
        .singleElement()
        .satisfies(
            pods -> {
              assertThat(pods.namespaces().orElseThrow().getMatchLabels())
                  .containsEntry("team", "a");
              assertThat(pods.selector().getMatchLabels()).containsEntry("app", "db");
            });
  }

  @Test
  void nothing_of_a_spec_is_kept_but_names() {
    PolicyReview review = review("{podSelector: {}, ingress: [{}]}");
    assertThat(review.about().getSpec()).isNull();
    assertThat(review.about().getMetadata())
        .satisfies(
            metadata -> {
              assertThat(metadata.getUid()).isEqualTo("uid");
              assertThat(metadata.getLabels()).isEmpty();
            });
  }

  private static List<String> messages(String spec) {
    return review(spec).problems().stream()
        .map(warning -> warning.reason() + ": " + warning.message())
        .toList();
  }

  private static PolicyReview review(String spec) {
    return PolicyReview.of(policy("shop", "p", spec));
  }

  static NetworkPolicy policy(String namespace, String name, String spec) {
    return Serialization.unmarshal(
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {namespace: %s, name: %s, uid: uid, labels: {a: b}}\nspec:\n  %s"
            .formatted(namespace, name, spec.strip().replace("\n", "\n  ")),
        NetworkPolicy.class);
  }
}
