// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

import java.net.ConnectException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** Why something failed, for whoever reads the log. */
final class FailureReason {
  private static final int MAX_CAUSES = 16; // they may form a ring

  private FailureReason() {}

  /** The innermost reason, in one line. */
  static String of(Throwable failure) {
    List<Throwable> causes =
        Stream.iterate(failure, Objects::nonNull, Throwable::getCause).limit(MAX_CAUSES).toList();
    Throwable root = causes.get(causes.size() - 1);
    if (root instanceof NoSuchFileException missing) {
      return "no such file: " + missing.getFile();
    }
    if (root instanceof AccessDeniedException denied) {
      return "permission denied: " + denied.getFile();
    }
    if (root instanceof UnresolvedAddressException) {
      return "its name cannot be resolved";
    }
    if (causes.stream().anyMatch(ConnectException.class::isInstance)) {
      return "connection refused, or no route to host";
    }
    String message = root.getMessage() == null ? root.toString() : root.getMessage();
    return message.lines().findFirst().orElse(root.toString()).strip();
  }
}
