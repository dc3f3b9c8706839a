// SPDX-License-Identifier: Apache-2.0
package dev.weft.probes;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/**
 * One client's connection, for one request: its head comes in, the answer goes out, then whatever
 * else the client sends is thrown away until it closes (closed at once, the kernel would take the
 * answer back with a reset).
 */
final class HttpConnection {
  /** The longest head of a request that is read, in bytes. */
  static final int MAX_HEAD_BYTES = 8192;

  /** How much a client may send after its request, in bytes: whoever sends more is cut off. */
  static final int MAX_IGNORED_BYTES = 64 * 1024;

  private static final int FIRST_HEAD_BYTES = 512;
  private static final byte[] NO_BYTES = {};

  private final SocketChannel channel;
  private final SelectionKey key;
  private final long deadlineNanos;
  private byte[] head = NO_BYTES;
  private int headLength;
  private int ignoredBytes;
  private ByteBuffer answer;
  private boolean headRead;

  /** Waits for a request, until a time of {@link System#nanoTime}. */
  HttpConnection(SocketChannel channel, SelectionKey key, long deadlineNanos) {
    this.channel = channel;
    this.key = key;
    this.deadlineNanos = deadlineNanos;
    key.attach(this);
  }

  /** Nanoseconds until its time is over; negative when it is. */
  long nanosLeft() {
    return deadlineNanos - System.nanoTime();
  }

  /** Whether it owes the client the rest of an answer. */
  boolean isAnswering() {
    return answer != null && answer.hasRemaining();
  }

  /** Bytes of the answer that it holds. */
  int answerBytes() {
    return isAnswering() ? answer.capacity() : 0;
  }

  /**
   * Takes what the client sent.
   *
   * @param buffer to read into, of any content
   * @return the head, without its empty line, when it is complete; only once
   * @throws IOException if the client is gone, or has sent more than {@link #MAX_IGNORED_BYTES}
   *     after its request
   * @throws IllegalArgumentException if the head is longer than {@link #MAX_HEAD_BYTES}
   */
  Optional<String> read(ByteBuffer buffer) throws IOException {
    buffer.clear();
    if (channel.read(buffer) < 0) {
      throw new IOException("closed by the client");
    }
    if (headRead) {
      ignoredBytes += buffer.position();
      if (ignoredBytes > MAX_IGNORED_BYTES) {
        throw new IOException("the client goes on to send after its request");
      }
      return Optional.empty();
    }
    buffer.flip();
    while (buffer.hasRemaining()) {
      add(buffer.get());
      if (endsWith("\n\r\n") || endsWith("\n\n")) {
        headRead = true;
        String text = new String(head, 0, headLength, StandardCharsets.ISO_8859_1);
        head = NO_BYTES;
        return Optional.of(text);
      }
    }
    return Optional.empty();
  }

  /** Begins to send an answer. */
  void answer(byte[] bytes) throws IOException {
    headRead = true;
    head = NO_BYTES;
    answer = ByteBuffer.wrap(bytes);
    write();
  }

  /** Goes on to send it. */
  void write() throws IOException {
    channel.write(answer);
    if (answer.hasRemaining()) {
      key.interestOps(SelectionKey.OP_WRITE);
      return;
    }
    answer = null;
    key.interestOps(SelectionKey.OP_READ);
    channel.shutdownOutput();
  }

  void close() {
    try {
      channel.close();
    } catch (IOException e) {
      // The descriptor is given back all the same.
    }
  }

  private void add(byte next) {
    if (headLength == MAX_HEAD_BYTES) {
      throw new IllegalArgumentException("the head is longer than " + MAX_HEAD_BYTES + " bytes");
    }
    if (headLength == head.length) {
      head = Arrays.copyOf(head, Math.max(FIRST_HEAD_BYTES, 2 * headLength));
    }
    head[headLength++] = next;
  }

  private boolean endsWith(String end) {
    if (headLength < end.length()) {
      return false;
    }
    for (int i = 0; i < end.length(); i++) {
      if (head[headLength - end.length() + i] != end.charAt(i)) {
        return false;
      }
    }
    return true;
  }
}
