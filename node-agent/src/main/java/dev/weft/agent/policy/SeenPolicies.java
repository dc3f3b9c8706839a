// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.policy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Whether the cluster had any policy when an agent of this node last knew: an empty file in the run
 * directory, so that an agent that is restarted while the API server is away closes new pods where
 * there may be policies, and only there. Not thread-safe.
 */
final class SeenPolicies {
  /** Its name in the run directory. */
  static final String FILE = "policies.seen";

  private final Path file;
  private boolean seen;

  /** Remembers in this file. */
  SeenPolicies(Path file) {
    this.file = file;
    this.seen = Files.exists(file);
  }

  boolean seen() {
    return seen;
  }

  /** Takes whether there are policies; returns why it cannot be remembered. */
  Optional<String> set(boolean now) {
    if (now == seen) {
      return Optional.empty();
    }
    try {
      if (now) {
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.write(file, new byte[0]);
      } else {
        Files.deleteIfExists(file);
      }
      seen = now;
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(
          "%s cannot be %s (%s): after a restart without the API server new pods would be %s"
              .formatted(file, now ? "written" : "deleted", e, now ? "open" : "closed"));
    }
  }
}
