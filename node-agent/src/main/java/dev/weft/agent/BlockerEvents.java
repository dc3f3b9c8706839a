// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent;

import dev.weft.core.node.Blocker;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;

/** Writes an Event once for each thing that is wrong with this node. */
final class BlockerEvents {
  /**
   * How many Events one reason gets at a time: a link that goes down concerns thousands of peers.
   */
  private static final int EVENTS_OF_A_REASON = 5;

  private final BiConsumer<String, String> event;
  private Set<Blocker> reported = Set.of();

  /**
   * One that has reported nothing yet.
   *
   * @param event takes a reason and a message
   */
  BlockerEvents(BiConsumer<String, String> event) {
    this.event = event;
  }

  /** Writes an Event for each of the node's blockers that was not there before. */
  void check(Set<Blocker> now) {
    Map<String, SortedSet<String>> added = new TreeMap<>();
    now.stream()
        .filter(blocker -> !reported.contains(blocker))
        .forEach(
            blocker ->
                added
                    .computeIfAbsent(blocker.reason(), reason -> new TreeSet<>())
                    .add(blocker.message()));
    added.forEach(this::report);
    reported = now;
  }

  private void report(String reason, SortedSet<String> messages) {
    messages.stream().limit(EVENTS_OF_A_REASON).forEach(message -> event.accept(reason, message));
    if (messages.size() > EVENTS_OF_A_REASON) {
      event.accept(
          reason,
          "more than %d of this kind: /readyz, /v1/blocks and /v1/peers of the node's agent list all"
              .formatted(EVENTS_OF_A_REASON));
    }
  }
}
