// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import java.net.ConnectException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Whether the API server is heard, and what it said last. One log line for each change. */
final class ApiConnection {
  private static final Logger LOG = LoggerFactory.getLogger(ApiConnection.class);

  private final Map<String, String> lastError = new HashMap<>();
  private int closedChecks;
  private Optional<String> trouble = Optional.of("not connected yet");

  /** Takes a failure of a list or watch; it is tried again, with backoff. */
  synchronized void failed(String what, Throwable error) {
    String words = rootWords(error);
    trouble = Optional.of(what + ": " + words);
    if (!words.equals(lastError.put(what, words))) {
      LOG.warn("API server: {}: {}; what is known stays in force, trying again", what, words);
    }
  }

  /** Takes the news that every watch is open. */
  synchronized void watching() {
    closedChecks = 0;
    if (trouble.isPresent()) {
      LOG.info("API server: connected, watching");
      lastError.clear();
    }
    trouble = Optional.empty();
  }

  /** Takes the news that a watch is not open; one that is renewed is not open for a moment. */
  synchronized void notWatching(String what) {
    closedChecks++;
    if (trouble.isEmpty() && closedChecks > 1) {
      LOG.warn("API server: {} is not watched; what is known stays in force, trying again", what);
      trouble = Optional.of(what + " is not watched");
    }
  }

  /** What is wrong; empty where nothing is. */
  synchronized Optional<String> trouble() {
    return trouble;
  }

  /** The words of the innermost cause that has any: a client's own add little. */
  static String rootWords(Throwable error) {
    String words = error.getClass().getSimpleName();
    for (Throwable cause = error; cause != null; cause = cause.getCause()) {
      if (cause instanceof ConnectException) {
        return "connection refused, or no way there";
      }
      if (cause.getMessage() != null) {
        words = cause.getMessage();
      }
    }
    return words;
  }
}
