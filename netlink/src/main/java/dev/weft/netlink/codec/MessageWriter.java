// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.codec;

import dev.weft.core.net.IpAddress;
import dev.weft.core.net.MacAddress;
import dev.weft.netlink.libc.NativeMemory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Writes netlink messages one after the other into one buffer (linux/netlink.h). The buffer grows
 * as needed, up to {@link #MAX_BYTES}. Not safe for use by several threads.
 */
public final class MessageWriter {
  /** The most that one send holds, in bytes. */
  public static final int MAX_BYTES = 1 << 20;

  private static final int NLM_F_ACK = 4;
  private static final int NLA_F_NESTED = 0x8000;
  private static final int MAX_ATTRIBUTE = 0xffff;

  private NativeMemory memory;
  private ByteBuffer buffer;
  private int sequence;
  private int messageAt;
  private int acknowledgeAt = -1;

  /** An empty writer with room for this many bytes before it must grow. */
  public MessageWriter(int initialBytes) {
    memory = new NativeMemory(initialBytes);
    buffer = memory.buffer();
  }

  /** Forgets everything written. */
  public void reset() {
    buffer.clear();
    acknowledgeAt = -1;
  }

  /** The sequence number of the messages begun from now on. */
  public void sequence(int sequence) {
    this.sequence = sequence;
  }

  /** Begins a message: its header, with a length that {@link #end} fills in. */
  public void begin(int type, int flags) {
    acknowledgeAt = buffer.position();
    beginControl(type, flags);
  }

  /** Begins a message that {@link #acknowledgeLast} never marks, such as the end of a batch. */
  public void beginControl(int type, int flags) {
    room(16);
    messageAt = buffer.position();
    buffer.putInt(0).putShort((short) type).putShort((short) flags).putInt(sequence).putInt(0);
  }

  /** Ends a message. */
  public void end() {
    buffer.putInt(messageAt, buffer.position() - messageAt);
  }

  /** Requests an acknowledgement (NLM_F_ACK) of the last message begun with {@link #begin}. */
  public void acknowledgeLast() {
    int flags = buffer.getShort(acknowledgeAt + 6);
    buffer.putShort(acknowledgeAt + 6, (short) (flags | NLM_F_ACK));
  }

  /** A byte of a fixed header. */
  public MessageWriter putByte(int value) {
    room(1);
    buffer.put((byte) value);
    return this;
  }

  /** A 16-bit number of a fixed header, in native byte order. */
  public MessageWriter putShort(int value) {
    room(2);
    buffer.putShort((short) value);
    return this;
  }

  /** A 32-bit number of a fixed header, in native byte order. */
  public MessageWriter putInt(int value) {
    room(4);
    buffer.putInt(value);
    return this;
  }

  /** An attribute of one byte. */
  public MessageWriter attributeByte(int type, int value) {
    header(type, 1);
    buffer.put((byte) value);
    return pad(1);
  }

  /** An attribute of 16 bits in native byte order. */
  public MessageWriter attributeShort(int type, int value) {
    header(type, 2);
    buffer.putShort((short) value);
    return pad(2);
  }

  /** An attribute of 32 bits in native byte order. */
  public MessageWriter attributeInt(int type, int value) {
    header(type, 4);
    buffer.putInt(value);
    return this;
  }

  /** An attribute of text with a NUL at its end. */
  public MessageWriter attributeString(int type, String value) {
    byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
    header(type, bytes.length + 1);
    buffer.put(bytes).put((byte) 0);
    return pad(bytes.length + 1);
  }

  /** An attribute of text without a NUL. */
  public MessageWriter attributeText(int type, String value) {
    return attributeBytes(type, value.getBytes(StandardCharsets.UTF_8));
  }

  /** An attribute of bytes as they are. */
  public MessageWriter attributeBytes(int type, byte[] value) {
    header(type, value.length);
    buffer.put(value);
    return pad(value.length);
  }

  /** An attribute that is an address in network byte order, 4 or 16 bytes. */
  public MessageWriter attributeAddress(int type, IpAddress address) {
    return attributeBytes(type, address.bytes());
  }

  /** An attribute that is a MAC, 6 bytes in network byte order. */
  public MessageWriter attributeMac(int type, MacAddress mac) {
    header(type, 6);
    buffer.putShort((short) NetworkOrder.ofShort((int) (mac.value() >>> 32)));
    buffer.putInt(NetworkOrder.ofInt((int) mac.value()));
    return pad(6);
  }

  /**
   * Begins an attribute that holds attributes.
   *
   * @return what {@link #endNest} wants
   */
  public int nest(int type) {
    int at = buffer.position();
    header(type, 0);
    return at;
  }

  /** As {@link #nest}, with the flag NLA_F_NESTED that newer parts of the kernel insist on. */
  public int nestFlagged(int type) {
    return nest(type | NLA_F_NESTED);
  }

  /**
   * Ends a nest.
   *
   * @throws IllegalArgumentException if it holds more than an attribute can
   */
  public void endNest(int at) {
    int length = buffer.position() - at;
    if (length > MAX_ATTRIBUTE) {
      throw new IllegalArgumentException("an attribute holds 65535 bytes, not " + length);
    }
    buffer.putShort(at, (short) length);
  }

  /** How many bytes are written. */
  public int length() {
    return buffer.position();
  }

  /** The memory that holds them, from its start. Another one after the writer has grown. */
  public NativeMemory memory() {
    return memory;
  }

  private void header(int type, int payload) {
    if (payload > MAX_ATTRIBUTE - 4) {
      throw new IllegalArgumentException("an attribute holds 65531 bytes, not " + payload);
    }
    room(8 + payload);
    buffer.putShort((short) (4 + payload)).putShort((short) type);
  }

  private MessageWriter pad(int payload) {
    for (int i = payload; (i & 3) != 0; i++) {
      buffer.put((byte) 0);
    }
    return this;
  }

  private void room(int bytes) {
    if (buffer.remaining() >= bytes) {
      return;
    }
    int needed = buffer.position() + bytes;
    if (needed > MAX_BYTES) {
      throw new IllegalArgumentException("one send holds " + MAX_BYTES + " bytes");
    }
    NativeMemory larger =
        new NativeMemory(Math.min(MAX_BYTES, Math.max(needed, 2 * memory.size())));
    larger.buffer().put(buffer.flip());
    memory = larger;
    buffer = larger.buffer();
  }
}
