// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

/** A pod cannot have a host port; the message names it, and whose it is. */
public final class HostPortException extends Exception {
  /** Why, as far as a caller acts on it. */
  public enum Reason {
    /** Another pod of the node has it. */
    TAKEN,
    /** What is requested makes no sense, whoever else is there. */
    NOT_POSSIBLE
  }

  private final Reason reason;

  /** With the message for whoever requested it. */
  public HostPortException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  /** Why. */
  public Reason reason() {
    return reason;
  }
}
