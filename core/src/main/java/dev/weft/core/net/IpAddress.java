// SPDX-License-Identifier: Apache-2.0
package dev.weft.core.net;

import java.util.Arrays;

/**
 * An IP address of either family, as an unsigned number of {@link Family#bits()} bits.
 *
 * <p>Text is read strictly and written canonically: IPv4 as four decimal octets without leading
 * zeros, IPv6 as in RFC 5952. No name is ever resolved. Ordered by family, then by value.
 */
public final class IpAddress implements Comparable<IpAddress> {
  private final Family family;
  private final long high;
  private final long low;

  private IpAddress(Family family, long high, long low) {
    this.family = family;
    this.high = high;
    this.low = low;
  }

  /**
   * Reads an address.
   *
   * @throws IllegalArgumentException if the text is no address; the message quotes it
   */
  public static IpAddress parse(String text) {
    if (text.indexOf(':') >= 0) {
      return parse6(text);
    }
    return new IpAddress(Family.IPV4, 0, parse4(text, text));
  }

  /** The address in network byte order: 4 bytes are IPv4, 16 are IPv6. */
  public static IpAddress ofBytes(byte[] bytes) {
    return switch (bytes.length) {
      case 4 -> new IpAddress(Family.IPV4, 0, readLong(bytes, 0, 4));
      case 16 -> new IpAddress(Family.IPV6, readLong(bytes, 0, 8), readLong(bytes, 8, 8));
      default ->
          throw new IllegalArgumentException("an address has 4 or 16 bytes, not " + bytes.length);
    };
  }

  /** The IPv4 address with this 32-bit value. */
  public static IpAddress ofInt(int value) {
    return new IpAddress(Family.IPV4, 0, value & 0xffffffffL);
  }

  static IpAddress of(Family family, long high, long low) {
    return new IpAddress(family, high, low);
  }

  /** The address's family. */
  public Family family() {
    return family;
  }

  long high() {
    return high;
  }

  long low() {
    return low;
  }

  /** The address in network byte order, 4 or 16 bytes. */
  public byte[] bytes() {
    byte[] bytes = new byte[family.bytes()];
    long low = this.low;
    long high = this.high;
    for (int i = bytes.length - 1; i >= 0; i--) {
      if (bytes.length - i <= 8) {
        bytes[i] = (byte) low;
        low >>>= 8;
      } else {
        bytes[i] = (byte) high;
        high >>>= 8;
      }
    }
    return bytes;
  }

  /**
   * The address {@code offset} after this one (before it where negative).
   *
   * @throws ArithmeticException if that leaves the family's address space
   */
  public IpAddress plus(long offset) {
    long newLow = low + offset;
    if (family == Family.IPV4) {
      if (newLow < 0 || newLow > 0xffffffffL) {
        throw new ArithmeticException(this + " + " + offset + " is no IPv4 address");
      }
      return new IpAddress(family, 0, newLow);
    }
    long carry = Long.compareUnsigned(newLow, low) < 0 ? 1 : 0;
    long newHigh = high + (offset >> 63) + carry;
    int moved = Long.compareUnsigned(newHigh, high);
    if (offset < 0 ? moved > 0 : moved < 0) {
      throw new ArithmeticException(this + " + " + offset + " is no IPv6 address");
    }
    return new IpAddress(family, newHigh, newLow);
  }

  /**
   * How far this address lies after {@code base}.
   *
   * @throws ArithmeticException if the distance is negative or over {@link Long#MAX_VALUE}, or the
   *     families differ
   */
  public long minus(IpAddress base) {
    long distance = low - base.low;
    long borrow = Long.compareUnsigned(low, base.low) < 0 ? 1 : 0;
    if (family != base.family || high - borrow != base.high || distance < 0) {
      throw new ArithmeticException(this + " - " + base + " is out of range");
    }
    return distance;
  }

  /** The IPv4 address that an IPv4-mapped one stands for (RFC 4291, 2.5.5.2); others themselves. */
  public IpAddress unmapped() {
    return isMapped() ? ofInt((int) low) : this;
  }

  private boolean isMapped() {
    return family == Family.IPV6 && high == 0 && low >>> 32 == 0xffff;
  }

  /** Whether this is an address of fe80::/10 or 169.254.0.0/16 (RFC 4291, RFC 3927). */
  public boolean isLinkLocal() {
    return family == Family.IPV6 ? high >>> 54 == 0x3fa : low >>> 16 == 0xa9fe;
  }

  @Override
  public int compareTo(IpAddress other) {
    int byFamily = family.compareTo(other.family);
    if (byFamily != 0) {
      return byFamily;
    }
    int byHigh = Long.compareUnsigned(high, other.high);
    return byHigh != 0 ? byHigh : Long.compareUnsigned(low, other.low);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof IpAddress that
        && family == that.family
        && high == that.high
        && low == that.low;
  }

