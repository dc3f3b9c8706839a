// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

/** The operator's entry. */
public final class Main {
  private Main() {}

  /** Runs until the process is told to stop; exits with 2 where the options are wrong. */
  public static void main(String[] arguments) {
    System.exit(new OperatorProgram(System.getenv(), System.err).run(arguments));
  }
}
