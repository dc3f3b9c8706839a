// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.net;

import java.util.HexFormat;

/**
 * A 48-bit Ethernet address (IEEE 802).
 *
 * @param value the address as a number, 0 to 2^48 - 1
 */
public record MacAddress(long value) {
  private static final HexFormat TEXT = HexFormat.ofDelimiter(":");
  private static final long PREFIX = 0x0a58L;

  /** The bridge's address, the same on every node: this layer 2 never leaves its node. */
  public static final MacAddress BRIDGE = new MacAddress(0x0a5800000001L);

  /** Refuses more than 48 bits. */
  public MacAddress {
    if (value >>> 48 != 0) {
      throw new IllegalArgumentException("a MAC has 48 bits: " + Long.toHexString(value));
    }
  }

  /**
   * Reads six hexadecimal octets with colons.
   *
   * @throws IllegalArgumentException if the text is no MAC; the message quotes it
   */
  public static MacAddress parse(String text) {
    if (!text.matches("[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}")) {
      throw new IllegalArgumentException("\"" + text + "\" is no MAC address");
    }
    return new MacAddress(Long.parseLong(text.replace(":", ""), 16));
  }

  /** The address in transmission order, 6 bytes. */
  public static MacAddress ofBytes(byte[] bytes) {
    if (bytes.length != 6) {
      throw new IllegalArgumentException("a MAC has 6 bytes, not " + bytes.length);
    }
    long value = 0;
    for (byte b : bytes) {
      value = value << 8 | b & 0xff;
    }
    return new MacAddress(value);
  }

  /**
   * A pod's address, derived and so never random: {@code 0a:58} and the four bytes of its IPv4
   * address; for an IPv6 address {@code 0a} and the first 40 bits of the SHA-256 of its 16 bytes
   * (the last four bytes of {@code ::2} collide between two blocks of one node).
   */
  public static MacAddress derivedFrom(IpAddress address) {
    byte[] bytes = address.bytes();
    if (address.family() == Family.IPV4) {
      long low = 0;
      for (byte b : bytes) {
        low = low << 8 | b & 0xff;
      }
      return new MacAddress(PREFIX << 32 | low);
    }
    byte[] hash = Sha256.of(bytes);
    long value = 0x0a;
    for (int i = 0; i < 5; i++) {
      value = value << 8 | hash[i] & 0xff;
    }
    return new MacAddress(value);
  }

  /** The address in transmission order, 6 bytes. */
  public byte[] bytes() {
    byte[] bytes = new byte[6];
    for (int i = 0; i < 6; i++) {
      bytes[i] = (byte) (value >>> (40 - 8 * i));
    }
    return bytes;
  }

  @Override
  public String toString() {
    return TEXT.formatHex(bytes());
  }
}
