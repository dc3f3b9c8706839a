// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

/** A write that the API server did not answer. */
final class WriteFailed extends Exception {
  /**
   * @param words which one, and why
   */
  WriteFailed(String words) {
    super(words);
  }
}
