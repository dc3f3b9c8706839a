// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;

/**
 * Writes each warning that holds as an Event, once, and again where its message changes; a few at a
 * time, since thousands of nodes may wait for blocks, and what they wait for comes first. Keeps one
 * entry for each that holds. To be called by one thread at a time.
 */
final class StandingWarnings {
  /** How many are written at a time. */
  static final int AT_ONCE = 2 * Writes.AT_ONCE;

  private final Events events;
  private final BiConsumer<String, Runnable> submit;
  private final Map<String, String> reported = new ConcurrentHashMap<>();

  /**
   * @param submit takes what is written of which warning, and how to write it
   */
  StandingWarnings(Events events, BiConsumer<String, Runnable> submit) {
    this.events = events;
    this.submit = submit;
  }

  /**
   * Takes all that hold now.
   *
   * @return whether some of them are to be written another time
   */
  boolean report(Collection<Warning> warnings) {
    reported.keySet().retainAll(warnings.stream().map(Warning::key).collect(Collectors.toSet()));
    List<Warning> due =
        warnings.stream()
            .filter(warning -> !warning.message().equals(reported.get(warning.key())))
            .toList();
    due.stream().limit(AT_ONCE).forEach(this::write);
    return due.size() > AT_ONCE;
  }

  private void write(Warning warning) {
    submit.accept(
        "warn of " + warning.key(),
        () -> {
          reported.put(warning.key(), warning.message());
          events.warning(warning.about(), warning.reason(), warning.message());
        });
  }
}
