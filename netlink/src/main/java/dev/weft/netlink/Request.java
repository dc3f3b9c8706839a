// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink;

import dev.weft.netlink.codec.MessageWriter;

/** A change that is requested of the kernel: a value, with its description and its bytes. */
public interface Request {
  /** What it does to which object, such as {@code add route 10.244.2.0/24 via 192.168.1.12}. */
  String describe();

  /**
   * Writes its message, or several that succeed or fail together. Never requests an
   * acknowledgement: the socket does.
   */
  void write(MessageWriter out);

  /** Whether it must have a send to itself: the kernel reads nothing behind it. */
  default boolean alone() {
    return false;
  }
}
