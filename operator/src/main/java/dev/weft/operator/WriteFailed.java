// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

/** A write that the API server did not answer. */
final class WriteFailed extends Exception {
  /**
   * @param message which one, and why
   */
  WriteFailed(String message) {
    super(message);
  }
}
