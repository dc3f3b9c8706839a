// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

/** The operator's entry. */
public final class Main {
  private Main() {}

  /** Runs until the process is stopped; exits with 2 where options or kubeconfig are wrong. */
  public static void main(String[] arguments) {
    System.exit(new OperatorProgram(System.getenv(), System.out, System.err).run(arguments));
  }
}
