// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.nft;

import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;
import dev.weft.netlink.codec.MalformedMessageException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * An element of a set: link name, MAC and address, concatenated.
 *
 * @param link name of a link, at most 15 bytes
 * @param mac a MAC
 * @param address an address of the set's family
 */
public record SetKey(String link, MacAddress mac, IpAddress address) implements SetElement {
  private static final int NAME_BYTES = 16;
  private static final int ADDRESS_AT = NAME_BYTES + 8;

  /** Refuses a name that no link can have. */
  public SetKey {
    int length = link.getBytes(StandardCharsets.ISO_8859_1).length;
    if (length == 0 || length >= NAME_BYTES) {
      throw new IllegalArgumentException("\"" + link + "\" is no link name of 1 to 15 bytes");
    }
  }

  /** The name padded with zeros to 16 bytes, the MAC to 8, then the address. */
  @Override
  public byte[] key() {
    byte[] addressBytes = address.bytes();
    byte[] name = link.getBytes(StandardCharsets.ISO_8859_1);
    byte[] bytes = new byte[ADDRESS_AT + addressBytes.length];
    System.arraycopy(name, 0, bytes, 0, name.length);
    System.arraycopy(mac.bytes(), 0, bytes, NAME_BYTES, 6);
    System.arraycopy(addressBytes, 0, bytes, ADDRESS_AT, addressBytes.length);
    return bytes;
  }

  /**
   * Reads an element.
   *
   * @param data nothing
   */
  public static SetKey of(byte[] bytes, byte[] data) {
    int nameEnd = 0;
    while (nameEnd < Math.min(NAME_BYTES, bytes.length) && bytes[nameEnd] != 0) {
      nameEnd++;
    }
    boolean sized = bytes.length == ADDRESS_AT + 4 || bytes.length == ADDRESS_AT + 16;
    if (!sized || nameEnd == 0 || nameEnd == NAME_BYTES) {
      throw new MalformedMessageException("no key of link, MAC and address: " + bytes.length);
    }
    return new SetKey(
        new String(bytes, 0, nameEnd, StandardCharsets.ISO_8859_1),
        MacAddress.ofBytes(Arrays.copyOfRange(bytes, NAME_BYTES, NAME_BYTES + 6)),
        IpAddress.ofBytes(Arrays.copyOfRange(bytes, ADDRESS_AT, bytes.length)));
  }

  /** As {@code nft} writes it. */
  @Override
  public String toString() {
    return "\"" + link + "\" . " + mac + " . " + address;
  }
}
