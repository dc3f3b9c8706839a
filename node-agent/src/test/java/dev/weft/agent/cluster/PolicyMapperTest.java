// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import dev.weft.core.label.Selector;
import dev.weft.core.label.Selector.Operator;
import dev.weft.core.label.Selector.Requirement;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.Protocol;
import dev.weft.core.policy.Direction;
import dev.weft.core.policy.Policy;
import dev.weft.core.policy.PolicyPeer;
import dev.weft.core.policy.PolicyPort;
import dev.weft.core.policy.PolicyRule;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PolicyMapperTest {
  private static final PolicyRule EVERYTHING = new PolicyRule(List.of(), List.of());

  /** What no packet matches. */
  private static final PolicyRule NOTHING =
      new PolicyRule(List.of(new PolicyPeer.Range(Cidr.parse("0.0.0.0/32"), List.of())), List.of());

  private final ObjectMapper yaml = new ObjectMapper(new YAMLFactory());

  private PolicyMapper.Mapped mapped(String spec) {
    PolicyObject object = new PolicyObject();
    object.getMetadata().setNamespace("shop");
    object.getMetadata().setName("front");
    object.getMetadata().setUid("uid-1");
    try {
      object.setSpec(yaml.readValue(spec, PolicySpec.class));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
    return PolicyMapper.policy(object);
  }

  private Policy policy(String spec) {
    PolicyMapper.Mapped mapped = mapped(spec);
    assertThat(mapped.troubles()).isEmpty();
    return mapped.policy();
  }

  private List<PolicyRule> ingress(String rules) {
    return policy("podSelector: {}\ningress:\n" + rules.indent(2)).ingress();
  }

  @Test
  void withoutTypesItIsAboutIngressAndWithEgressRulesAboutBoth() {
    assertThat(policy("{podSelector: {}}").directions()).containsExactly(Direction.INGRESS);
    assertThat(policy("{podSelector: {}, policyTypes: []}").directions())
        .containsExactly(Direction.INGRESS);
    assertThat(policy("{podSelector: {}, egress: [{}]}").directions())
        .containsExactlyInAnyOrder(Direction.INGRESS, Direction.EGRESS);
    assertThat(policy("{podSelector: {}, egress: []}").directions())
        .containsExactly(Direction.INGRESS);
    assertThat(policy("{podSelector: {}, policyTypes: [Egress]}").directions())
        .containsExactly(Direction.EGRESS);
  }

  @Test
  void anEmptyRuleAcceptsEverythingAndAnEmptyListNothing() {
    assertThat(ingress("[{}]")).containsExactly(EVERYTHING);
    assertThat(ingress("[{from: [], ports: []}]")).containsExactly(EVERYTHING);
    assertThat(ingress("[]")).isEmpty();
    assertThat(ingress("null")).isEmpty();
  }

  @Test
  void anAbsentSelectorIsNotAnEmptyOne() {
    Selector a = new Selector(Map.of("app", "a"), List.of());
    assertThat(
            ingress(
                """
                - from:
                  - podSelector: {matchLabels: {app: a}}
                  - namespaceSelector: {matchLabels: {app: a}}
                  - podSelector: {}
                    namespaceSelector: {}
                  - podSelector: {matchLabels: {app: a}}
                    namespaceSelector: {}
                """))
        .containsExactly(
            new PolicyRule(
                List.of(
                    new PolicyPeer.Pods(Optional.empty(), a),
                    new PolicyPeer.Pods(Optional.of(a), Selector.ALL),
                    new PolicyPeer.Pods(Optional.of(Selector.ALL), Selector.ALL),
                    new PolicyPeer.Pods(Optional.of(Selector.ALL), a)),
                List.of()));
  }

  @Test
  void everyOperatorOfASelectorIsRead() {
    Policy policy =
        policy(
            """
            podSelector:
              matchExpressions:
              - {key: a, operator: In, values: [x, "y"]}
              - {key: b, operator: NotIn, values: [x]}
              - {key: c, operator: Exists}
              - {key: d, operator: DoesNotExist}
            """);
    assertThat(policy.pods().requirements())
        .containsExactly(
            new Requirement("a", Operator.IN, List.of("x", "y")),
            new Requirement("b", Operator.NOT_IN, List.of("x")),
            new Requirement("c", Operator.EXISTS, List.of()),
            new Requirement("d", Operator.DOES_NOT_EXIST, List.of()));
    assertThat(policy).hasToString("shop/front");
    assertThat(policy.uid()).isEqualTo("uid-1");
  }

  @Test
  void portsHaveTheDefaultsOfTheApi() {
    assertThat(
            ingress(
                """
                - ports:
                  - port: 80
                  - {port: 1000, endPort: 2000, protocol: UDP}
                  - {port: http}
                  - {protocol: SCTP}
                  - {}
                """))
        .containsExactly(
            new PolicyRule(
                List.of(),
                List.of(
                    new PolicyPort.Numbers(Protocol.TCP, 80, 80),
                    new PolicyPort.Numbers(Protocol.UDP, 1000, 2000),
                    new PolicyPort.Named(Protocol.TCP, "http"),
                    PolicyPort.Numbers.all(Protocol.SCTP),
                    PolicyPort.Numbers.all(Protocol.TCP))));
  }

  @ParameterizedTest
  @CsvSource({
    "10.1.2.0/24, 10.1.2.0/24",
    "10.1.2.3/24, 10.1.2.0/24",
    "010.001.2.0/24, 10.1.2.0/24",
    "fd00:0db8::1/32, fd00:db8::/32",
    "0.0.0.0/0, 0.0.0.0/0",
    "::/0, ::/0",
  })
  void aRangeIsReadAsTheApiServerTakesIt(String text, String range) {
    assertThat(ingress("[{from: [{ipBlock: {cidr: \"%s\"}}]}]".formatted(text)))
        .containsExactly(
            new PolicyRule(List.of(new PolicyPeer.Range(Cidr.parse(range), List.of())), List.of()));
  }

  @Test
  void aRangeHasItsExceptions() {
    assertThat(ingress("[{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}]}]"))
        .containsExactly(
            new PolicyRule(
                List.of(
                    new PolicyPeer.Range(
                        Cidr.parse("10.0.0.0/8"), List.of(Cidr.parse("10.1.0.0/16")))),
                List.of()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{from: [{}]}",
        "{from: [{newSelector: {}}]}",
        "{from: [{podSelector: {}, newSelector: {}}]}",
        "{from: [{podSelector: {matchExpressions: [{key: a, operator: Gt, values: [\"1\"]}]}}]}",
        "{from: [{podSelector: {matchExpressions: [{key: a, operator: In, values: [\"1,2\"]}]}}]}",
        "{from: [{podSelector: {matchLabels: {a: \"1;b IN 2\"}}}]}",
        "{from: [{namespaceSelector: {matchLabels: {\"a=1,b\": c}}}]}",
        "{from: [{ipBlock: {cidr: 10.0.0.0}}]}",
        "{from: [{ipBlock: {cidr: 10.0.0.0/33}}]}",
        "{from: [{ipBlock: {cidr: 10.0.0.0/8}, podSelector: {}}]}",
        "{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [11.0.0.0/8]}}]}",
        "{from: {podSelector: {}}}",
        "{from: [7]}",
        "{ports: [{port: 0}]}",
        "{ports: [{port: 70000}]}",
        "{ports: [{port: 80, endPort: 79}]}",
        "{ports: [{endPort: 79}]}",
        "{ports: [{port: http, endPort: 79}]}",
        "{ports: [{port: 80, protocol: GRE}]}",
        "{ports: [{port: 80, flavour: GRE}]}",
        "{when: night}",
        "7",
      })
  void aRuleThatIsNotUnderstoodAcceptsNothing(String rule) {
    PolicyMapper.Mapped mapped = mapped("{podSelector: {}, ingress: [%s, {}]}".formatted(rule));
    assertThat(mapped.policy().ingress()).containsExactly(NOTHING, EVERYTHING);
    assertThat(mapped.troubles())
        .isNotEmpty()
        .allSatisfy(trouble -> assertThat(trouble).startsWith("spec.ingress[0]"));
  }

  @Test
  void theOthersOfAListStayInForce() {
    PolicyMapper.Mapped mapped =
        mapped("{podSelector: {}, ingress: [{from: [{new: {}}, {podSelector: {}}]}]}");
    assertThat(mapped.policy().ingress())
        .containsExactly(
            new PolicyRule(
                List.of(new PolicyPeer.Pods(Optional.empty(), Selector.ALL)), List.of()));
    assertThat(mapped.troubles())
        .containsExactly(
            "spec.ingress[0].from[0] has a field \"new\" that is not known here: the entry accepts"
                + " nothing");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{podSelector: {matchFields: {}}, ingress: [{}], policyTypes: [Ingress, Egress], egress: [{}]}",
        "{podSelector: {}, priority: 7, ingress: [{}], policyTypes: [Ingress, Egress], egress: [{}]}",
        "{podSelector: 7, ingress: [{}], policyTypes: [Ingress, Egress], egress: [{}]}",
      })
  void aPolicyThatIsNotUnderstoodClosesItsNamespace(String spec) {
    PolicyMapper.Mapped mapped = mapped(spec);
    assertThat(mapped.policy().directions())
        .containsExactlyInAnyOrder(Direction.INGRESS, Direction.EGRESS);
    assertThat(mapped.policy().ingress()).isEmpty();
    assertThat(mapped.policy().egress()).isEmpty();
    assertThat(mapped.policy().pods()).isEqualTo(Selector.ALL);
    assertThat(mapped.troubles()).hasSize(1);
  }

  @Test
  void aListOfRulesThatIsNoneAcceptsNothing() {
    PolicyMapper.Mapped mapped = mapped("{podSelector: {}, ingress: {}}");
    assertThat(mapped.policy().ingress()).isEmpty();
    assertThat(mapped.troubles()).hasSize(1);
  }

  @Test
  void aPolicyThatIsTooLargeIsKeptWithoutItsRules() {
    String ports = "{port: 1},".repeat(PolicyMapper.MAX_ENTRIES);
    PolicyMapper.Mapped mapped =
        mapped(
            "{egress: [{ports: [%s {port: 2}]}], ingress: [{}], podSelector: {matchLabels: {a: b}}}"
                .formatted(ports));
    assertThat(mapped.policy().pods().labels()).isEqualTo(Map.of("a", "b"));
    assertThat(mapped.policy().directions())
        .containsExactlyInAnyOrder(Direction.INGRESS, Direction.EGRESS);
    assertThat(mapped.policy().ingress()).isEmpty();
    assertThat(mapped.policy().egress()).isEmpty();
    assertThat(mapped.troubles())
        .containsExactly(
            "spec has more than 20,000 rules, peers, ports and values:"
                + " none of its rules is in force");
  }

  @Test
  void theExceptionsOfARangeCountToo() {
    String holes = "10.0.0.0/32,".repeat(PolicyMapper.MAX_ENTRIES);
    PolicyMapper.Mapped mapped =
        mapped(
            "{ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [%s]}}]}]}".formatted(holes));
    assertThat(mapped.policy().ingress()).isEmpty();
    assertThat(mapped.troubles()).hasSize(1);
  }

  @Test
  void whatIsNotUnderstoodIsReportedInAFewWords() {
    String text = "{protocol: \"%s\"},".formatted("X".repeat(1_000)).repeat(1_000);
    List<String> troubles = mapped("{ingress: [{ports: [%s]}]}".formatted(text)).troubles();
    assertThat(troubles).hasSizeLessThan(30);
    assertThat(String.join("; ", troubles)).hasSizeLessThan(5_000);
  }
}
