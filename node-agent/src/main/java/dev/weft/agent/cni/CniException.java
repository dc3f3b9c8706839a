// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

/** A call that fails: what becomes its CNI error object. */
final class CniException extends Exception {
  private final ErrorCode code;
  private final String details;

  /**
   * With what the error object is made of.
   *
   * @param msg what failed on which object
   * @param details the cause, as the kernel or the server reported it or as we found it; may be
   *     empty
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
