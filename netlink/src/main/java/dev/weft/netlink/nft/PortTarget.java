// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.nft;

import dev.weft.core.net.IpAddress;
import dev.weft.netlink.codec.MalformedMessageException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;

/**
 * An element of a map that leads from a port to a port of another address, of type {@code
 * inet_proto . inet_service : ipv4_addr . inet_service}, with an address before the key if it is
 * about one, and the same with {@code ipv6_addr}.
 *
 * @param address whose port it is, in a map that has it
 * @param protocol the number in an IP header
 * @param port the port, 0 to 65,535
 * @param target where it leads, of the same family
 * @param targetPort the port there, 0 to 65,535
 */
public record PortTarget(
    Optional<IpAddress> address, int protocol, int port, IpAddress target, int targetPort)
    implements SetElement {
  /** Bytes of protocol and port, each padded to 4. */
  private static final int PORT_BYTES = 8;

  @Override
  public byte[] key() {
    byte[] before = address.map(IpAddress::bytes).orElse(new byte[0]);
    return ByteBuffer.allocate(before.length + PORT_BYTES)
        .put(before)
        .putInt(protocol << 24)
        .putInt(port << 16)
        .array();
  }

  @Override
  public byte[] data() {
    byte[] bytes = target.bytes();
    return ByteBuffer.allocate(bytes.length + 4).put(bytes).putInt(targetPort << 16).array();
  }

  /** Reads an element. */
  public static PortTarget of(byte[] key, byte[] data) {
    int addressBytes = data.length - 4;
    int before = key.length - PORT_BYTES;
    if (addressBytes != 4 && addressBytes != 16 || before != 0 && before != addressBytes) {
      throw new MalformedMessageException(
          "no ports and addresses: a key of %d and data of %d bytes"
              .formatted(key.length, data.length));
    }
    return new PortTarget(
        before == 0 ? Optional.empty() : Optional.of(IpAddress.ofBytes(Arrays.copyOf(key, before))),
        key[before] & 0xff,
        ByteBuffer.wrap(key).getShort(before + 4) & 0xffff,
        IpAddress.ofBytes(Arrays.copyOf(data, addressBytes)),
        ByteBuffer.wrap(data).getShort(addressBytes) & 0xffff);
  }

  /** As {@code nft} writes it, with the protocol's number. */
  @Override
  public String toString() {
    return address.map(a -> a + " . ").orElse("")
        + "%d . %d : %s . %d".formatted(protocol, port, target, targetPort);
  }
}
