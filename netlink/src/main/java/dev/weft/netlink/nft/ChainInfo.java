// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.nft;

/**
 * A base chain that packets which this node forwards pass.
 *
 * @param family number of its table's family (NFPROTO_*, linux/netfilter.h)
 * @param table its table's name
 * @param name its name
 * @param drops whether what no rule decides on is dropped: its policy
 */
public record ChainInfo(int family, String table, String name, boolean drops) {
  private static final int IPV4 = 2;
  private static final int IPV6 = 10;

  /** As nft names it, such as {@code ip filter FORWARD}. */
  @Override
  public String toString() {
    String familyName = family == IPV4 ? "ip" : family == IPV6 ? "ip6" : "inet";
    return familyName + " " + table + " " + name;
  }
}
