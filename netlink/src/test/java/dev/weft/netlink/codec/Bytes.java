// SPDX-License-Identifier: Apache-2.0
package dev.weft.netlink.codec;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import java.util.function.Consumer;

/** Readers over bytes that a test wrote down. */
public final class Bytes {
  private Bytes() {}

  /** A reader before the first message of this datagram. */
  public static MessageReader datagram(byte[] bytes) {
    ByteBuffer buffer = ByteBuffer.allocateDirect(bytes.length).order(ByteOrder.nativeOrder());
    buffer.put(0, bytes);
    MessageReader reader = new MessageReader(buffer);
    reader.datagram(bytes.length);
    return reader;
  }

  /** A reader before the first message of the datagram with this hexadecimal text. */
  public static MessageReader datagram(String hex) {
    return datagram(HexFormat.of().parseHex(hex.replace(" ", "")));
  }

  /** A reader that stands on the one message that was written. */
  public static MessageReader message(Consumer<MessageWriter> writing) {
    MessageWriter out = new MessageWriter(64);
    writing.accept(out);
    byte[] bytes = new byte[out.length()];
    out.memory().buffer().get(0, bytes);
    MessageReader reader = datagram(bytes);
    reader.next();
    return reader;
  }
}
