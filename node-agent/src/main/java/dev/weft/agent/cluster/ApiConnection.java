// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cluster;

import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Whether the API server is heard, and what it said last. One log line for each change. */
final class ApiConnection {
  private static final Logger LOG = LoggerFactory.getLogger(ApiConnection.class);

  private Optional<String> trouble = Optional.of("not connected yet");

  /** Takes a failure of a list or watch; it is tried again, with backoff. */
  synchronized void failed(String what, Throwable error) {
    String text = what + ": " + rootWords(error);
    if (!trouble.equals(Optional.of(text))) {
      LOG.warn("API server: {}; what is known stays in force, trying again", text);
    }
    trouble = Optional.of(text);
  }

  /** Takes the news that every watch is open. */
  synchronized void watching() {
    if (trouble.isPresent()) {
      LOG.info("API server: connected, watching");
    }
    trouble = Optional.empty();
  }

  /** Takes the news that a watch is not open. */
  synchronized void notWatching(String what) {
    if (trouble.isEmpty()) {
      LOG.warn(
          "API server: the watch of {} ended; what is known stays in force, trying again", what);
      trouble = Optional.of("the watch of " + what + " ended");
    }
  }

  /** What is wrong; empty where nothing is. */
  synchronized Optional<String> trouble() {
    return trouble;
  }

  /** The words of the first cause: a client's own add little. */
  static String rootWords(Throwable error) {
    Throwable cause = error;
    while (cause.getCause() != null && cause.getCause() != cause) {
      cause = cause.getCause();
    }
    String words = cause.getMessage();
    return words == null ? cause.getClass().getSimpleName() : words;
  }
}
