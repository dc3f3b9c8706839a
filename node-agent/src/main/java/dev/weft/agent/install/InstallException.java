// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.install;

/**
 * A file of the node could not be written or removed, or must not be. The message names which, why,
 * and a hint.
 */
public final class InstallException extends Exception {
  /** Another network's configuration takes precedence. */
  public static final String CNI_CONFIG_CONFLICT = "CNIConfigConflict";

  /** Another agent runs on the node. */
  public static final String AGENT_ALREADY_RUNNING = "AgentAlreadyRunning";

  /** A file could not be written or removed. */
  public static final String FILE_WRITE_FAILED = "FileWriteFailed";

  private final String reason;

  InstallException(String message, Throwable cause) {
    super(message, cause);
    this.reason = FILE_WRITE_FAILED;
  }

  InstallException(String reason, String message) {
    super(message);
    this.reason = reason;
  }

  /** The reason, for an Event: one of the constants here. */
  public String reason() {
    return reason;
  }
}
