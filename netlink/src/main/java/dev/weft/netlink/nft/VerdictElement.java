// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.nft;

import dev.weft.core.net.IpAddress;
import dev.weft.netlink.codec.MalformedMessageException;
import java.nio.charset.StandardCharsets;

/**
 * An element of a map of type {@code ipv4_addr : verdict} or {@code ipv6_addr : verdict}.
 *
 * @param address an address of the map's family
 * @param chain that its packets jump to, of the same table; empty, in one that is read, for another
 *     verdict than a jump
 */
public record VerdictElement(IpAddress address, String chain) implements SetElement {
  @Override
  public byte[] key() {
    return address.bytes();
  }

  /**
   * Reads an element.
   *
   * @param data the chain's name
   */
  public static VerdictElement of(byte[] key, byte[] data) {
    if (key.length != 4 && key.length != 16) {
      throw new MalformedMessageException("no key of an address: " + key.length + " bytes");
    }
    return new VerdictElement(IpAddress.ofBytes(key), new String(data, StandardCharsets.UTF_8));
  }

  /** As {@code nft} writes it. */
  @Override
  public String toString() {
    return address + " : jump " + chain;
  }
}
