// SPDX-License-Identifier: Apache-2.0
package dev.weft.probes;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Whether a program, or a part of it, can go on without a restart. Thread-safe. */
@FunctionalInterface
public interface Liveness {
  /**
   * Why it cannot go on; empty while it can. Answers from memory, at once. What a restart does not
   * mend (no API server, no block, a port that is taken) is no reason.
   */
  Optional<String> stuck();

  /** Lives while every part does; its reasons are those of all parts, joined by "; ". */
  static Liveness all(List<Liveness> parts) {
    List<Liveness> copy = List.copyOf(parts);
    return () -> {
      String reasons =
          copy.stream()
              .map(Liveness::stuck)
              .flatMap(Optional::stream)
              .collect(Collectors.joining("; "));
      return reasons.isEmpty() ? Optional.empty() : Optional.of(reasons);
    };
  }
}
