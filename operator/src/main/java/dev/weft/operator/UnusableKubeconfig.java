// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

/** A kubeconfig that cannot be read, or that no client can be made of. */
final class UnusableKubeconfig extends Exception {
  /**
   * @param message one line with the file, the server where it is known, and why
   */
  UnusableKubeconfig(String message, Throwable cause) {
    super(message, cause);
  }
}
