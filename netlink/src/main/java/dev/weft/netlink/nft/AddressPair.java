// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.nft;

import dev.weft.core.net.IpAddress;
import dev.weft.netlink.codec.MalformedMessageException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * An element of a set of type {@code ipv4_addr . ipv4_addr} or {@code ipv6_addr . ipv6_addr}.
 *
 * @param source an address
 * @param destination an address of the same family
 */
public record AddressPair(IpAddress source, IpAddress destination) implements SetElement {
  @Override
  public byte[] key() {
    int bytes = source.family().bytes();
    return ByteBuffer.allocate(2 * bytes).put(source.bytes()).put(destination.bytes()).array();
  }

  /**
   * Reads an element.
   *
   * @param data nothing
   */
  public static AddressPair of(byte[] key, byte[] data) {
    if (key.length != 8 && key.length != 32) {
      throw new MalformedMessageException("no key of two addresses: " + key.length + " bytes");
    }
    int half = key.length / 2;
    return new AddressPair(
        IpAddress.ofBytes(Arrays.copyOf(key, half)),
        IpAddress.ofBytes(Arrays.copyOfRange(key, half, key.length)));
  }

  /** As {@code nft} writes it. */
  @Override
  public String toString() {
    return source + " . " + destination;
  }
}
