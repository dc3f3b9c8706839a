// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent;

import dev.weft.core.node.Blocker;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Puts what is wrong with the node into one reason and message, as a condition has them. */
final class Degradation {
  /** The reason where there are several. */
  static final String SEVERAL = "Several";

  /**
   * How many messages of one reason are shown: a link that goes down concerns thousands of peers.
   */
  private static final int SHOWN_OF_A_REASON = 3;

  private Degradation() {}

  /** The summary; empty where nothing is wrong. The same blockers in any order give the same. */
  static Optional<Blocker> of(Collection<Blocker> blockers) {
    Map<String, SortedSet<String>> messages = new TreeMap<>();
    blockers.forEach(
        blocker ->
            messages
                .computeIfAbsent(blocker.reason(), reason -> new TreeSet<>())
                .add(blocker.message()));
    if (messages.isEmpty()) {
      return Optional.empty();
    }
    if (messages.size() == 1) {
      String reason = messages.keySet().iterator().next();
      return Optional.of(new Blocker(reason, shown(messages.get(reason))));
    }
    return Optional.of(
        new Blocker(
            SEVERAL,
            messages.entrySet().stream()
                .map(one -> "%s: %s".formatted(one.getKey(), shown(one.getValue())))
                .collect(Collectors.joining("; "))));
  }

  private static String shown(SortedSet<String> messages) {
    List<String> shown = new ArrayList<>(messages.stream().limit(SHOWN_OF_A_REASON).toList());
    if (messages.size() > shown.size()) {
      shown.add("and %,d more of this kind".formatted(messages.size() - shown.size()));
    }
    return String.join("; ", shown);
  }
}
