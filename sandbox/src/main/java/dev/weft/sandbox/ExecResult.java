// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox;

import java.util.List;

/**
 * How a command ended.
 *
 * @param command what was run
 * @param code its exit code
 * @param stdout what it wrote
 * @param stderr what it complained about
 */
public record ExecResult(List<String> command, int code, String stdout, String stderr) {

  /** Whether it succeeded. */
  public boolean ok() {
    return code == 0;
  }

  /**
   * This result, when the command succeeded.
   *
   * @throws SandboxException with the command and its words when it did not
   */
  public ExecResult orThrow() {
    if (code != 0) {
      throw new SandboxException(
          String.join(" ", command) + ": exit code " + code + ": " + (stderr + stdout).strip());
    }
    return this;
  }
}
