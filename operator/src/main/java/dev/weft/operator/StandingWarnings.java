// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/**
 * Writes each warning that holds as an Event, once, and again where its message changes. Keeps one
 * entry for each that holds. To be called by one thread at a time.
 */
final class StandingWarnings {
  private final AllocationPass.Output output;
  private final Map<String, String> reported = new ConcurrentHashMap<>();

  StandingWarnings(AllocationPass.Output output) {
    this.output = output;
  }

  /** Takes all that hold now. */
  void report(Collection<Warning> warnings) {
    reported.keySet().retainAll(warnings.stream().map(Warning::key).collect(Collectors.toSet()));
    for (Warning warning : warnings) {
      if (!warning.message().equals(reported.get(warning.key()))) {
        output
            .writes()
            .submit(
                "warn of " + warning.key(),
                () -> {
                  reported.put(warning.key(), warning.message());
                  output.events().warning(warning.about(), warning.reason(), warning.message());
                });
      }
    }
  }
}
