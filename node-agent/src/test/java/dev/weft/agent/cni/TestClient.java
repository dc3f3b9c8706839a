// SPDX-License-Identifier: Apache-2.0
package dev.weft.agent.cni;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;

/** A client of the CNI socket that passes no descriptors: a JVM cannot. */
public final class TestClient implements AutoCloseable {
  private final SocketChannel channel;

  /** Connects. */
  public TestClient(Path socket) throws IOException {
    channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    channel.connect(UnixDomainSocketAddress.of(socket));
  }

  void send(byte[] bytes) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
  }

  void send(String command, String config) throws IOException {
    send(request(Map.of("CNI_COMMAND", command), config));
  }

  static byte[] request(Map<String, String> environment, String stdin) {
    return RequestFrame.bytes(new CniRequest(environment, stdin.getBytes(StandardCharsets.UTF_8)));
  }

  /** Makes a call that needs no more than its configuration; the exit status of the plugin. */
  public int call(String command, String config) throws IOException {
    send(command, config);
    return receive().exitCode();
  }

  /** The next answer: what is to be printed. */
  Answer receive() throws IOException {
    ByteBuffer head = receive(16);
    if (head.getInt() != RequestFrame.MAGIC || head.getShort() != 1 || head.getShort() != 0) {
      throw new IOException("no answer of protocol 1");
    }
    int code = head.getInt();
    return new Answer(code, receive(head.getInt()).array());
  }

  String receiveText() throws IOException {
    return new String(receive().body(), StandardCharsets.UTF_8);
  }

  /** Waits until the server closes the connection; fails if it says anything. */
  void awaitClosed() throws IOException {
    try {
      if (channel.read(ByteBuffer.allocate(1)) >= 0) {
        throw new AssertionError("the server answered");
      }
    } catch (IOException e) {
      // Closed with bytes of ours unread: that is closed too.
      return;
    }
  }

  private ByteBuffer receive(int length) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(length);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer) < 0) {
        throw new IOException("closed after " + buffer.position() + " bytes");
      }
    }
    return buffer.flip();
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
