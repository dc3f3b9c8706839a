// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.policy;

import static dev.weft.core.policy.PolicyMaker.addresses;
import static dev.weft.core.policy.PolicyMaker.attachment;
import static dev.weft.core.policy.PolicyMaker.egress;
import static dev.weft.core.policy.PolicyMaker.ingress;
import static dev.weft.core.policy.PolicyMaker.labels;
import static dev.weft.core.policy.PolicyMaker.node;
import static dev.weft.core.policy.PolicyMaker.on;
import static dev.weft.core.policy.PolicyMaker.pod;
import static dev.weft.core.policy.PolicyMaker.podName;
import static dev.weft.core.policy.PolicyMaker.pods;
import static dev.weft.core.policy.PolicyMaker.policy;
import static dev.weft.core.policy.PolicyMaker.port;
import static dev.weft.core.policy.PolicyMaker.range;
import static dev.weft.core.policy.PolicyMaker.rule;
import static dev.weft.core.policy.PolicyMaker.tcp;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.weft.core.label.Selector;
import dev.weft.core.net.Cidr;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.Protocol;
import dev.weft.core.node.Attachment;
import dev.weft.core.node.AttachmentKey;
import dev.weft.core.policy.PolicyProgram.Group;
import dev.weft.core.policy.PolicyProgram.MemberSet;
import dev.weft.core.policy.PolicyProgram.Peer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PolicyTableTest {
  private static final String WEB = "10.0.1.2";
  private static final String DB = "10.0.1.3";
  private static final String PEER = "10.0.2.2";
  private static final String OTHER = "10.0.2.3";
  private static final String OUTSIDE = "192.0.2.1";

  private final PolicyTable table = new PolicyTable(PolicyMaker.NODE);

  @BeforeEach
  void aNodeWithTwoPodsAndTwoOnAnother() {
    table.setListed(true, true, true);
    table.setAttachments(List.of(attachment("a/web", WEB), attachment("a/db", DB)));
    table.upsert(pod("a/web", "app=web", WEB, port("http", 80)));
    table.upsert(pod("a/db", "app=db", DB, port("http", 81)));
    table.upsert(pod("a/peer", "app=peer", PEER, port("http", 8080), port("http", 8081)));
    table.upsert(pod("b/other", "app=peer", OTHER));
    table.upsert(new PolicyNamespace("a", labels("team=a")));
  }

  private boolean allows(String from, String to, int port) {
    return new ProgramVerdicts(table.program())
        .allows(IpAddress.parse(from), IpAddress.parse(to), Protocol.TCP, port);
  }

  private Optional<String> ingressGroup(String address) {
    return table.program().group(Direction.INGRESS, IpAddress.parse(address));
  }

  private boolean isClosed(String address) {
    return ingressGroup(address).equals(Optional.of(PolicyProgram.CLOSED))
        && table
            .program()
            .group(Direction.EGRESS, IpAddress.parse(address))
            .equals(Optional.of(PolicyProgram.CLOSED));
  }

  @Test
  void withoutAPolicyThereIsNoProgramAndNothingIsWatched() {
    assertThat(table.program()).isEqualTo(PolicyProgram.NONE);
    assertThat(table.wants()).isEqualTo(PolicyWatches.NONE);
    assertThat(table.troubles()).isEmpty();
  }

  @Test
  void policiesElsewhereMakeNoProgramAndNeedTheOwnPodsOnly() {
    table.upsert(ingress("b", "deny", ""));
    assertThat(table.program()).isSameAs(PolicyProgram.NONE);
    assertThat(table.wants()).isEqualTo(new PolicyWatches(Set.of(), false, true, Set.of()));
  }

  @Test
  void aPolicyThatSelectsNothingMakesNoGroup() {
    table.upsert(ingress("a", "deny", "app=nobody"));
    assertThat(table.program()).isSameAs(PolicyProgram.NONE);
  }

  @Test
  void aSelectedPodGetsOnlyWhatARuleAccepts() {
    table.upsert(ingress("a", "np", "app=web", rule(pods("app=peer"), tcp(80))));
    assertThat(allows(PEER, WEB, 80)).isTrue();
    assertThat(allows(PEER, WEB, 81)).isFalse();
    assertThat(allows(DB, WEB, 80)).isFalse();
    assertThat(allows(WEB, PEER, 81)).isTrue();
    assertThat(allows(PEER, DB, 81)).isTrue();
  }

  @Test
  void aPolicyIsOnlyAboutItsDirections() {
    table.upsert(egress("a", "np", "app=web"));
    assertThat(allows(WEB, PEER, 80)).isFalse();
    assertThat(allows(PEER, WEB, 80)).isTrue();
  }

  @Test
  void aRuleWithoutPeersAcceptsEveryOtherEndAndOneWithoutPortsEveryPort() {
    table.upsert(ingress("a", "np", "app=web", rule(tcp(80))));
    table.upsert(ingress("a", "np2", "app=db", rule()));
    assertThat(allows(OUTSIDE, WEB, 80)).isTrue();
    assertThat(allows(OUTSIDE, WEB, 81)).isFalse();
    assertThat(allows(OUTSIDE, DB, 4711)).isTrue();
  }

  @Test
  void severalPoliciesAcceptWhatOneOfThemAccepts() {
    table.upsert(ingress("a", "one", "app=web", rule(tcp(80))));
    table.upsert(ingress("a", "two", "", rule(tcp(81))));
    assertThat(allows(PEER, WEB, 80)).isTrue();
    assertThat(allows(PEER, WEB, 81)).isTrue();
    assertThat(allows(PEER, WEB, 82)).isFalse();
  }

  @Test
  void aPodSelectorAloneMeansTheNamespaceOfThePolicy() {
    table.upsert(ingress("a", "np", "app=web", rule(pods(""))));
    assertThat(allows(PEER, WEB, 80)).isTrue();
    assertThat(allows(OTHER, WEB, 80)).isFalse();
  }

  @Test
  void aNamespaceThatIsNotKnownIsNotSelectedAndOnceKnownIs() {
    table.upsert(ingress("a", "np", "app=web", rule(pods("", "app=peer"))));
    assertThat(allows(OTHER, WEB, 80)).isFalse();
    table.upsert(new PolicyNamespace("b", Map.of()));
    assertThat(allows(OTHER, WEB, 80)).isTrue();
    table.deleteNamespace("b");
    assertThat(allows(OTHER, WEB, 80)).isFalse();
  }

  @Test
  void everyNamespaceHasTheLabelOfItsName() {
    table.upsert(ingress("a", "np", "app=web", rule(pods("kubernetes.io/metadata.name=b", ""))));
    table.upsert(new PolicyNamespace("b", Map.of()));
    assertThat(allows(OTHER, WEB, 80)).isTrue();
    assertThat(allows(PEER, WEB, 80)).isFalse();
  }

  @Test
  void labelsOfNamespacesAndPodsCountAsTheyAreNow() {
    table.upsert(ingress("a", "np", "app=web", rule(pods("team=b", "app=peer"))));
    table.upsert(new PolicyNamespace("b", labels("team=b")));
    assertThat(allows(OTHER, WEB, 80)).isTrue();
    table.upsert(pod("b/other", "app=none", OTHER));
    assertThat(allows(OTHER, WEB, 80)).isFalse();
    table.upsert(pod("b/other", "app=peer", OTHER));
    table.upsert(new PolicyNamespace("b", labels("team=c")));
    assertThat(allows(OTHER, WEB, 80)).isFalse();
  }

  @Test
  void aRangeAcceptsWhatItsExceptionsDoNotHoldPodsToo() {
    table.upsert(ingress("a", "np", "app=web", rule(range("10.0.0.0/16", "10.0.2.2/32"))));
    assertThat(allows(OTHER, WEB, 80)).isTrue();
    assertThat(allows(PEER, WEB, 80)).isFalse();
    assertThat(allows(OUTSIDE, WEB, 80)).isFalse();
  }

  @Test
  void anExceptionThatHoldsTheRangeLeavesNothing() {
    table.upsert(ingress("a", "np", "app=web", rule(range("10.0.2.0/24", "10.0.0.0/8"))));
    assertThat(clauses()).isEmpty();
    assertThat(allows(PEER, WEB, 80)).isFalse();
  }

  @Test
  void exceptionsAreSortedAndNoneIsInsideAnother() {
    table.upsert(
        ingress(
            "a",
            "np",
            "app=web",
            rule(range("10.0.0.0/8", "10.2.0.0/16", "10.1.1.0/24", "10.1.0.0/16"))));
    assertThat(clauses().get(0).peer())
        .isEqualTo(
            new Peer.Range(
                Cidr.parse("10.0.0.0/8"),
                List.of(Cidr.parse("10.1.0.0/16"), Cidr.parse("10.2.0.0/16"))));
  }

  @Test
  void aRangeThatHoldsANodesAddressMeansItsGatewaysToo() {
    table.upsert(ingress("a", "np", "app=web", rule(range("172.18.0.0/16", "172.18.0.9/32"))));
    assertThat(allows("10.0.2.1", WEB, 80)).isFalse();
    table.setNodes(
        List.of(
            node("n2", "172.18.0.2 fc00::2", "10.0.2.0/24 fd00::/64"),
            node("n9", "172.18.0.9", "10.0.9.0/24")));
    assertThat(allows("10.0.2.1", WEB, 80)).isTrue();
    assertThat(allows("10.0.9.1", WEB, 80)).isFalse();
    assertThat(allows("fd00::1", WEB, 80)).isFalse();
    table.setNodes(List.of());
    assertThat(allows("10.0.2.1", WEB, 80)).isFalse();
    assertThat(table.program().sets()).isEmpty();
  }

  @Test
  void anExceptionThatHoldsANodesAddressExceptsItsGatewaysToo() {
    table.upsert(ingress("a", "np", "app=web", rule(range("0.0.0.0/0", "172.18.0.2/32"))));
    assertThat(allows("10.0.2.1", WEB, 80)).isTrue();
    table.setNodes(
        List.of(node("n2", "172.18.0.2", "10.0.2.0/24"), node("n3", "172.18.0.3", "10.0.3.0/24")));
    assertThat(allows("10.0.2.1", WEB, 80)).isFalse();
    assertThat(allows("10.0.3.1", WEB, 80)).isTrue();
    table.setNodes(
        List.of(node("n2", "172.18.0.4", "10.0.2.0/24"), node("n3", "172.18.0.2", "10.0.3.0/24")));
    assertThat(allows("10.0.2.1", WEB, 80)).isTrue();
    assertThat(allows("10.0.3.1", WEB, 80)).isFalse();
  }

  @Test
  void aRangeThatHoldsTheGatewaysItselfNeedsNoSetOfThem() {
    table.setNodes(List.of(node("n2", "172.18.0.2", "10.0.2.0/24")));
    table.upsert(ingress("a", "np", "app=web", rule(range("0.0.0.0/0"))));
    assertThat(table.program().sets()).isEmpty();
  }

  @Test
  void manySingleAddressesOfARuleAreOneSetWithTheGatewaysOfTheirNodes() {
    Object[] hosts = new Object[20];
    for (int i = 0; i < hosts.length; i++) {
      hosts[i] = range("192.0.2." + i + "/32");
    }
    table.setNodes(List.of(node("n", "192.0.2.3", "10.0.3.0/24")));
    table.upsert(ingress("a", "np", "app=web", rule(hosts)));
    assertThat(clauses()).hasSize(1);
    assertThat(allows("192.0.2.19", WEB, 80)).isTrue();
    assertThat(allows("192.0.2.20", WEB, 80)).isFalse();
    assertThat(allows("10.0.3.1", WEB, 80)).isTrue();
  }

  @Test
  void clausesAreOnlyOfTheFamiliesThatAPodHas() {
    table.upsert(
        ingress("a", "np", "", rule(pods("app=peer"), range("::/0"), range("192.0.2.0/24"))));
    assertThat(clauses()).hasSize(2);
    table.setAttachments(List.of(attachment("a/web", WEB + " fd00::1:2")));
    assertThat(clauses()).hasSize(4);
    assertThat(allows("2001:db8::1", "fd00::1:2", 80)).isTrue();
  }

  @Test
  void aNamedPortToAPodIsThatPodsOwnNumberAndSoPodsAreInDifferentGroups() {
    table.upsert(ingress("a", "np", "", rule(tcp("http"))));
    assertThat(allows(PEER, WEB, 80)).isTrue();
    assertThat(allows(PEER, WEB, 81)).isFalse();
    assertThat(allows(PEER, DB, 81)).isTrue();
    assertThat(allows(PEER, DB, 80)).isFalse();
    assertThat(ingressGroup(WEB)).isNotEqualTo(ingressGroup(DB));
  }

  @Test
  void podsToWhosePortsTheSameNamesLeadAreInOneGroup() {
    table.upsert(pod("a/db", "app=db", DB, port("http", 80)));
    table.upsert(ingress("a", "np", "", rule(tcp("http"))));
    assertThat(ingressGroup(WEB)).isEqualTo(ingressGroup(DB));
    assertThat(table.program().groups()).hasSize(1);
  }

  @Test
  void aNamedPortThatThePodDoesNotHaveMatchesNothing() {
    table.upsert(ingress("a", "np", "app=web", rule(tcp("nobody"))));
    assertThat(allows(PEER, WEB, 80)).isFalse();
    assertThat(clauses()).isEmpty();
  }

  @Test
  void aNamedPortThatAPodHasTwiceIsAllItsNumbers() {
    table.upsert(egress("a", "np", "app=web", rule(pods("app=peer"), tcp("http"))));
    assertThat(allows(WEB, PEER, 8080)).isTrue();
    assertThat(allows(WEB, PEER, 8081)).isTrue();
    assertThat(allows(WEB, PEER, 80)).isFalse();
    table.upsert(pod("a/web", "app=web", WEB, port("http", 80), port("http", 82)));
    table.upsert(ingress("a", "in", "app=web", rule(tcp("http"))));
    assertThat(allows(PEER, WEB, 80)).isTrue();
    assertThat(allows(PEER, WEB, 82)).isTrue();
    assertThat(allows(PEER, WEB, 81)).isFalse();
  }

  @Test
  void aNamedPortFromAPodWithoutPeersIsThatOfEveryPod() {
    table.upsert(egress("a", "np", "app=web", rule(tcp("http"))));
    assertThat(allows(WEB, PEER, 8080)).isTrue();
    assertThat(allows(WEB, DB, 81)).isTrue();
    assertThat(allows(WEB, OUTSIDE, 80)).isFalse();
    assertThat(table.wants().peers())
        .containsExactly(new PolicyWatches.PeerWatch(Optional.empty(), Selector.ALL));
  }

  @Test
  void aNamedPortWithARangeIsThatOfThePodsInIt() {
    table.upsert(egress("a", "np", "app=web", rule(range("10.0.2.0/24"), tcp("http"))));
    assertThat(allows(WEB, PEER, 8080)).isTrue();
    assertThat(allows(WEB, DB, 81)).isFalse();
    assertThat(allows(WEB, OTHER, 80)).isFalse();
  }

  @Test
  void portsThatTouchAreOne() {
    table.upsert(
        ingress(
            "a",
            "np",
            "app=web",
            rule(
                new PolicyPort.Numbers(Protocol.TCP, 80, 90),
                tcp(91),
                new PolicyPort.Numbers(Protocol.TCP, 85, 88),
                tcp(93),
                new PolicyPort.Numbers(Protocol.UDP, 94, 95))));
    assertThat(clauses().get(0).ports())
        .containsExactly(
            new PolicyProgram.PortRange(Protocol.TCP, 80, 91),
            new PolicyProgram.PortRange(Protocol.TCP, 93, 93),
            new PolicyProgram.PortRange(Protocol.UDP, 94, 95));
  }

  @Test
  void podsWithTheSamePoliciesAreOneGroupAndClausesOfOneChoiceShareASet() {
    table.upsert(ingress("a", "np", "", rule(pods("app=peer"), tcp(80))));
    table.upsert(egress("a", "np2", "app=web", rule(pods("app=peer"))));
    assertThat(table.program().groups()).hasSize(2);
    assertThat(table.program().sets()).hasSize(1);
    assertThat(ingressGroup(WEB)).isEqualTo(ingressGroup(DB));
  }

  @Test
  void namesAreShortAndSayTheirContentOnly() {
    table.upsert(ingress("a", "np", "", rule(pods("app=peer"), range("172.18.0.0/16"))));
    table.setNodes(List.of(node("n", "172.18.0.2", "10.0.2.0/24")));
    table.upsert(egress("a", "np2", "", rule(pods("app=peer"), tcp("http"))));
    List<String> names = new ArrayList<>(table.program().groups().keySet());
    names.addAll(table.program().sets().keySet());
    assertThat(names).hasSize(5).allMatch(name -> name.matches("[a-z][a-z0-9-]{1,30}"));

    Set<String> groups = Set.copyOf(table.program().groups().keySet());
    table.upsert(ingress("a", "np", "", rule(pods("app=peer"))));
    assertThat(table.program().groups().keySet()).isNotEqualTo(groups);
    table.upsert(ingress("a", "np", "", rule(pods("app=peer"), range("172.18.0.0/16"))));
    assertThat(table.program().groups().keySet()).isEqualTo(groups);
  }

  @Test
  void aGroupsNameHasThePlaceOfItsRules() {
    table.upsert(ingress("a", "np", "app=web", rule(tcp(80))));
    Optional<String> before = ingressGroup(WEB);
    table.upsert(ingress("a", "np", "app=web", rule(tcp("nobody")), rule(tcp(80))));
    assertThat(clauses()).hasSize(1);
    assertThat(ingressGroup(WEB)).isNotEqualTo(before);
  }

  @Test
  void aPodsChangeLeavesWhatItDoesNotConcernTheSameObjects() {
    table.upsert(ingress("a", "np", "app=web", rule(pods("app=peer"), pods("app=db"))));
    PolicyProgram before = table.program();
    table.upsert(pod("a/peer2", "app=peer", "10.0.2.9"));
    PolicyProgram after = table.program();
    assertThat(after.groups()).isSameAs(before.groups());
    assertThat(after.ingress()).isSameAs(before.ingress());
    List<MemberSet> changed =
        after.sets().values().stream().filter(set -> before.sets().get(set.name()) != set).toList();
    assertThat(changed).hasSize(1);
    assertThat(changed.get(0).without(before.sets().get(changed.get(0).name())))
        .containsExactly(PolicyProgram.Member.of(IpAddress.parse("10.0.2.9")));
    assertThat(table.program()).isSameAs(after);
  }

  @Test
  void setsThatNoGroupUsesAreGone() {
    table.upsert(ingress("a", "np", "app=web", rule(pods("app=peer"))));
    assertThat(table.program().sets()).hasSize(1);
    table.upsert(pod("a/web", "app=none", WEB));
    assertThat(table.program()).isSameAs(PolicyProgram.NONE);
  }

  @Test
  void aSetThatWentAndCameAgainBetweenTwoProgramsIsThere() {
    Policy policy = ingress("a", "np", "app=web", rule(pods("app=peer")));
    for (int i = 0; i < 20; i++) {
      table.upsert(policy);
      table.program();
      table.deletePolicy("a", "np");
      table.wants();
      table.upsert(policy);
      assertThat(allows(PEER, WEB, 80)).isTrue();
      table.deletePolicy("a", "np");
      assertThat(table.program()).isSameAs(PolicyProgram.NONE);
    }
  }

  @Test
  void ofTwoPodsWithAnAddressTheNewerCounts() {
    table.upsert(ingress("a", "np", "app=web", rule(pods("app=peer"))));
    table.upsert(pod("a/older", "app=none", "10.0.2.7", 1));
    table.upsert(pod("a/newer", "app=peer", "10.0.2.7", 2));
    assertThat(allows("10.0.2.7", WEB, 80)).isTrue();
    table.deletePod("a", "newer");
    assertThat(allows("10.0.2.7", WEB, 80)).isFalse();
  }

  @Test
  void whatIsAttachedHereHasItsAddressWhateverTheApiServerReports() {
    table.upsert(ingress("a", "np", "app=web", rule(pods("app=peer"))));
    table.upsert(pod("a/stale", "app=peer", DB, 99));
    assertThat(allows(DB, WEB, 80)).isFalse();
    table.upsert(pod("a/new", "app=peer", ""));
    assertThat(table.admit(podName("a/new"), "uid-of-new", addresses("10.0.1.9"))).isTrue();
    assertThat(allows("10.0.1.9", WEB, 80)).isTrue();
  }

  @Test
  void aPodThatIsOnItsWayIsClosedUntilItsLabelsAreKnown() {
    table.upsert(ingress("a", "np", "app=web", rule(tcp(80))));
    assertThat(table.admit(podName("a/new"), "uid-of-new", addresses("10.0.1.9"))).isFalse();
    assertThat(isClosed("10.0.1.9")).isTrue();
    assertThat(table.troubles())
        .extracting(PolicyTrouble::name, PolicyTrouble::reason)
        .containsExactly(tuple("new", "LabelsUnknown"));
    table.upsert(pod("a/new", "app=other", ""));
    assertThat(ingressGroup("10.0.1.9")).isEmpty();
    assertThat(table.troubles()).isEmpty();
  }

  @Test
  void aPodOfANamespaceWithoutPoliciesIsNotSelected() {
    table.upsert(ingress("a", "np", "app=web"));
    assertThat(table.admit(podName("b/new"), "", addresses("10.0.1.9"))).isTrue();
    assertThat(ingressGroup("10.0.1.9")).isEmpty();
  }

  @Test
  void anOlderPodOfTheNameIsNotTakenForTheOneThatIsOnItsWay() {
    table.upsert(ingress("a", "np", "app=old", rule(tcp(80))));
    table.upsert(pod("a/new", "app=web", ""));
    assertThat(table.admit(podName("a/new"), "another", addresses("10.0.1.9"))).isFalse();
    assertThat(isClosed("10.0.1.9")).isTrue();
  }

  @Test
  void anAdmittedPodStaysUntilItIsWithdrawnOrWasAttached() {
    table.upsert(ingress("a", "np", ""));
    table.admit(podName("a/new"), "", addresses("10.0.1.9"));
    table.setAttachments(List.of(attachment("a/web", WEB)));
    assertThat(ingressGroup("10.0.1.9")).isPresent();
    table.withdraw(addresses("10.0.1.9"));
    assertThat(ingressGroup("10.0.1.9")).isEmpty();

    table.admit(podName("a/new"), "", addresses("10.0.1.9"));
    table.setAttachments(List.of(attachment("a/new", "10.0.1.9")));
    table.setAttachments(List.of());
    assertThat(table.program()).isSameAs(PolicyProgram.NONE);
  }

  @Test
  void aPodThatTheApiServerHasNoMoreKeepsItsPoliciesUntilItIsGone() {
    table.upsert(ingress("a", "np", "app=web", rule(tcp(80))));
    table.deletePod("a", "web");
    assertThat(allows(PEER, WEB, 80)).isTrue();
    assertThat(allows(PEER, WEB, 81)).isFalse();
    table.setAttachments(List.of(attachment("a/db", DB)));
    assertThat(ingressGroup(WEB)).isEmpty();
  }

  @Test
  void aPodOfTheSameNameElsewhereDoesNotChangeTheOneHere() {
    table.upsert(ingress("a", "np", "app=web", rule(tcp(80))));
    PolicyPod elsewhere = pod("a/web", "app=new", "10.0.5.5");
    table.upsert(
        new PolicyPod(
            "a",
            "web",
            "another",
            elsewhere.node(),
            elsewhere.labels(),
            elsewhere.addresses(),
            List.of(),
            elsewhere.created()));
    assertThat(allows(PEER, WEB, 81)).isFalse();
  }

  @Test
  void afterARestartAPodIsTheOneOfItsNodeThatHasItsAddressAndNotAnyOfItsName() {
    table.upsert(ingress("a", "np", "app=web", rule(tcp(80))));
    String first = "10.0.1.8";
    String further = "10.0.1.9";
    table.setAttachments(
        List.of(
            attachment("a/new", first),
            new Attachment(
                "weft",
                new AttachmentKey("c", "net1"),
                addresses(further),
                Optional.of(podName("a/new")))));
    table.upsert(on("n2", pod("a/new", "app=other", first)));
    assertThat(isClosed(first)).isTrue();
    assertThat(isClosed(further)).isTrue();
    table.upsert(pod("a/new", "app=other", ""));
    assertThat(isClosed(first)).isTrue();
    assertThat(ingressGroup(further)).isEmpty();
    table.upsert(pod("a/new", "app=other", first));
    assertThat(ingressGroup(first)).isEmpty();
  }

  @Test
  void aPodWhoseUidTheRuntimeDoesNotReportIsTheOneOfItsNodeAndName() {
    table.upsert(ingress("a", "np", "app=web", rule(tcp(80))));
    table.admit(podName("a/new"), "", addresses("10.0.1.8"));
    table.upsert(on("n2", pod("a/new", "app=other", "")));
    assertThat(isClosed("10.0.1.8")).isTrue();
    table.upsert(pod("a/new", "app=other", ""));
    assertThat(ingressGroup("10.0.1.8")).isEmpty();
  }

  @Test
  void anAddressIsOfThePodWhoseNodeHasTheBlockHoweverNewAnotherOneIs() {
    String peer = "10.0.2.7";
    table.upsert(ingress("a", "np", "app=web", rule(pods("app=peer"))));
    table.setNodes(
        List.of(node("n2", "172.18.0.2", "10.0.2.0/24"), node("n3", "172.18.0.3", "10.0.3.0/24")));
    table.upsert(on("n2", pod("a/peer", "app=peer", peer, 1)));
    table.upsert(on("n3", pod("b/taker", "app=other", peer, 9)));
    assertThat(allows(peer, WEB, 80)).isTrue();
    table.setNodes(List.of(node("n3", "172.18.0.3", "10.0.2.0/24")));
    assertThat(allows(peer, WEB, 80)).isFalse();
    table.setNodes(List.of(node("n2", "172.18.0.2", "10.0.2.0/24")));
    assertThat(allows(peer, WEB, 80)).isTrue();
    table.deletePod("a", "peer");
    assertThat(allows(peer, WEB, 80)).isFalse();
  }

  @Test
  void anAddressOutsideTheBlocksOfAPodsNodeIsNoPeersOnceNodesAreKnown() {
    String peer = "10.0.2.7";
    String any = "203.0.113.9";
    table.upsert(ingress("a", "np", "app=web", rule(pods("app=peer"))));
    table.upsert(on("n2", pod("a/peer", "app=peer", peer + " " + any)));
    assertThat(allows(peer, WEB, 80)).isTrue();
    assertThat(allows(any, WEB, 80)).isTrue();
    assertThat(table.setNodes(List.of(node("n3", "172.18.0.3", "10.0.3.0/24")))).isTrue();
    assertThat(allows(peer, WEB, 80)).isFalse();
    PolicyNode third = node("n3", "172.18.0.3", "10.0.3.0/24");
    assertThat(table.setNodes(List.of(third, node("n2", "172.18.0.2", "10.0.2.0/24")))).isTrue();
    assertThat(allows(peer, WEB, 80)).isTrue();
    assertThat(allows(any, WEB, 80)).isFalse();
  }

  @Test
  void anAddressThatAPodReportsTwiceStaysWithTheOneThatHasItOnceThatIsGone() {
    String peer = "10.0.2.7";
    table.upsert(ingress("a", "np", "app=web", rule(pods("app=peer"))));
    table.upsert(pod("a/peer", "app=peer", peer, 1));
    table.upsert(pod("b/taker", "app=other", peer + " " + peer, 9));
    assertThat(allows(peer, WEB, 80)).isFalse();
    table.deletePod("b", "taker");
    assertThat(allows(peer, WEB, 80)).isTrue();
  }

  @Test
  void anAttachmentWithoutANameIsNoPodOfAnotherNode() {
    table.upsert(ingress("a", "np", "app=web", rule(tcp(80))));
    table.upsert(on("n3", pod("b/taker", "app=other", WEB, 9)));
    table.setAttachments(List.of(attachment("", WEB)));
    assertThat(allows(PEER, WEB, 80)).isTrue();
    assertThat(allows(PEER, WEB, 81)).isFalse();
  }

  @Test
  void anAttachmentWithoutANameIsFoundByItsAddressElseItIsClosed() {
    table.setAttachments(List.of(attachment("", WEB), attachment("", "10.0.1.9")));
    assertThat(table.program()).isSameAs(PolicyProgram.NONE);
    table.upsert(ingress("a", "np", "app=web", rule(tcp(80))));
    assertThat(allows(PEER, WEB, 80)).isTrue();
    assertThat(allows(PEER, WEB, 81)).isFalse();
    assertThat(isClosed("10.0.1.9")).isTrue();
    assertThat(table.troubles()).extracting(PolicyTrouble::reason).containsExactly("PodUnknown");
    table.deletePolicy("a", "np");
    assertThat(table.program()).isSameAs(PolicyProgram.NONE);
  }

  @Test
  void aNameThatAnAliasMayHaveCutOffIsNotTrusted() {
    String longName = "w".repeat(150);
    Attachment cut =
        new Attachment(
            "weft",
            new AttachmentKey("c".repeat(80), "eth0"),
            addresses(WEB),
            Optional.of(podName("a/" + longName)));
    table.upsert(pod("a/" + longName, "app=other", "10.0.1.50"));
    table.upsert(ingress("a", "np", "app=web", rule(tcp(80))));
    table.setAttachments(List.of(cut));
    assertThat(allows(PEER, WEB, 81)).isFalse();
    assertThat(table.explain("a", "web")).isPresent();
  }

  @Test
  void anAttachmentOfWhichTheAliasHasPartOfTheNameStaysTheAdmittedPod() {
    String longName = "w".repeat(150);
    table.upsert(ingress("a", "np", "app=long", rule(tcp(80))));
    table.upsert(pod("a/" + longName, "app=long", ""));
    table.admit(podName("a/" + longName), "uid-of-" + longName, addresses("10.0.1.9"));
    AttachmentKey key = new AttachmentKey("c".repeat(80), "eth0");
    table.setAttachments(
        List.of(
            new Attachment(
                "weft", key, addresses("10.0.1.9"), Optional.of(podName("a/" + longName)))));
    assertThat(allows(PEER, "10.0.1.9", 80)).isTrue();
    assertThat(allows(PEER, "10.0.1.9", 81)).isFalse();
  }

  @Test
  void beforeThePoliciesAreListedEveryPodIsClosed() {
    table.setListed(false, false, false);
    assertThat(isClosed(WEB)).isTrue();
    assertThat(table.admit(podName("c/new"), "", addresses("10.0.1.9"))).isFalse();
    assertThat(isClosed("10.0.1.9")).isTrue();
    table.setListed(true, false, false);
    assertThat(table.program()).isSameAs(PolicyProgram.NONE);
  }

  @Test
  void aPodIsExplainedInTheOrderOfItsGroupWithMembersAndOrigin() {
    table.upsert(ingress("a", "b-second", "app=web", rule(range("192.0.2.0/24"), tcp(81))));
    table.upsert(
        ingress("a", "a-first", "", rule(pods("app=peer")), rule(pods("app=db"), tcp("http"))));
    PodPolicies explained = table.explain("a", "web").orElseThrow();
    PodPolicies.Side side = explained.sides().get(0);
    assertThat(side.direction()).isEqualTo(Direction.INGRESS);
    assertThat(side.policies()).containsExactly("a/a-first", "a/b-second");
    Group group = table.program().groups().get(side.group().orElseThrow());
    assertThat(side.accepts()).extracting(PodPolicies.Accept::accepted).isEqualTo(group.clauses());
    assertThat(side.accepts()).extracting(PodPolicies.Accept::members).containsExactly(1, 1, 0);
    assertThat(side.accepts())
        .extracting(accept -> accept.peers().get(0))
        .containsExactly(pods("app=peer"), pods("app=db"), range("192.0.2.0/24"));
    assertThat(explained.sides().get(1).group()).isEmpty();
    assertThat(table.explain("a", "nobody")).isEmpty();
  }

  @Test
  void aClosedPodIsExplainedByWhyItIs() {
    table.upsert(ingress("c", "np", ""));
    table.admit(podName("c/new"), "", addresses("10.0.1.9"));
    assertThat(table.wants().unread()).containsExactly("c");
    table.upsert(ingress("c", "np", ""));
    PodPolicies.Side side = table.explain("c", "new").orElseThrow().sides().get(0);
    assertThat(side.group()).contains(PolicyProgram.CLOSED);
    assertThat(side.closed().orElseThrow()).contains("the API server has not reported the pod");
  }

  @Test
  void bothDefaultsOfANamespaceCloseIt() {
    table.upsert(policy("a", "deny", "", Set.of(Direction.values()), List.of(), List.of()));
    assertThat(allows(WEB, DB, 80)).isFalse();
    assertThat(allows(WEB, OUTSIDE, 80)).isFalse();
    assertThat(allows(OUTSIDE, WEB, 80)).isFalse();
    table.deletePolicy("a", "deny");
    assertThat(allows(WEB, DB, 80)).isTrue();
  }

  @Test
  void whetherAnEventMayHaveChangedSomethingIsReturned() {
    Policy policy = ingress("a", "np", "app=web", rule(pods("app=peer")));
    assertThat(table.upsert(policy)).isTrue();
    assertThat(table.upsert(policy)).isFalse();
    assertThat(table.upsert(ingress("b", "np", ""))).isFalse();
    table.program();
    assertThat(table.upsert(pod("a/x", "app=none", "10.0.2.8"))).isFalse();
    assertThat(table.upsert(pod("a/y", "app=peer", "10.0.2.9"))).isTrue();
    assertThat(table.deletePod("a", "nobody")).isFalse();
    assertThat(table.deletePolicy("a", "nobody")).isFalse();
    assertThat(table.deleteNamespace("nobody")).isFalse();
    assertThat(table.setNodes(List.of())).isFalse();
  }

  private List<PolicyProgram.Clause> clauses() {
    return table.program().groups().get(ingressGroup(WEB).orElseThrow()).clauses();
  }
}
