// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.net;

import java.nio.charset.StandardCharsets;
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
    return hashed(bytes);
  }

  /**
   * The address of a node's VXLAN devices, derived and so the same after each restart: {@code 0a}
   * and the first 40 bits of the SHA-256 of the Node's UID.
   */
  public static MacAddress ofNode(String uid) {
    return hashed(uid.getBytes(StandardCharsets.UTF_8));
  }

  private static MacAddress hashed(byte[] bytes) {
    byte[] hash = Sha256.of(bytes);
    long value = 0x0a;
    for (int i = 0; i < 5; i++) {
      value = value << 8 | hash[i] & 0xff;
    }
    return new MacAddress(value);
  }

  /** The IPv6 link-local address of a device with this MAC (RFC 4291, appendix A). */
  public IpAddress linkLocal() {
    byte[] mac = bytes();
    byte[] address = new byte[16];
    address[0] = (byte) 0xfe;
    address[1] = (byte) 0x80;
    address[8] = (byte) (mac[0] ^ 2);
    address[9] = mac[1];
    address[10] = mac[2];
    address[11] = (byte) 0xff;
    address[12] = (byte) 0xfe;
    address[13] = mac[3];
    address[14] = mac[4];
    address[15] = mac[5];
    return IpAddress.ofBytes(address);
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
