// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.codec;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;

/**
 * A cursor over the netlink messages of one datagram (linux/netlink.h). It never reads past the
 * datagram, nor past the message it stands on; what is not as it must be throws {@link
 * MalformedMessageException}.
 */
public final class MessageReader {
  private static final int HEADER = 16;

  private final ByteBuffer buffer;
  private int next;
  private int limit;
  private int start;
  private int end;

  /** A cursor over a buffer in native byte order, without a datagram yet. */
  public MessageReader(ByteBuffer buffer) {
    if (buffer.order() != ByteOrder.nativeOrder()) {
      throw new IllegalArgumentException("netlink is in native byte order");
    }
    this.buffer = buffer;
  }

  /** Goes before the first message of a datagram of this many bytes. */
  public void datagram(int length) {
    Objects.checkFromToIndex(0, length, buffer.capacity());
    limit = length;
    next = 0;
    start = 0;
    end = 0;
  }

  /** Goes to the next message, if there is one. */
  public boolean next() {
    if (next >= limit) {
      return false;
    }
    int left = limit - next;
    int length = left < HEADER ? left : buffer.getInt(next);
    if (length < HEADER || length > left) {
      throw new MalformedMessageException(
          "a message of %d bytes where %d are left".formatted(length, left));
    }
    start = next;
    end = start + length;
    next = start + (length + 3 & ~3);
    return true;
  }

  /** The message's type. */
  public int type() {
    return buffer.getShort(start + 4) & 0xffff;
  }

  /** Its flags (NLM_F_*). */
  public int flags() {
    return buffer.getShort(start + 6) & 0xffff;
  }

  /** Its sequence number: that of the request it answers. */
  public int sequence() {
    return buffer.getInt(start + 8);
  }

  /** The netlink port ID (nlmsg_pid) it is for or, in a notification, of whoever caused it. */
  public int netlinkPid() {
    return buffer.getInt(start + 12);
  }

  /** The byte at this offset after the header. */
  public int getByte(int offset) {
    return buffer.get(at(offset, 1)) & 0xff;
  }

  /** The 16-bit number at this offset after the header. */
  public int getShort(int offset) {
    return buffer.getShort(at(offset, 2)) & 0xffff;
  }

  /** The 32-bit number at this offset after the header. */
  public int getInt(int offset) {
    return buffer.getInt(at(offset, 4));
  }

  /** The attributes after the header and a fixed structure of this many bytes. */
  public Attributes attributes(int fixedBytes) {
    int from = start + HEADER + (fixedBytes + 3 & ~3);
    if (from > end) {
      throw new MalformedMessageException(
          "a message of %d bytes without its fixed %d".formatted(end - start, fixedBytes));
    }
    return new Attributes(buffer, from, end);
  }

  private int at(int offset, int bytes) {
    int at = start + HEADER + offset;
    if (offset < 0 || at > end - bytes) {
      throw new MalformedMessageException(
          "a message of %d bytes has none at %d".formatted(end - start, HEADER + offset));
    }
    return at;
  }
}
