// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox;

import java.util.ArrayList;
import java.util.List;

/** How the program was called, so that a hint can be pasted into the same shell. */
final class Invocation {
  private static final String VARIABLE = "WEFT_SANDBOX_COMMAND";

  private Invocation() {}

  /** The program as typed; {@code bin/sandbox} sets it. */
  static String command() {
    return System.getenv().getOrDefault(VARIABLE, "bin/sandbox");
  }

  /**
   * A whole command line.
   *
   * @param name the sandbox; the default one is not named
   */
  static String of(String name, String... words) {
    List<String> line = new ArrayList<>(List.of(command()));
    if (!name.equals(SandboxOptions.DEFAULT_NAME)) {
      line.addAll(List.of("--name", name));
    }
    line.addAll(List.of(words));
    return String.join(" ", line);
  }
}
