// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.route;

import dev.weft.core.net.Family;
import dev.weft.netlink.codec.MalformedMessageException;

/** Checks of what the kernel reported, before a value is made of it. */
final class Prefixes {
  private Prefixes() {}

  /** The prefix length, if the family has it. */
  static int checked(Family family, int length) {
    if (family == null) {
      throw new MalformedMessageException("neither IPv4 nor IPv6");
    }
    if (length > family.bits()) {
      throw new MalformedMessageException("a prefix of %d bits of %s".formatted(length, family));
    }
    return length;
  }

  /** The attribute's value, if there was one. */
  static <T> T present(T value, String what) {
    if (value == null) {
      throw new MalformedMessageException("no " + what);
    }
    return value;
  }
}
