// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.policy;

import dev.weft.core.label.Selector;
import dev.weft.core.policy.PolicyWatches.PeerWatch;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Which pods to watch for what the policies of this node's pods mean by their peers. */
final class WatchPlan {
  /** By selector, the namespaces that it selects: of too many only some. */
  private final Map<Selector, Set<String>> selected = new HashMap<>();

  /** A term, and the namespaces that it spans; empty: it needs a cluster-wide watch. */
  private record Span(PodTerm term, Optional<Set<String>> namespaces) {}

  /** Takes that a namespace has other labels than before; null: it is not known. */
  void relabelled(Map<String, String> before, Map<String, String> after) {
    selected
        .keySet()
        .removeIf(
            selector ->
                (before != null && selector.matches(before))
                    != (after != null && selector.matches(after)));
  }

  /**
   * The watches for these terms.
   *
   * @param unread the namespaces whose policies are to be read
   * @param namespacesListed whether those that are known are all
   */
  PolicyWatches watches(
      Set<String> unread,
      Set<PodTerm> terms,
      Collection<PolicyNamespace> namespaces,
      boolean namespacesListed) {
    boolean needsNamespaces = terms.stream().anyMatch(term -> term.namespaces().isPresent());
    selected
        .keySet()
        .removeIf(
            selector ->
                terms.stream().noneMatch(term -> term.namespaces().equals(Optional.of(selector))));
    int others = needsNamespaces ? 3 : 2; // policies, own pods, namespaces
    Set<PeerWatch> peers =
        peers(
            terms.stream()
                .filter(term -> term.namespaces().isEmpty() || namespacesListed)
                .map(term -> new Span(term, namespaces(term, namespaces)))
                .sorted(
                    Comparator.comparing((Span span) -> span.namespaces().map(Set::size).orElse(0))
                        .thenComparing(span -> span.term().text()))
                .toList(),
            PolicyWatches.MAX_WATCHES - others);
    return new PolicyWatches(unread, needsNamespaces, true, peers);
  }

  private static Set<PeerWatch> peers(List<Span> spans, int max) {
    Set<Selector> clusterWide = new HashSet<>();
    for (Span span : spans) {
      if (span.namespaces().isEmpty()) {
        clusterWide.add(span.term().pods());
      }
    }
    Optional<Set<String>> watched;
    do {
      watched = watched(spans, clusterWide, max);
    } while (watched.isEmpty() && clusterWide.size() <= max);
    if (clusterWide.contains(Selector.ALL) || watched.isEmpty()) {
      return Set.of(new PeerWatch(Optional.empty(), Selector.ALL));
    }
    Set<PeerWatch> peers = new HashSet<>();
    clusterWide.forEach(pods -> peers.add(new PeerWatch(Optional.empty(), pods)));
    watched.get().forEach(name -> peers.add(new PeerWatch(Optional.of(name), Selector.ALL)));
    return peers;
  }

  /**
   * The namespaces that are watched for what the cluster-wide selectors do not serve; empty where
   * those are too many: then the first that was one too many is served cluster-wide too.
   */
  private static Optional<Set<String>> watched(
      List<Span> spans, Set<Selector> clusterWide, int max) {
    Set<String> watched = new HashSet<>();
    for (Span span : spans) {
      Selector pods = span.term().pods();
      if (span.namespaces().isPresent() && !clusterWide.contains(pods)) {
        watched.addAll(span.namespaces().get());
        if (watched.size() + clusterWide.size() > max) {
          clusterWide.add(pods);
          return Optional.empty();
        }
      }
    }
    return clusterWide.size() > max ? Optional.empty() : Optional.of(watched);
  }

  private Optional<Set<String>> namespaces(PodTerm term, Collection<PolicyNamespace> all) {
    if (term.namespace().isPresent()) {
      return Optional.of(Set.of(term.namespace().get()));
    }
    return term.namespaces()
        .map(selector -> selected.computeIfAbsent(selector, key -> selected(key, all)))
        .filter(names -> names.size() <= PolicyWatches.MAX_NAMESPACES);
  }

  private static Set<String> selected(Selector selector, Collection<PolicyNamespace> all) {
    Set<String> names = new TreeSet<>();
    for (PolicyNamespace namespace : all) {
      if (names.size() <= PolicyWatches.MAX_NAMESPACES && selector.matches(namespace.labels())) {
        names.add(namespace.name());
      }
    }
    return names;
  }
}
