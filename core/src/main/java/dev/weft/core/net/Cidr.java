// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.net;

/**
 * A prefix in CIDR notation (RFC 4632, RFC 4291 §2.3): every address whose first {@code
 * prefixLength} bits are those of {@code address}. The host bits are always zero.
 *
 * <p>Ordered by first address, then the shorter prefix (the larger range) first.
 *
 * @param address the first address of the range
 * @param prefixLength in bits, 0 to the family's address length
 */
public record Cidr(IpAddress address, int prefixLength) implements Comparable<Cidr> {
  /** Refuses a prefix length that the family does not have, and host bits that are not zero. */
  public Cidr {
    if (prefixLength < 0 || prefixLength > address.family().bits()) {
      throw new IllegalArgumentException(
          "\"%s/%d\": an %s prefix has 0 to %d bits"
              .formatted(address, prefixLength, address.family(), address.family().bits()));
    }
    if (!masked(address, prefixLength).equals(address)) {
      throw new IllegalArgumentException(
          "\"%s/%d\" has host bits set; the range that holds it is %s/%d"
              .formatted(address, prefixLength, masked(address, prefixLength), prefixLength));
    }
  }

  /**
   * Reads {@code ADDRESS/LENGTH}.
   *
   * @throws IllegalArgumentException if the text is no CIDR or has host bits set; the message
   *     quotes it and names the range that was perhaps meant
   */
  public static Cidr parse(String text) {
    int slash = text.indexOf('/');
    if (slash < 0) {
      throw new IllegalArgumentException("\"" + text + "\" is no CIDR: no \"/\" with a length");
    }
    IpAddress address = IpAddress.parse(text.substring(0, slash));
    return new Cidr(address, parseLength(text, slash));
  }

  /**
   * Reads {@code ADDRESS/LENGTH} as the API of Kubernetes does in a NetworkPolicy: host bits that
   * are set are cleared, and an octet may have leading zeros.
   *
   * @throws IllegalArgumentException if the text is no CIDR; the message quotes it
   */
  public static Cidr parseLenient(String text) {
    String[] parts = text.split("/", -1);
    if (parts.length != 2 || !parts[1].matches("\\d{1,3}")) {
      throw new IllegalArgumentException("\"" + text + "\" is no CIDR");
    }
    IpAddress address = IpAddress.parse(parts[0].replaceAll("(?<![\\w:])0+(?=\\d)", ""));
    return containing(address, Integer.parseInt(parts[1]));
  }

  /** The range of this length that holds an address: its host bits are cleared. */
  public static Cidr containing(IpAddress address, int prefixLength) {
    return new Cidr(masked(address, prefixLength), prefixLength);
  }

  /** The one address as a range: /32 or /128. */
  public static Cidr host(IpAddress address) {
    return new Cidr(address, address.family().bits());
  }

  /** The family of its addresses. */
  public Family family() {
    return address.family();
  }

  /** Whether the address lies in this range. */
  public boolean contains(IpAddress other) {
    return other.family() == family() && masked(other, prefixLength).equals(address);
  }

  /** Whether the whole of the other range lies in this one. */
  public boolean contains(Cidr other) {
    return other.prefixLength >= prefixLength && contains(other.address);
  }

  /** Whether any address lies in both ranges. */
  public boolean overlaps(Cidr other) {
    return contains(other) || other.contains(this);
  }

  /** The last address of the range. */
  public IpAddress last() {
    long high = address.high();
    long low = address.low();
    int hostBits = family().bits() - prefixLength;
    if (hostBits > 64) {
      high |= -1L >>> (128 - hostBits);
      low = -1L;
    } else if (hostBits > 0) {
      low |= -1L >>> (64 - hostBits);
    }
    return IpAddress.of(family(), high, low);
  }

  /** How many addresses it has; {@link Long#MAX_VALUE} for 2^63 and more. */
  public long size() {
    int hostBits = family().bits() - prefixLength;
    return hostBits >= 63 ? Long.MAX_VALUE : 1L << hostBits;
  }

  /**
   * How many ranges of the given length it divides into; {@link Long#MAX_VALUE} for 2^63 and more,
   * 0 where the length is shorter than its own.
   */
  public long count(int subPrefixLength) {
    int bits = subPrefixLength - prefixLength;
    if (bits < 0) {
      return 0;
    }
    return bits >= 63 ? Long.MAX_VALUE : 1L << bits;
  }

  /**
   * The {@code index}-th range of the given length inside this one, counted from 0.
   *
   * @throws IndexOutOfBoundsException if there is none
   */
  public Cidr sub(int subPrefixLength, long index) {
    if (index < 0 || index >= count(subPrefixLength)) {
      throw new IndexOutOfBoundsException(
          "%s has no /%d number %d".formatted(this, subPrefixLength, index));
    }
    int shift = family().bits() - subPrefixLength;
    long high = address.high();
    long low = address.low();
    if (shift >= 64) {
      high |= shift == 128 ? 0 : index << (shift - 64);
    } else {
      low |= index << shift;
      high |= shift == 0 ? 0 : index >>> (64 - shift);
    }
    return new Cidr(IpAddress.of(family(), high, low), subPrefixLength);
  }

  /**
   * Which range of the given length holds an address of this one, counted from 0: the inverse of
   * {@link #sub}. For at most 2^63 ranges.
   *
   * @throws IndexOutOfBoundsException if the address lies outside this range
   */
  public long index(int subPrefixLength, IpAddress inside) {
    if (!contains(inside) || subPrefixLength < prefixLength) {
      throw new IndexOutOfBoundsException(
          "%s holds no /%d with %s".formatted(this, subPrefixLength, inside));
    }
    int shift = family().bits() - subPrefixLength;
    long high = inside.high() - address.high();
    long low = inside.low() - address.low();
    if (shift >= 64) {
      return shift == 128 ? 0 : high >>> (shift - 64);
    }
    return shift == 0 ? low : low >>> shift | high << (64 - shift);
  }

  /**
   * The name of the Kubernetes object that claims this range: its text with {@code .}, {@code :}
   * and {@code /} as {@code -}, such as {@code 10-244-1-0-24}.
   */
  public String objectName() {
    return toString().replace('.', '-').replace(':', '-').replace('/', '-');
  }

  @Override
  public int compareTo(Cidr other) {
    int byAddress = address.compareTo(other.address);
    return byAddress != 0 ? byAddress : Integer.compare(prefixLength, other.prefixLength);
  }

  @Override
  public String toString() {
    return address + "/" + prefixLength;
  }

  static int parseLength(String text, int slash) {
    String digits = text.substring(slash + 1);
    boolean plain =
        !digits.isEmpty()
            && digits.length() <= 3
            && digits.chars().allMatch(c -> c >= '0' && c <= '9')
            && (digits.length() == 1 || digits.charAt(0) != '0');
    if (!plain) {
      throw new IllegalArgumentException("\"" + text + "\" is no CIDR: bad prefix length");
    }
    return Integer.parseInt(digits);
  }

  private static IpAddress masked(IpAddress address, int prefixLength) {
    int hostBits = address.family().bits() - prefixLength;
    if (hostBits >= 64) {
      long mask = hostBits == 128 ? 0 : -1L << (hostBits - 64);
      return IpAddress.of(address.family(), address.high() & mask, 0);
    }
    return IpAddress.of(address.family(), address.high(), address.low() & (-1L << hostBits));
  }
}
