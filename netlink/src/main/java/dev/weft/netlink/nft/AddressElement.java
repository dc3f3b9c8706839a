// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.nft;

import dev.weft.core.net.IpAddress;
import dev.weft.netlink.codec.MalformedMessageException;

/**
 * An element of a set of type {@code ipv4_addr} or {@code ipv6_addr}.
 *
 * @param address an address of the set's family
 */
public record AddressElement(IpAddress address) implements SetElement {
  @Override
  public byte[] key() {
    return address.bytes();
  }

  /**
   * Reads an element.
   *
   * @param data nothing
   */
  public static AddressElement of(byte[] key, byte[] data) {
    if (key.length != 4 && key.length != 16) {
      throw new MalformedMessageException("no key of an address: " + key.length + " bytes");
    }
    return new AddressElement(IpAddress.ofBytes(key));
  }

  /** As {@code nft} writes it. */
  @Override
  public String toString() {
    return address.toString();
  }
}
