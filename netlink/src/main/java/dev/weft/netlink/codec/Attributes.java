// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.codec;

import dev.weft.core.net.Family;
import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * A cursor over attributes: length (16 bits, with this header), type (16), payload, padded to 4
 * (linux/netlink.h). It never reads past its end; what is not as it must be throws {@link
 * MalformedMessageException}.
 */
public final class Attributes {
  private static final int HEADER = 4;
  private static final int TYPE_MASK = 0x3fff;

  private final ByteBuffer buffer;
  private final int limit;
  private int next;
  private int start;
  private int end;

  Attributes(ByteBuffer buffer, int from, int limit) {
    this.buffer = buffer;
    this.next = from;
    this.limit = limit;
    this.start = from;
    this.end = from;
  }

  /** Goes to the next attribute, if there is one. */
  public boolean next() {
    if (next >= limit) {
      return false;
    }
    int left = limit - next;
    int length = left < HEADER ? left : buffer.getShort(next) & 0xffff;
    if (length < HEADER || length > left) {
      throw new MalformedMessageException(
          "an attribute of %d bytes where %d are left".formatted(length, left));
    }
    start = next + HEADER;
    end = next + length;
    next = next + (length + 3 & ~3);
    return true;
  }

  /** The attribute's type, without the flags NLA_F_NESTED and NLA_F_NET_BYTEORDER. */
  public int type() {
    return buffer.getShort(start - HEADER + 2) & TYPE_MASK;
  }

  /** How many bytes its payload has. */
  public int length() {
    return end - start;
  }

  /** The payload, a byte. */
  public int getByte() {
    expect(1);
    return buffer.get(start) & 0xff;
  }

  /** The payload, a 16-bit number. */
  public int getShort() {
    expect(2);
    return buffer.getShort(start) & 0xffff;
  }

  /** The payload, a 32-bit number. */
  public int getInt() {
    expect(4);
    return buffer.getInt(start);
  }

  /** The payload, a 64-bit number in network byte order. */
  public long getLongOfNetwork() {
    expect(8);
    long high = NetworkOrder.ofInt(buffer.getInt(start)) & 0xffffffffL;
    long low = NetworkOrder.ofInt(buffer.getInt(start + 4)) & 0xffffffffL;
    return high << 32 | low;
  }

  /** The first 16 bits of a payload; 0 where it has fewer. */
  public int leadingShort() {
    return length() < 2 ? 0 : buffer.getShort(start) & 0xffff;
  }

  /** The {@code index}-th of a payload of 32-bit numbers, counted from 0; 0 where there is none. */
  public int intAt(int index) {
    int at = start + 4 * index;
    return index >= 0 && at <= end - 4 ? buffer.getInt(at) : 0;
  }

  /** The payload as text, up to a NUL if it has one. */
  public String getString() {
    byte[] bytes = getBytes();
    int length = 0;
    while (length < bytes.length && bytes[length] != 0) {
      length++;
    }
    return new String(bytes, 0, length, StandardCharsets.UTF_8);
  }

  /** The payload, copied. */
  public byte[] getBytes() {
    byte[] bytes = new byte[end - start];
    buffer.get(start, bytes);
    return bytes;
  }

  /** The payload as an address of this family. */
  public IpAddress getAddress(Family family) {
    expect(family.bytes());
    return IpAddress.ofBytes(getBytes());
  }

  /** The payload as a MAC; empty where its link has addresses of another length. */
  public Optional<MacAddress> getMac() {
    if (length() != 6) {
      return Optional.empty();
    }
    long high = NetworkOrder.ofShort(buffer.getShort(start));
    long low = NetworkOrder.ofInt(buffer.getInt(start + 2)) & 0xffffffffL;
    return Optional.of(new MacAddress(high << 32 | low));
  }

  /** The payload as attributes. */
  public Attributes nested() {
    return new Attributes(buffer, start, end);
  }

  /** The payload's bytes from {@code from} to {@code to}, both counted from its start. */
  public Attributes nested(int from, int to) {
    if (from < 0 || from > to || to > length()) {
      throw new MalformedMessageException(
          "attribute %d has %d bytes, not %d to %d".formatted(type(), length(), from, to));
    }
    return new Attributes(buffer, start + from, start + to);
  }

  private void expect(int bytes) {
    if (length() != bytes) {
      throw new MalformedMessageException(
          "attribute %d has %d bytes, not %d".formatted(type(), length(), bytes));
    }
  }
}
