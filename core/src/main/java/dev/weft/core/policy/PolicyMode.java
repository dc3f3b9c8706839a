// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.policy;

import java.util.Arrays;
import java.util.stream.Collectors;

/** What is done with network policies. */
public enum PolicyMode {
  /** What no policy accepts is dropped. */
  ENFORCE("Enforce"),
  /** What no policy accepts is counted, and passes. */
  AUDIT("Audit"),
  /** Policies are not read, and no rule is there. */
  OFF("Off");

  private final String text;

  PolicyMode(String text) {
    this.text = text;
  }

  /**
   * Reads one.
   *
   * @throws IllegalArgumentException if it is none; the message has those that there are
   */
  public static PolicyMode parse(String text) {
    return Arrays.stream(values())
        .filter(mode -> mode.text.equals(text))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("must be one of " + names()));
  }

  private static String names() {
    return Arrays.stream(values()).map(PolicyMode::toString).collect(Collectors.joining(", "));
  }

  /** As the option has it. */
  @Override
  public String toString() {
    return text;
  }
}
