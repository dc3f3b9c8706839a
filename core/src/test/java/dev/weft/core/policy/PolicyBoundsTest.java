// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.policy;

import static dev.weft.core.policy.PolicyMaker.addresses;
import static dev.weft.core.policy.PolicyMaker.attachment;
import static dev.weft.core.policy.PolicyMaker.egress;
import static dev.weft.core.policy.PolicyMaker.ingress;
import static dev.weft.core.policy.PolicyMaker.pod;
import static dev.weft.core.policy.PolicyMaker.pods;
import static dev.weft.core.policy.PolicyMaker.range;
import static dev.weft.core.policy.PolicyMaker.rule;
import static dev.weft.core.policy.PolicyMaker.tcp;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.weft.core.net.IpAddress;
import dev.weft.core.node.Attachment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PolicyBoundsTest {
  private final PolicyTable table =
      new PolicyTable(PolicyMaker.NODE, new PolicyTable.Bounds(3, 10, 20, 40, 1_000_000));
  private final List<Attachment> attachments = new ArrayList<>();

  PolicyBoundsTest() {
    table.setListed(true, true, true);
  }

  /** A pod here with labels app=NAME and all=pods. */
  private void here(String name, int number) {
    attachments.add(attachment("a/" + name, "10.0.1." + number));
    table.upsert(pod("a/" + name, "app=" + name + ",all=pods", "10.0.1." + number));
    table.setAttachments(attachments);
  }

  private void peers(int from, int count) {
    for (int i = from; i < from + count; i++) {
      table.upsert(pod("p/peer" + i, "app=peer", "10.0.2." + i));
    }
  }

  private boolean isClosed(int number) {
    IpAddress address = IpAddress.parse("10.0.1." + number);
    return table.program().group(Direction.INGRESS, address).orElse("").equals("closed")
        && table.program().group(Direction.EGRESS, address).orElse("").equals("closed");
  }

  @Test
  void beyondTheLastGroupAPodIsClosedUntilOneIsFreeAndThoseBeforeItAreNot() {
    for (int i = 2; i < 7; i++) {
      here("z" + (9 - i), i);
      table.upsert(ingress("a", "np" + i, "app=z" + (9 - i), rule(tcp(i))));
      table.program();
    }
    assertThat(isClosed(4)).isFalse();
    assertThat(isClosed(5)).isTrue();
    assertThat(isClosed(6)).isTrue();
    assertThat(table.program().groups()).hasSize(3);
    assertThat(table.troubles())
        .extracting(PolicyTrouble::reason)
        .containsExactly("TooManyGroups", "TooManyGroups");

    table.deletePolicy("a", "np3");
    assertThat(isClosed(5)).isFalse();
    assertThat(isClosed(6)).isTrue();
    attachments.remove(0);
    table.setAttachments(attachments);
    assertThat(isClosed(6)).isFalse();
    assertThat(table.troubles()).isEmpty();
  }

  @Test
  void aGroupOfTooManyClausesClosesItsPods() {
    here("web", 2);
    PolicyRule[] rules = new PolicyRule[6];
    for (int i = 0; i < rules.length; i++) {
      rules[i] = rule(range("192.0." + i + ".0/24"));
    }
    table.upsert(ingress("a", "one", "", rules));
    assertThat(isClosed(2)).isFalse();
    table.upsert(ingress("a", "two", "", rules));
    assertThat(isClosed(2)).isTrue();
    assertThat(table.troubles().get(0).reason()).isEqualTo("TooManyClauses");
    assertThat(table.program().sets()).isEmpty();
    table.deletePolicy("a", "two");
    assertThat(isClosed(2)).isFalse();
  }

  @Test
  void aPolicyOfTooManyClausesIsNamed() {
    here("web", 2);
    PolicyRule[] rules = new PolicyRule[11];
    for (int i = 0; i < rules.length; i++) {
      rules[i] = rule(tcp(i));
    }
    table.upsert(ingress("a", "huge", "", rules));
    assertThat(isClosed(2)).isTrue();
    assertThat(table.troubles().get(0).message()).contains("NetworkPolicy a/huge", "10");
    assertThat(table.troubles())
        .extracting(PolicyTrouble::subject, PolicyTrouble::name, PolicyTrouble::reason)
        .contains(tuple(PolicyTrouble.Subject.POLICY, "huge", "TooManyClauses"));
  }

  @Test
  void rulesOfFewClausesAndManyPortsCloseTheirPods() {
    here("web", 2);
    PolicyRule[] rules = new PolicyRule[8];
    for (int i = 0; i < rules.length; i++) {
      rules[i] = rule(tcp(1), tcp(3), range("192.0." + i + ".0/24", "192.0." + i + ".1/32"));
    }
    table.upsert(ingress("a", "one", "", rules));
    assertThat(isClosed(2)).isFalse();
    table.upsert(ingress("a", "two", "", rule(tcp(1))));
    assertThat(isClosed(2)).isTrue();
    assertThat(table.troubles().get(0).reason()).isEqualTo("RulesTooLarge");
    assertThat(table.troubles().get(0).message()).contains("its NetworkPolicies", "40");
    table.deletePolicy("a", "two");
    assertThat(isClosed(2)).isFalse();
  }

  @Test
  void aPolicyOfTooManyPortsIsNamed() {
    here("web", 2);
    Object[] parts = new Object[80 * 8];
    for (int i = 0; i < parts.length; i++) {
      parts[i] = tcp(2 * i);
    }
    table.upsert(ingress("a", "huge", "", rule(parts)));
    assertThat(isClosed(2)).isTrue();
    assertThat(table.troubles())
        .extracting(PolicyTrouble::subject, PolicyTrouble::name, PolicyTrouble::reason)
        .contains(tuple(PolicyTrouble.Subject.POLICY, "huge", "RulesTooLarge"));
  }

  @Test
  void whereTheRulesOfAllPodsWeighTooMuchFurtherPodsAreClosedUntilTheyWeighLess() {
    PolicyRule[] rules = new PolicyRule[5];
    for (int i = 0; i < rules.length; i++) {
      rules[i] = rule(tcp(1), tcp(3), range("192.0." + i + ".0/24"));
    }
    for (int i = 2; i < 5; i++) {
      here("web" + i, i);
      table.upsert(ingress("a", "np" + i, "app=web" + i, rules));
      table.program();
    }
    assertThat(isClosed(2)).isFalse();
    assertThat(isClosed(3)).isFalse();
    assertThat(isClosed(4)).isTrue();
    assertThat(table.troubles())
        .extracting(PolicyTrouble::subject, PolicyTrouble::name, PolicyTrouble::reason)
        .containsExactly(tuple(PolicyTrouble.Subject.POD, "web4", "NodeRulesTooLarge"));

    here("web2", 5);
    assertThat(isClosed(5)).isFalse();
    table.upsert(ingress("a", "np3", "app=web3", rules[0]));
    assertThat(isClosed(4)).isFalse();
    assertThat(table.troubles()).isEmpty();
  }

  @Test
  void whatClustersHaveIsFarBelowTheBounds() {
    PolicyTable usual = new PolicyTable(PolicyMaker.NODE);
    usual.setListed(true, true, true);
    usual.setAttachments(List.of(attachment("a/first", "10.0.3.1")));
    List<Attachment> pods = new ArrayList<>();
    for (int i = 0; i < 125; i++) {
      pods.add(attachment("a/web" + i, "10.0.1." + i));
      usual.upsert(pod("a/web" + i, "app=web" + i, "10.0.1." + i));
      List<PolicyRule> rules = new ArrayList<>();
      for (int j = 0; j < 20; j++) {
        rules.add(rule(tcp(80), tcp(443), pods("client=" + j)));
      }
      usual.upsert(
          PolicyMaker.policy(
              "a",
              "np" + i,
              "app=web" + i,
              Set.of(Direction.INGRESS, Direction.EGRESS),
              rules,
              rules.subList(0, 10)));
    }
    pods.add(attachment("a/rules", "10.0.2.1"));
    usual.upsert(pod("a/rules", "app=rules", "10.0.2.1"));
    PolicyRule[] thousand = new PolicyRule[1_000];
    Arrays.setAll(thousand, i -> rule(tcp(i), range("11." + i / 250 + "." + i % 250 + ".0/24")));
    usual.upsert(ingress("a", "rules", "app=rules", thousand));
    pods.add(attachment("a/hosts", "10.0.2.2"));
    usual.upsert(pod("a/hosts", "app=hosts", "10.0.2.2"));
    Object[] hosts = new Object[10_000];
    Arrays.setAll(hosts, i -> range("12.0." + i / 250 + "." + i % 250 + "/32"));
    usual.upsert(egress("a", "hosts", "app=hosts", rule(hosts)));
    usual.setAttachments(pods.subList(1, pods.size()));
    assertThat(usual.troubles()).isEmpty();
    assertThat(usual.program().groups()).hasSize(250);
  }

  @Test
  void rulesAreKeptOnlyOfNamespacesOfOwnPodsAndTheLargestIsClosedWhereAllHaveTooManyBytes() {
    PolicyTable small =
        new PolicyTable(PolicyMaker.NODE, new PolicyTable.Bounds(250, 1_000, 200, 4_000, 5_000));
    small.setListed(true, true, true);
    small.upsert(pod("a/web", "app=web", "10.0.1.2"));
    small.setAttachments(List.of(attachment("a/web", "10.0.1.2")));
    small.upsert(ingress("a", "np", "app=web", rule(tcp(80))));
    Object[] ranges = new Object[100];
    Arrays.setAll(ranges, i -> range("11.0." + i + ".0/24"));
    Policy large = ingress("tenant", "np", "", rule(ranges));
    for (int i = 0; i < 50; i++) {
      small.upsert(PolicyMaker.named(large, "np" + i));
    }
    assertThat(small.troubles()).isEmpty();

    small.upsert(pod("tenant/x", "app=x", "10.0.1.3"));
    boolean known = small.admit(PolicyMaker.podName("tenant/x"), "uid-of-x", addresses("10.0.1.3"));
    assertThat(known).isFalse();
    assertThat(small.troubles())
        .extracting(PolicyTrouble::name, PolicyTrouble::reason)
        .containsExactly(tuple("x", "NamespacePoliciesTooLarge"));
    for (int i = 1; i < 50; i++) {
      small.deletePolicy("tenant", "np" + i);
    }
    assertThat(small.troubles())
        .extracting(PolicyTrouble::name, PolicyTrouble::reason)
        .containsExactly(tuple("x", "PoliciesUnknown"));
    assertThat(small.wants().unread()).containsExactly("tenant");
    small.upsert(PolicyMaker.named(large, "np0"));
    assertThat(small.troubles()).isEmpty();
    assertThat(small.wants().unread()).isEmpty();
  }

  @Test
  void manySingleAddressesAreOneClause() {
    here("web", 2);
    Object[] hosts = new Object[15];
    for (int i = 0; i < hosts.length; i++) {
      hosts[i] = range("192.0.2." + i + "/32");
    }
    table.upsert(ingress("a", "np", "", rule(hosts)));
    assertThat(isClosed(2)).isFalse();
  }

  @Test
  void wherePeersBecomeTooManyThePodsOfTheLargestGroupAreClosedUntilTheyAreMarkedlyFewer() {
    here("web", 2);
    here("db", 3);
    peers(0, 12);
    table.upsert(ingress("a", "large", "app=web", rule(pods("kubernetes.io/metadata.name=p", ""))));
    table.upsert(ingress("a", "small", "app=db", rule(pods("all=pods"))));
    table.upsert(new PolicyNamespace("p", Map.of()));
    assertThat(isClosed(2)).isFalse();
    peers(12, 12);
    assertThat(isClosed(2)).isTrue();
    assertThat(isClosed(3)).isFalse();
    assertThat(table.program().sets()).hasSize(1);
    assertThat(table.troubles().get(0).reason()).isEqualTo("TooManyElements");
    assertThat(table.wants().peers()).hasSize(2);
    for (int i = 6; i < 24; i++) {
      table.deletePod("p", "peer" + i);
      table.program();
    }
    assertThat(isClosed(2)).isFalse();
    assertThat(table.program().sets()).hasSize(2);
  }

  @Test
  void aPodWhosePeersAreTooManyFromTheStartIsClosedAndTheOthersAreNot() {
    here("db", 3);
    table.upsert(ingress("a", "small", "app=db", rule(pods("all=pods"))));
    peers(0, 60);
    table.upsert(new PolicyNamespace("p", Map.of()));
    here("web", 2);
    table.upsert(ingress("a", "large", "app=web", rule(pods("kubernetes.io/metadata.name=p", ""))));
    assertThat(isClosed(2)).isTrue();
    assertThat(isClosed(3)).isFalse();
    table.deletePolicy("a", "large");
    assertThat(isClosed(2)).isFalse();
    assertThat(table.troubles()).isEmpty();
  }
}
