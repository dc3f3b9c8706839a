// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.nft;

/**
 * A named set or map.
 *
 * @param family of its table
 * @param table its table's name
 * @param name its own
 */
public record SetRef(NftFamily family, String table, String name) {
  /** As {@code nft} writes it. */
  @Override
  public String toString() {
    return family + " " + table + " " + name;
  }
}
