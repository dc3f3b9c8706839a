// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.install;

/** A file of the node could not be written or removed. The message says which, why, and a hint. */
public final class InstallException extends Exception {
  InstallException(String message, Throwable cause) {
    super(message, cause);
  }
}
