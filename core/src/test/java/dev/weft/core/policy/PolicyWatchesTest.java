// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.policy;

import static dev.weft.core.policy.PolicyMaker.attachment;
import static dev.weft.core.policy.PolicyMaker.ingress;
import static dev.weft.core.policy.PolicyMaker.labels;
import static dev.weft.core.policy.PolicyMaker.pod;
import static dev.weft.core.policy.PolicyMaker.pods;
import static dev.weft.core.policy.PolicyMaker.range;
import static dev.weft.core.policy.PolicyMaker.rule;
import static dev.weft.core.policy.PolicyMaker.selector;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.core.label.Selector;
import dev.weft.core.node.Attachment;
import dev.weft.core.policy.PolicyWatches.PeerWatch;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PolicyWatchesTest {
  private final PolicyTable table = new PolicyTable(PolicyMaker.NODE);
  private final List<Attachment> attachments = new ArrayList<>();

  PolicyWatchesTest() {
    table.setListed(true, true, true);
    here("a", 2);
    for (int i = 0; i < 40; i++) {
      table.upsert(
          new PolicyNamespace("n" + i, labels("upto16=" + (i < 16) + ",upto4=" + (i < 4))));
    }
  }

  private void here(String namespace, int number) {
    attachments.add(attachment(namespace + "/web", "10.0.1." + number));
    table.upsert(pod(namespace + "/web", "app=web", "10.0.1." + number));
    table.setAttachments(attachments);
  }

  private static PeerWatch in(String namespace) {
    return new PeerWatch(Optional.of(namespace), Selector.ALL);
  }

  private static PeerWatch everywhere(String pods) {
    return new PeerWatch(Optional.empty(), selector(pods));
  }

  @Test
  void rangesNeedNoPods() {
    table.upsert(ingress("a", "np", "", rule(range("0.0.0.0/0"))));
    assertThat(table.wants()).isEqualTo(new PolicyWatches(Set.of(), false, true, Set.of()));
  }

  @Test
  void aPolicyThatSelectsNoPodHereNeedsNone() {
    table.upsert(ingress("a", "np", "app=none", rule(pods("app=x"))));
    table.upsert(ingress("n1", "np", "", rule(pods("app=x"))));
    assertThat(table.wants()).isEqualTo(new PolicyWatches(Set.of(), false, true, Set.of()));
  }

  @Test
  void podsOfTheOwnNamespaceAreOneWatchWithoutAnyOfNamespaces() {
    table.upsert(ingress("a", "np", "", rule(pods("app=x"), pods("app=y"))));
    assertThat(table.wants()).isEqualTo(new PolicyWatches(Set.of(), false, true, Set.of(in("a"))));
  }

  @Test
  void aNamespaceSelectorNeedsTheNamespacesAndAWatchOfEach() {
    table.upsert(ingress("a", "np", "", rule(pods("upto4=true", "app=x"))));
    assertThat(table.wants())
        .isEqualTo(
            new PolicyWatches(
                Set.of(), true, true, Set.of(in("n0"), in("n1"), in("n2"), in("n3"))));
    table.upsert(new PolicyNamespace("n1", labels("")));
    table.upsert(new PolicyNamespace("n9", labels("upto4=true")));
    table.deleteNamespace("n2");
    assertThat(table.wants().peers()).containsExactlyInAnyOrder(in("n0"), in("n3"), in("n9"));
  }

  @Test
  void beforeTheNamespacesAreListedNoPeersAreWatchedForASelectorOfThem() {
    table.setListed(true, false, true);
    table.upsert(ingress("a", "np", "", rule(pods("upto4=true", "app=x"), pods("app=y"))));
    assertThat(table.wants()).isEqualTo(new PolicyWatches(Set.of(), true, true, Set.of(in("a"))));
    table.setListed(true, true, true);
    assertThat(table.wants().peers()).hasSize(5);
  }

  @Test
  void aPeerThatSpansOverSixteenNamespacesIsOneWatchOfTheCluster() {
    table.upsert(ingress("a", "np", "", rule(pods("upto16=true", "app=x"))));
    assertThat(table.wants().peers()).hasSize(16).contains(in("n15"));
    table.upsert(new PolicyNamespace("n16", labels("upto16=true")));
    assertThat(table.wants().peers()).containsExactly(everywhere("app=x"));
  }

  @Test
  void equalWatchesAreOneAndAWatchOfTheClusterServesNarrowerPeersOfItsSelector() {
    table.upsert(
        ingress(
            "a",
            "np",
            "",
            rule(pods("", "app=x"), pods("upto16=false", "app=x"), pods("upto4=true", "app=x"))));
    assertThat(table.wants().peers()).containsExactly(everywhere("app=x"));
  }

  @Test
  void aWatchOfTheWholeClusterIsTheOnlyOne() {
    table.upsert(ingress("a", "np", "", rule(pods("", ""), pods("app=x"), pods("", "app=y"))));
    assertThat(table.wants().peers()).containsExactly(everywhere(""));
  }

  @Test
  void peersThatWouldExceedTheBoundAreWatchedInTheWholeCluster() {
    for (int i = 20; i < 38; i++) {
      here("n" + i, i);
      table.upsert(ingress("n" + i, "np", "", rule(pods("app=same"))));
    }
    assertThat(table.wants().peers()).hasSize(18).allMatch(peer -> peer.namespace().isPresent());
    here("n38", 38);
    table.upsert(ingress("n38", "np", "", rule(pods("app=same"))));
    assertThat(table.wants().peers().size()).isLessThanOrEqualTo(18);
    assertThat(table.wants().peers()).contains(everywhere("app=same"));
  }

  @Test
  void whereEvenThoseAreTooManyOneWatchHasAll() {
    List<Object> peers = new ArrayList<>();
    for (int i = 0; i < 19; i++) {
      peers.add(pods("", "app=x" + i));
    }
    table.upsert(ingress("a", "np", "", rule(peers.toArray())));
    assertThat(table.wants())
        .isEqualTo(new PolicyWatches(Set.of(), true, true, Set.of(everywhere(""))));
  }
}
