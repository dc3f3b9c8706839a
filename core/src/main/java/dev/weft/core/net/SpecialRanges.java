// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.net;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Ranges that are never pods' (RFC 6890, RFC 4291 §2.4): an address of them cannot be routed from
 * node to node. The schema of IPPools and IPAllocations refuses the same ones.
 */
public final class SpecialRanges {
  /** This network, loopback, link-local, multicast, reserved; then the same of IPv6. */
  public static final List<Cidr> ALL =
      Stream.of(
              "0.0.0.0/8",
              "127.0.0.0/8",
              "169.254.0.0/16",
              "224.0.0.0/4",
              "240.0.0.0/4",
              "::/8",
              "fe80::/10",
              "ff00::/8")
          .map(Cidr::parse)
          .toList();

  private SpecialRanges() {}

  /** The first of them that a range lies in or holds a part of. */
  public static Optional<Cidr> overlapping(Cidr range) {
    return ALL.stream().filter(range::overlaps).findFirst();
  }
}
