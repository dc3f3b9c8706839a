// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent;

import java.time.Duration;
import java.time.Instant;

/** How long this process has been running. */
final class ProcessAge {
  private ProcessAge() {}

  static long millis() {
    return ProcessHandle.current()
        .info()
        .startInstant()
        .map(start -> Duration.between(start, Instant.now()).toMillis())
        .orElse(0L);
  }
}
