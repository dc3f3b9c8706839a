// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

/** No address can be allocated; the message names the block or the address and why. */
public final class AddressException extends Exception {
  /** Why, as far as a caller acts on it. */
  public enum Reason {
    /** The node has no block that an address may be allocated from. */
    NO_BLOCK,
    /** Every address of the blocks of a family that may serve the pod is in use. */
    FULL,
    /** The address that was requested is in use. */
    TAKEN,
    /** The address that was requested is none that a pod of this node may have. */
    NOT_OURS
  }

  private final Reason reason;

  /** With the message for whoever requested it. */
  public AddressException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  /** Why. */
  public Reason reason() {
    return reason;
  }
}
