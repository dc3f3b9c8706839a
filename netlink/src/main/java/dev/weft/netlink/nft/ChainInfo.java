// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.nft;

/**
 * A base chain that packets pass which this node forwards.
 *
 * @param table its table
 * @param name its name
 * @param forward whether it is at the forward hook; else it is at prerouting
 * @param drops whether what no rule decides on is dropped: its policy
 */
public record ChainInfo(TableRef table, String name, boolean forward, boolean drops) {
  /** As nft names it, such as {@code ip filter FORWARD}. */
  @Override
  public String toString() {
    return table + " " + name;
  }
}