  @Override
  public int hashCode() {
    return 31 * (31 * Long.hashCode(high) + Long.hashCode(low)) + family.version();
  }

  /** Canonical text: dotted decimal, or RFC 5952. */
  @Override
  public String toString() {
    return family == Family.IPV4 ? text4() : text6();
  }

  private String text4() {
    return (low >>> 24) + "." + (low >>> 16 & 0xff) + "." + (low >>> 8 & 0xff) + "." + (low & 0xff);
  }

  private String text6() {
    if (isMapped()) {
      return "::ffff:" + ofInt((int) low);
    }
    int bestStart = -1;
    int bestLength = 1;
    int length = 0;
    for (int i = 0; i < 8; i++) {
      length = group(i) == 0 ? length + 1 : 0;
      if (length > bestLength) {
        bestStart = i - length + 1;
        bestLength = length;
      }
    }
    StringBuilder text = new StringBuilder(39);
    for (int i = 0; i < 8; i++) {
      if (i == bestStart) {
        text.append("::");
        i += bestLength - 1;
      } else {
        if (!text.isEmpty() && text.charAt(text.length() - 1) != ':') {
          text.append(':');
        }
        text.append(Integer.toHexString(group(i)));
      }
    }
    return text.toString();
  }

  private int group(int index) {
    long half = index < 4 ? high : low;
    return (int) (half >>> (48 - 16 * (index % 4)) & 0xffff);
  }

  private static long parse4(String text, String input) {
    String[] octets = text.split("\\.", -1);
    if (octets.length != 4) {
      throw notAnAddress(input);
    }
    long value = 0;
    for (String octet : octets) {
      value = value << 8 | number(octet, 10, 3, 255, input);
    }
    return value;
  }

  private static IpAddress parse6(String text) {
    int gap = text.indexOf("::");
    int[] groups = new int[8];
    if (gap < 0) {
      if (groups(text, groups, text) != 8) {
        throw notAnAddress(text);
      }
    } else {
      int[] tail = new int[8];
      int before = groups(text.substring(0, gap), groups, text);
      int after = groups(text.substring(gap + 2), tail, text);
      if (before + after > 7) {
        throw notAnAddress(text);
      }
      System.arraycopy(tail, 0, groups, 8 - after, after);
    }
    long high = 0;
    long low = 0;
    for (int i = 0; i < 4; i++) {
      high = high << 16 | groups[i];
      low = low << 16 | groups[i + 4];
    }
    return new IpAddress(Family.IPV6, high, low);
  }

  /**
   * Reads colon-separated groups, the last perhaps dotted decimal, and returns how many there are.
   */
  private static int groups(String text, int[] groups, String input) {
    if (text.isEmpty()) {
      return 0;
    }
    String[] parts = text.split(":", -1);
    boolean dotted = parts[parts.length - 1].indexOf('.') >= 0;
    int count = parts.length + (dotted ? 1 : 0);
    if (count > 8) {
      throw notAnAddress(input);
    }
    for (int i = 0; i < parts.length; i++) {
      if (dotted && i == parts.length - 1) {
        if (!input.endsWith(parts[i])) {
          throw notAnAddress(input);
        }
        long value = parse4(parts[i], input);
        groups[i] = (int) (value >>> 16);
        groups[i + 1] = (int) (value & 0xffff);
      } else {
        groups[i] = number(parts[i], 16, 4, 0xffff, input);
      }
    }
    return count;
  }

  private static int number(String digits, int radix, int maxDigits, int max, String input) {
    if (digits.isEmpty() || digits.length() > maxDigits) {
      throw notAnAddress(input);
    }
    if (radix == 10 && digits.length() > 1 && digits.charAt(0) == '0') {
      throw notAnAddress(input);
    }
    int value = 0;
    for (int i = 0; i < digits.length(); i++) {
      char c = digits.charAt(i);
      int digit = c < 128 ? Character.digit(c, radix) : -1;
      if (digit < 0) {
        throw notAnAddress(input);
      }
      value = value * radix + digit;
    }
    if (value > max) {
      throw notAnAddress(input);
    }
    return value;
  }

  private static IllegalArgumentException notAnAddress(String text) {
    String shown = text.length() > 60 ? text.substring(0, 60) + "…" : text;
    return new IllegalArgumentException("\"" + shown + "\" is no IPv4 or IPv6 address");
  }

  private static long readLong(byte[] bytes, int from, int count) {
    long value = 0;
    for (byte b : Arrays.copyOfRange(bytes, from, from + count)) {
      value = value << 8 | b & 0xff;
    }
    return value;
  }
}
