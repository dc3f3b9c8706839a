// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

/** Writes that the API server refused or did not answer. */
final class WriteFailed extends Exception {
  /**
   * @param count how many
   * @param first the first one's words
   */
  WriteFailed(int count, String first) {
    super(count == 1 ? first : "%d writes failed, the first: %s".formatted(count, first));
  }
}
