// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent;

import java.util.List;

/** The agent's program. */
public final class Main {
  private Main() {}

  /** Runs it, and exits with its status. */
  public static void main(String[] arguments) {
    System.exit(new AgentProgram(System.getenv(), System.out, System.err).run(List.of(arguments)));
  }
}
