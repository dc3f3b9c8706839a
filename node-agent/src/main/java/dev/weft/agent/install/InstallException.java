// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.install;

/**
 * A file of the node could not be written or removed, or must not be. The message says which, why,
 * and a hint.
 */
public final class InstallException extends Exception {
  /** Another network's configuration is in the way. */
  public static final String OTHER_NETWORK = "OtherNetwork";

  /** Another agent runs on the node. */
  public static final String OTHER_AGENT = "OtherAgent";

  /** The file system refused. */
  public static final String FILE_REFUSED = "FileRefused";

  private final String reason;

  InstallException(String message, Throwable cause) {
    super(message, cause);
    this.reason = FILE_REFUSED;
  }

  InstallException(String reason, String message) {
    super(message);
    this.reason = reason;
  }

  /** Why, in one word: one of the constants here. */
  public String reason() {
    return reason;
  }
}
