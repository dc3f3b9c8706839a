// SPDX-License-Identifier: Apache-2.0
package dev.weft.sandbox;

/** The sandbox could not do what was requested; the message has what, why and what helps. */
public class SandboxException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Something failed, with a message that a user can act on. */
  public SandboxException(String message) {
    super(message);
  }

  /** Something failed because of something else. */
  public SandboxException(String message, Throwable cause) {
    super(message, cause);
  }
}
