// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.policy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Whether the cluster had any policy when an agent of this node last knew: a file in the run
 * directory, so that an agent that is restarted while the API server is away leaves new pods open
 * where there are none, and only there. A reboot removes it. Not thread-safe.
 */
final class RememberedPolicies {
  /** Its name in the run directory. */
  static final String FILE = "policies.seen";

  /** What is known. */
  enum Known {
    /** Nothing. */
    NOTHING,
    /** There was none. */
    NONE,
    /** There was one at least. */
    SOME
  }

  private static final String NONE = "none";

  private final Path file;
  private Known known;

  /** Remembers in this file; an empty one, as earlier versions wrote it, is of some policies. */
  RememberedPolicies(Path file) {
    this.file = file;
    this.known = read();
  }

  private Known read() {
    try {
      return Files.readString(file).strip().equals(NONE) ? Known.NONE : Known.SOME;
    } catch (NoSuchFileException e) {
      return Known.NOTHING;
    } catch (IOException e) {
      return Known.SOME;
    }
  }

  Known known() {
    return known;
  }

  /** Takes what is known now; returns why it cannot be remembered. */
  Optional<String> set(Known now) {
    if (now == known) {
      return Optional.empty();
    }
    try {
      if (now == Known.NOTHING) {
        Files.deleteIfExists(file);
      } else {
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.writeString(file, now == Known.NONE ? NONE + "\n" : "some\n");
      }
      known = now;
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(
          "%s cannot be %s (%s): after a restart without the API server new pods would be %s"
              .formatted(
                  file,
                  now == Known.NOTHING ? "deleted" : "written",
                  e,
                  known == Known.NONE ? "open" : "closed"));
    }
  }
}
