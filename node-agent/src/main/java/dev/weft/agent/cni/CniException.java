// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

/** A call that fails: what becomes its CNI error object. */
final class CniException extends Exception {
  private final ErrorCode code;
  private final String details;

  /**
   * With the words of the error object.
   *
   * @param msg what failed on which object
   * @param details the cause in the kernel's, the server's or our own words; may be empty
   */
  CniException(ErrorCode code, String msg, String details) {
    super(msg);
    this.code = code;
    this.details = details;
  }

  ErrorCode code() {
    return code;
  }

  String details() {
    return details;
  }
}
