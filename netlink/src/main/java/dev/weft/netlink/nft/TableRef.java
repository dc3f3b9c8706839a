// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.nft;

/**
 * A table.
 *
 * @param family of the table
 * @param name its own, which tables of other families may have too
 */
public record TableRef(NftFamily family, String name) {
  /** As {@code nft} writes it. */
  @Override
  public String toString() {
    return family + " " + name;
  }
}
