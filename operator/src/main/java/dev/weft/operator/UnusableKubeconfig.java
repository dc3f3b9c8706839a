// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.util.Objects;
import java.util.stream.Stream;

/** A kubeconfig that cannot be read, or that no client can be made of. */
final class UnusableKubeconfig extends Exception {
  private static final int MAX_CAUSES = 16; // they may form a ring

  /**
   * @param message one line with the file, the server where it is known, and why
   */
  UnusableKubeconfig(String message, Throwable cause) {
    super(message, cause);
  }

  /** The innermost reason of a failure, in one line. */
  static String reason(Throwable failure) {
    Throwable root =
        Stream.iterate(failure, Objects::nonNull, Throwable::getCause)
            .limit(MAX_CAUSES)
            .reduce(failure, (outer, inner) -> inner);
    if (root instanceof NoSuchFileException missing) {
      return "no such file: " + missing.getFile();
    }
    if (root instanceof AccessDeniedException denied) {
      return "permission denied: " + denied.getFile();
    }
    String message = root.getMessage() == null ? root.toString() : root.getMessage();
    return message.lines().findFirst().orElse(root.toString()).strip();
  }
}
