// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.nft;

/** An element of a named set, or of a map: then with what its key leads to. */
public interface SetElement {
  /** The key's bytes: each part padded with zeros to a multiple of 4. */
  byte[] key();

  /** What the key leads to, padded as the key; nothing in a set, or where that is a chain. */
  default byte[] data() {
    return new byte[0];
  }

  /** The chain that packets of the key jump to; empty where it leads to none. */
  default String chain() {
    return "";
  }
}
