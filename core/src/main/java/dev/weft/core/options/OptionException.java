// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.options;

import java.util.List;

/** Options that are unknown, missing or ill-formed: all of them at once. */
public final class OptionException extends Exception {
  private final List<String> problems;

  /** One line for each problem. */
  public OptionException(List<String> problems) {
    super(String.join("; ", problems));
    this.problems = List.copyOf(problems);
  }

  /** One line for each problem, in the order of the command line. */
  public List<String> problems() {
    return problems;
  }
}
