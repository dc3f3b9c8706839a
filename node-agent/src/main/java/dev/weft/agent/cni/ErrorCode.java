// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

/** Error codes of the CNI specification, "Error", and our own from 100. */
enum ErrorCode {
  /** The configuration's version is none of ours, or too old for the verb. */
  INCOMPATIBLE_VERSION(1),
  /** The configuration has a field that we do not support. */
  UNSUPPORTED_FIELD(2),
  /** The container is unknown or gone; the runtime need not clean up. */
  UNKNOWN_CONTAINER(3),
  /** A variable of the environment is missing or bad; the message names it. */
  INVALID_ENVIRONMENT(4),
  /** Something could not be read or written. */
  IO_FAILURE(5),
  /** The configuration is no JSON. */
  DECODE_FAILURE(6),
  /** The configuration is JSON, and wrong. */
  INVALID_CONFIG(7),
  /** It should clear up: the runtime may try again. */
  TRY_AGAIN_LATER(11),
  /** STATUS: no ADD can be served now. */
  NOT_AVAILABLE(50),
  /** The kernel refused a change. */
  KERNEL(101),
  /** CHECK: the interface is not as ADD made it. */
  NOT_AS_MADE(102),
  /** A fault of the agent. */
  INTERNAL(103);

  private final int number;

  ErrorCode(int number) {
    this.number = number;
  }

  /** The number in the error object. */
  int number() {
    return number;
  }
}
