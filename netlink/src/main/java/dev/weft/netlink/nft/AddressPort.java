// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.nft;

import dev.weft.core.net.IpAddress;
import dev.weft.netlink.codec.MalformedMessageException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * An element of a set of type {@code ipv4_addr . inet_proto . inet_service}, or the same with
 * {@code ipv6_addr}.
 *
 * @param address an address of the set's family
 * @param protocol the number in an IP header
 * @param port the port, 0 to 65,535
 */
public record AddressPort(IpAddress address, int protocol, int port) implements SetElement {
  /** Bytes of protocol and port, each padded to 4. */
  private static final int PORT_BYTES = 8;

  @Override
  public byte[] key() {
    byte[] bytes = address.bytes();
    return ByteBuffer.allocate(bytes.length + PORT_BYTES)
        .put(bytes)
        .putInt(protocol << 24)
        .putInt(port << 16)
        .array();
  }

  /**
   * Reads an element.
   *
   * @param data nothing
   */
  public static AddressPort of(byte[] key, byte[] data) {
    int addressBytes = key.length - PORT_BYTES;
    if (addressBytes != 4 && addressBytes != 16) {
      throw new MalformedMessageException(
          "no key of an address and a port: " + key.length + " bytes");
    }
    return new AddressPort(
        IpAddress.ofBytes(Arrays.copyOf(key, addressBytes)),
        key[addressBytes] & 0xff,
        ByteBuffer.wrap(key).getShort(addressBytes + 4) & 0xffff);
  }

  /** As {@code nft} writes it, with the protocol's number. */
  @Override
  public String toString() {
    return "%s . %d . %d".formatted(address, protocol, port);
  }
}
