// SPDX-License-Identifier: Apache-2.0
package dev.weft.operator;

/** What a write was decided from has changed since: it is to be decided again, not sent again. */
final class Outdated extends RuntimeException {
  /**
   * @param why what is there now
   */
  Outdated(String why) {
    super(why);
  }
}
