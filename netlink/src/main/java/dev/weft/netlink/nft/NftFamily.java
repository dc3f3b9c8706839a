// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.nft;

import java.util.Locale;

/** The family of an nftables table (linux/netfilter.h, NFPROTO_*). */
public enum NftFamily {
  /** IPv4 and IPv6. */
  INET(1),
  /** IPv4. */
  IP(2),
  /** ARP. */
  ARP(3),
  /** Frames on bridges. */
  BRIDGE(7),
  /** IPv6. */
  IP6(10);

  private final int number;

  NftFamily(int number) {
    this.number = number;
  }

  /** Its number in messages. */
  public int number() {
    return number;
  }

  /** As {@code nft} writes it. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
