// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.node;

import dev.weft.core.net.Cidr;
import dev.weft.core.net.InterfaceAddress;
import java.util.List;

/**
 * A block of this node.
 *
 * @param cidr the block
 * @param gateway the block's address on the bridge: its second address, with its prefix length
 * @param reserved ranges of the pool that no pod gets, only those that overlap the block
 * @param givesOut whether new pods may get addresses from it
 * @param whyNot why they may not, in words; empty where they may
 */
public record OwnBlock(
    Cidr cidr, InterfaceAddress gateway, List<Cidr> reserved, boolean givesOut, String whyNot) {
  /** Copies the list. */
  public OwnBlock {
    reserved = List.copyOf(reserved);
  }

  /** A block that new pods get addresses from. */
  public static OwnBlock of(Cidr cidr, List<Cidr> reserved) {
    List<Cidr> inside = reserved.stream().filter(cidr::overlaps).sorted().toList();
    InterfaceAddress gateway = new InterfaceAddress(cidr.address().plus(1), cidr.prefixLength());
    return new OwnBlock(cidr, gateway, inside, true, "");
  }

  /** The same block, giving nothing new out. */
  public OwnBlock withheld(String why) {
    return new OwnBlock(cidr, gateway, reserved, false, why);
  }
}
