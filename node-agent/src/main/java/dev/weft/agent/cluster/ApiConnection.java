// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import java.net.ConnectException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Whether every watch of the API server is open, and the last error. Logs each change once. */
final class ApiConnection {
  private static final Logger LOG = LoggerFactory.getLogger(ApiConnection.class);

  private final String server;
  private final Map<String, String> lastError = new HashMap<>();
  private int closedChecks;
  private Optional<String> trouble = Optional.of("not connected yet");

  /**
   * Not connected.
   *
   * @param server its URL, for messages
   */
  ApiConnection(String server) {
    this.server = server;
  }

  /** Notes a failure of a list or watch; it is tried again, with back-off. */
  synchronized void failed(String what, Throwable error) {
    String message = "%s of %s: %s".formatted(what, server, rootMessage(error));
    trouble = Optional.of(message);
    if (!message.equals(lastError.put(what, message))) {
      LOG.warn("API server: {}; what is known stays in force, trying again", message);
    }
  }

  /** Notes that every watch is open. */
  synchronized void watching() {
    closedChecks = 0;
    if (trouble.isPresent()) {
      LOG.info("API server: connected to {}, watching", server);
      lastError.clear();
    }
    trouble = Optional.empty();
  }

  /** Notes that a watch is not open; one that is renewed is not open for a moment. */
  synchronized void notWatching(String what) {
    closedChecks++;
    if (trouble.isEmpty() && closedChecks > 1) {
      String message = "%s of %s is not watched".formatted(what, server);
      LOG.warn("API server: {}; what is known stays in force, trying again", message);
      trouble = Optional.of(message);
    }
  }

  /** What is wrong; empty where nothing is. */
  synchronized Optional<String> trouble() {
    return trouble;
  }

  /** The message of the innermost cause that has one, in one line: a client's own adds little. */
  static String rootMessage(Throwable error) {
    String message = error.getClass().getSimpleName();
    for (Throwable cause = error; cause != null; cause = cause.getCause()) {
      if (cause instanceof ConnectException) {
        return "connection refused, or no route to host";
      }
      if (cause.getMessage() != null) {
        message = cause.getMessage();
      }
    }
    return message.lines().map(String::strip).collect(Collectors.joining(" "));
  }
}
