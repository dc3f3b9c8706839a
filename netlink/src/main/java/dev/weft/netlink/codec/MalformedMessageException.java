// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.codec;

/** Bytes that are no netlink message: truncated, with a length that lies, or of a wrong size. */
public final class MalformedMessageException extends RuntimeException {
  /** What is wrong with the bytes. */
  public MalformedMessageException(String message) {
    super(message);
  }
}
