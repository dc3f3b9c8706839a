// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.net;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** A transport protocol with ports. */
public enum Protocol {
  /** RFC 9293. */
  TCP(6),
  /** RFC 768. */
  UDP(17),
  /** RFC 9260. */
  SCTP(132);

  private final int number;

  Protocol(int number) {
    this.number = number;
  }

  /** Its number in an IP header. */
  public int number() {
    return number;
  }

  /** The protocol of this number; empty for another than these. */
  public static Optional<Protocol> of(int number) {
    return Arrays.stream(values()).filter(protocol -> protocol.number == number).findFirst();
  }

  /** As {@code nft} and the CNI specification write it. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
