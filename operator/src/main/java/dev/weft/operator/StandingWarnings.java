// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/**
 * Says each warning that holds by an Event, once, and again where its words change. Keeps one entry
 * for each that holds. To be called by one thread at a time.
 */
final class StandingWarnings {
  private final Round.Output output;
  private final Map<String, String> said = new ConcurrentHashMap<>();

  StandingWarnings(Round.Output output) {
    this.output = output;
  }

  /** Takes all that hold now. */
  void say(Collection<Warning> warnings) {
    said.keySet().retainAll(warnings.stream().map(Warning::key).collect(Collectors.toSet()));
    for (Warning warning : warnings) {
      if (!warning.message().equals(said.get(warning.key()))) {
        output
            .writes()
            .submit(
                "warn of " + warning.key(),
                () -> {
                  said.put(warning.key(), warning.message());
                  output.events().warning(warning.about(), warning.reason(), warning.message());
                });
      }
    }
  }
}
