// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.net;

/**
 * An address as an interface carries it, such as {@code 10.244.1.1/24}: unlike a {@link Cidr} it
 * keeps its host bits.
 *
 * @param address the address itself
 * @param prefixLength of the network it belongs to, in bits
 */
public record InterfaceAddress(IpAddress address, int prefixLength) {
  /** Refuses a prefix length that the family does not have. */
  public InterfaceAddress {
    Cidr.containing(address, prefixLength);
  }

  /**
   * Reads {@code ADDRESS/LENGTH}.
   *
   * @throws IllegalArgumentException if the text is neither; the message quotes it
   */
  public static InterfaceAddress parse(String text) {
    int slash = text.indexOf('/');
    if (slash < 0) {
      throw new IllegalArgumentException("\"" + text + "\" has no \"/\" with a prefix length");
    }
    IpAddress address = IpAddress.parse(text.substring(0, slash));
    return new InterfaceAddress(address, Cidr.parseLength(text, slash));
  }

  /** The network it belongs to. */
  public Cidr network() {
    return Cidr.containing(address, prefixLength);
  }

  @Override
  public String toString() {
    return address + "/" + prefixLength;
  }
}
