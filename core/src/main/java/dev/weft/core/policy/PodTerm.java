// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.policy;

import dev.weft.core.label.Selector;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What chooses pods. Selectors that differ only in the order of their parts are the same.
 *
 * @param namespace of this namespace
 * @param namespaces of the namespaces that are known and selected; with neither: of all
 * @param pods which pods of them
 */
record PodTerm(Optional<String> namespace, Optional<Selector> namespaces, Selector pods) {
  /** Every pod of the cluster. */
  static final PodTerm EVERY = new PodTerm(Optional.empty(), Optional.empty(), Selector.ALL);

  /** What a peer of a policy in a namespace means. */
  static PodTerm of(PolicyPeer.Pods peer, String ownNamespace) {
    return new PodTerm(
        peer.namespaces().isPresent() ? Optional.empty() : Optional.of(ownNamespace),
        peer.namespaces().map(PodTerm::ordered),
        ordered(peer.pods()));
  }

  /** Unambiguous: no name and no label has the characters between them. */
  String text() {
    return namespace.orElseGet(() -> namespaces.map(PodTerm::text).orElse("*")) + ":" + text(pods);
  }

  private static Selector ordered(Selector selector) {
    if (selector.requirements().isEmpty()) {
      return selector;
    }
    List<Selector.Requirement> requirements =
        selector.requirements().stream()
            .map(
                one ->
                    new Selector.Requirement(
                        one.key(),
                        one.operator(),
                        one.values().stream().distinct().sorted().toList()))
            .distinct()
            .sorted(Comparator.comparing(PodTerm::text))
            .toList();
    return new Selector(selector.labels(), requirements);
  }

  private static String text(Selector selector) {
    String labels =
        new TreeMap<>(selector.labels())
            .entrySet().stream()
                .map(label -> label.getKey() + "=" + label.getValue())
                .collect(Collectors.joining(","));
    String requirements =
        selector.requirements().stream().map(PodTerm::text).collect(Collectors.joining(";"));
    return "{" + labels + ";" + requirements + "}";
  }

  private static String text(Selector.Requirement requirement) {
    return requirement.key()
        + " "
        + requirement.operator()
        + " "
        + String.join(",", requirement.values());
  }
}
